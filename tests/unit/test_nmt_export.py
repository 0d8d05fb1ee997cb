import json
import random
from pathlib import Path

import ctranslate2
import pytest
import torch

from nmt.decoding import greedy_decode
from nmt.export import export_model
from nmt.feed_forward import FeedForwardType
from nmt.initialization import InitializationConfig, initialize
from nmt.model import ModelConfig, Transformer
from nmt.positions import count_positions
from protocol.vocabulary import BOS_ID, EOS_ID, SPECIAL_SYMBOLS

torch.set_num_threads(1)
SOURCE_TOKENS = [*SPECIAL_SYMBOLS, *(f"s{i}" for i in range(96))]
TARGET_TOKENS = [*SPECIAL_SYMBOLS, *(f"t{i}" for i in range(76))]
MAX_DECODING_LENGTH = 20


def random_model(*, shared: bool, kind: FeedForwardType = "relu") -> Transformer:
    """Weights far from their first values, norms and biases included, so that none can be lost."""
    torch.manual_seed(7)
    config = ModelConfig(
        source_vocabulary_size=len(SOURCE_TOKENS),
        target_vocabulary_size=len(SOURCE_TOKENS if shared else TARGET_TOKENS),
        shared_vocabulary=shared,
        model_dim=32,
        num_heads=4,
        feed_forward_dim=48,
        feed_forward_type=kind,
        num_encoder_layers=2,
        num_decoder_layers=3,
    )
    model = Transformer(config)
    initialize(model, InitializationConfig())
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(torch.randn_like(weight), alpha=0.15)
    return model.eval()


def random_sentences() -> list[list[int]]:
    generator = random.Random(11)
    lengths = [300, *(generator.randint(1, 15) for _ in range(99))]
    return [[generator.randrange(4, len(SOURCE_TOKENS)) for _ in range(n)] for n in lengths]


@pytest.mark.parametrize(("shared", "kind"), [(True, "relu"), (False, "relu"), (False, "swiglu")])
def test_the_exported_model_decodes_as_the_trained_one(
    tmp_path: Path, *, shared: bool, kind: FeedForwardType
) -> None:
    model, sentences = random_model(shared=shared, kind=kind), random_sentences()
    target_tokens = SOURCE_TOKENS if shared else TARGET_TOKENS
    export_model(model, tmp_path / "ct2", source_tokens=SOURCE_TOKENS, target_tokens=target_tokens)
    translator = ctranslate2.Translator(
        str(tmp_path / "ct2"), compute_type="float32", intra_threads=1
    )

    results = translator.translate_batch(
        [[SOURCE_TOKENS[i] for i in ids] for ids in sentences],
        beam_size=1,
        max_decoding_length=MAX_DECODING_LENGTH,
        max_input_length=0,
        return_attention=True,
    )

    served = [[target_tokens.index(token) for token in r.hypotheses[0]] for r in results]
    trained = [
        greedy_decode(
            model, torch.tensor([[*ids, EOS_ID]]), max_decoding_length=MAX_DECODING_LENGTH
        )[0]
        for ids in sentences
    ]
    same = sum(a == b for a, b in zip(served, trained, strict=True))
    assert same >= 98
    assert len({tuple(hypothesis) for hypothesis in trained}) > 10
    assert [len(row) for row in results[1].attention[0]] == [len(sentences[1])] * len(served[1])


@torch.inference_mode()
def log_probability(model: Transformer, source: list[int], target: list[int]) -> float:
    """What the trained model thinks of a translation that has come to its end."""
    positions = model(torch.tensor([[*source, EOS_ID]]), torch.tensor([[BOS_ID, *target]]))
    chosen = model.decoder.logits(positions).log_softmax(dim=-1)[0]
    return float(chosen[range(len(target) + 1), [*target, EOS_ID]].sum())


def test_beam_search_finds_what_the_trained_model_thinks_as_likely(tmp_path: Path) -> None:
    model, sentences = random_model(shared=False), random_sentences()[1:30]
    export_model(model, tmp_path / "ct2", source_tokens=SOURCE_TOKENS, target_tokens=TARGET_TOKENS)
    translator = ctranslate2.Translator(
        str(tmp_path / "ct2"), compute_type="float32", intra_threads=1
    )

    results = translator.translate_batch(
        [[SOURCE_TOKENS[i] for i in ids] for ids in sentences],
        beam_size=5,
        length_penalty=0,
        min_decoding_length=0,
        max_decoding_length=MAX_DECODING_LENGTH,
        return_scores=True,
    )

    ended = [
        (ids, [TARGET_TOKENS.index(token) for token in result.hypotheses[0]], result.scores[0])
        for ids, result in zip(sentences, results, strict=True)
        if len(result.hypotheses[0]) < MAX_DECODING_LENGTH
    ]
    assert len(ended) > 5
    for source, target, score in ended:
        assert score == pytest.approx(log_probability(model, source, target), abs=1e-3)
        greedy = greedy_decode(model, torch.tensor([[*source, EOS_ID]]), max_decoding_length=20)[0]
        if len(greedy) < MAX_DECODING_LENGTH:
            assert score > log_probability(model, source, greedy) - 1e-3


def test_the_exported_model_has_no_last_position(tmp_path: Path) -> None:
    folder, model = tmp_path / "ct2", random_model(shared=True)
    export_model(model, folder, source_tokens=SOURCE_TOKENS, target_tokens=SOURCE_TOKENS)
    assert count_positions(folder) is None


def test_the_folder_says_how_the_model_is_fed(tmp_path: Path) -> None:
    folder = tmp_path / "ct2"
    folder.mkdir()
    (folder / "left over").touch()
    export_model(
        random_model(shared=False),
        folder,
        source_tokens=SOURCE_TOKENS,
        target_tokens=TARGET_TOKENS,
    )

    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    assert (config["add_source_bos"], config["add_source_eos"]) == (False, True)
    assert (config["bos_token"], config["eos_token"], config["unk_token"]) == (
        "<s>",
        "</s>",
        "<unk>",
    )
    assert config["decoder_start_token"] == "<s>"
    assert json.loads((folder / "source_vocabulary.json").read_text("utf-8")) == SOURCE_TOKENS
    assert json.loads((folder / "target_vocabulary.json").read_text("utf-8")) == TARGET_TOKENS
    assert [path.name for path in tmp_path.iterdir()] == ["ct2"]
    assert not (folder / "left over").exists()
