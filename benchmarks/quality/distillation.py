"""More targets for the training sources: what the trained models themselves make of them.

Sequence-level distillation after Kim and Rush (arXiv 1606.07947): a small model learns more easily
from what models say than from the many ways in which people say it. Each source gets two targets
besides its reference: the hypothesis nearest to the reference (their interpolation), and the one
that all models' hypotheses are most like (minimum Bayes risk, Kumar and Byrne, N04-1022).
"""

import shutil
from collections.abc import Sequence
from pathlib import Path

from sacrebleu.metrics.bleu import BLEU

from benchmarks.quality.recipe import BEAM_SIZE
from benchmarks.quality.scoring import MAX_DECODING_LENGTH
from nmt.tokenizer import SubwordTokenizer
from nmt.translator import SearchOptions, Translator, TranslatorConfig
from protocol.artifacts import CTRANSLATE2_FOLDER, SUBWORDS

NUM_VOTES = 2
"""How many hypotheses of each model take part in the consensus."""
_NEARNESS = BLEU(tokenize="none", force=True, effective_order=True)


def distil(models: Sequence[Path], texts: Path, folder: Path) -> Path:
    """Texts like those in `texts`, with three targets for each training source; made once."""
    target = folder / "train.de"
    if target.exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    sources = _lines(texts / "train.en")
    references = _lines(texts / "train.de")
    found = [_hypotheses(model, sources) for model in models]
    candidates = list(zip(*found, strict=True))
    near = map(nearest, candidates, references)
    agreed = map(consensus, candidates)
    for part in ("val", "test"):
        for language in ("en", "de"):
            shutil.copy(texts / f"{part}.{language}", folder)
    _write(folder / "train.en", sources * 3)
    _write(target, [*references, *near, *agreed])
    return folder


def _hypotheses(model: Path, sources: Sequence[str]) -> list[list[str]]:
    """The beam of every source, best first."""
    tokenizer = SubwordTokenizer(model / SUBWORDS)
    config = TranslatorConfig(device="cpu", compute_type="int8")
    translator = Translator.load(model / CTRANSLATE2_FOLDER, config)
    options = SearchOptions(
        beam_size=BEAM_SIZE, num_hypotheses=BEAM_SIZE, max_decoding_length=MAX_DECODING_LENGTH
    )
    beams = translator.search([tokenizer.segment(text).pieces for text in sources], options)
    return [[tokenizer.assemble(each.pieces).text for each in beam] for beam in beams]


def nearest(candidates: Sequence[Sequence[str]], reference: str) -> str:
    """The one of all models' hypotheses that has the highest BLEU with the reference."""
    distinct = dict.fromkeys(text for beam in candidates for text in beam)
    return max(distinct, key=lambda text: _nearness(text, reference))


def consensus(candidates: Sequence[Sequence[str]]) -> str:
    """The one of the models' best hypotheses that has the highest BLEU with all of them."""
    votes = [text for beam in candidates for text in beam[:NUM_VOTES]]
    distinct = dict.fromkeys(votes)
    return max(distinct, key=lambda text: sum(_nearness(text, vote) for vote in votes))


def _nearness(text: str, other: str) -> float:
    return float(_NEARNESS.sentence_score(text, [other]).score)


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def _write(path: Path, lines: Sequence[str]) -> None:
    part = path.with_suffix(".part")
    part.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    part.replace(path)
