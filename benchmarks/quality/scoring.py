"""Translates a test set with a trained model, in the ways that are compared."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from benchmarks.quality.recipe import BEAM_SIZE
from nmt.decoding import greedy_decode
from nmt.metrics import corpus_bleu
from nmt.model import Transformer
from nmt.tokenizer import SubwordTokenizer
from nmt.translator import Translator, TranslatorConfig
from nmt.weights import load_weights
from protocol.artifacts import CTRANSLATE2_FOLDER, SUBWORDS, WEIGHTS
from protocol.vocabulary import EOS_ID

MAX_DECODING_LENGTH = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Scores:
    """BLEU of one model's translations, over the words that white space separates if not said."""

    beam: float
    """Of the exported model in float32, as all that is not said otherwise."""
    beam_int8: float
    greedy: float
    greedy_torch: float
    """Of the trained model, before its export."""
    beam_13a: float
    """With sacrebleu's own tokenisation, which is made for texts that are not tokenised."""
    beam_chrf: float


def score(model: Path, sources: Sequence[str], references: Sequence[str]) -> Scores:
    """Translate in four ways and compare each with the references."""
    tokenizer = SubwordTokenizer(model / SUBWORDS)

    def texts(hypotheses: Sequence[Sequence[str]]) -> list[str]:
        return [tokenizer.assemble(pieces).text for pieces in hypotheses]

    pieces = [tokenizer.segment(text).pieces for text in sources]
    beam = texts(_exported(model, pieces, "float32", BEAM_SIZE))
    int8 = texts(_exported(model, pieces, "int8", BEAM_SIZE))
    greedy = texts(_exported(model, pieces, "float32", 1))
    return Scores(
        beam=corpus_bleu(beam, references),
        beam_int8=corpus_bleu(int8, references),
        greedy=corpus_bleu(greedy, references),
        greedy_torch=corpus_bleu(texts(_trained(model, pieces, tokenizer)), references),
        beam_13a=BLEU().corpus_score(beam, [references]).score,
        beam_chrf=CHRF().corpus_score(beam, [references]).score,
    )


def signatures() -> list[str]:
    """How sacrebleu names the three ways of counting, in the order of the report."""
    metrics = BLEU(tokenize="none", force=True), BLEU(), CHRF()
    for metric in metrics:
        metric.corpus_score(["a"], [["a"]])
    return [str(metric.get_signature()) for metric in metrics]


def _exported(
    model: Path, sources: Sequence[Sequence[str]], compute_type: str, beam_size: int
) -> list[tuple[str, ...]]:
    config = TranslatorConfig(device="cpu", compute_type=compute_type)
    translator = Translator.load(model / CTRANSLATE2_FOLDER, config)
    hypotheses = translator.translate(
        sources, beam_size=beam_size, max_decoding_length=MAX_DECODING_LENGTH
    )
    return [hypothesis.pieces for hypothesis in hypotheses]


def _trained(
    model: Path, sources: Sequence[Sequence[str]], tokenizer: SubwordTokenizer
) -> list[list[str]]:
    with (model / WEIGHTS).open("rb") as stream:
        trained = load_weights(stream)
    network = Transformer(trained.config)
    network.load_state_dict(trained.weights)
    network.eval()
    ids, names = tokenizer.vocabulary, list(tokenizer.vocabulary)
    hypotheses = []
    for pieces in sources:
        source = torch.tensor([[*(ids[piece] for piece in pieces), EOS_ID]])
        (decoded,) = greedy_decode(network, source, max_decoding_length=MAX_DECODING_LENGTH)
        hypotheses.append([names[i] for i in decoded])
    return hypotheses
