import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nmt.translator import (
    SearchOptions,
    SourceTooLongError,
    Translator,
    TranslatorConfig,
    TranslatorError,
)
from tests.copying_model import LEXICON, NUM_POSITIONS, build_word_model

SENTENCE = ["you", "are", "so", "good", "!"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_word_model(tmp_path_factory.mktemp("copying")) / "ctranslate2"


@pytest.fixture(scope="module")
def translator(folder: Path) -> Translator:
    return Translator.load(folder, TranslatorConfig(num_threads=2))


def targets(translator: Translator, sources: list[list[str]]) -> list[tuple[str, ...]]:
    found = translator.translate(sources, beam_size=2, max_decoding_length=50)
    return [hypothesis.pieces for hypothesis in found]


def test_translates_in_the_order_of_the_sources(translator: Translator) -> None:
    sources = [["good"], SENTENCE, [], ["this", "is", "cool"]]
    assert targets(translator, sources) == [
        ("gut",),
        ("du", "bist", "so", "gut", "!"),
        (),
        ("das", "ist", "kühl"),
    ]


def test_keeps_the_order_of_more_sources_than_a_batch_takes(folder: Path) -> None:
    small_batches = Translator.load(folder, TranslatorConfig(num_threads=2, max_batch_size=3))
    sources = [SENTENCE[: 1 + index % 5] for index in range(50)]
    expected = [tuple(LEXICON[piece] for piece in source) for source in sources]
    assert targets(small_batches, sources) == expected


@pytest.mark.parametrize("symbol", ["<pad>", "<s>", "</s>", "<unk>", "zebra"])
def test_a_special_symbol_in_a_source_is_an_unknown_word(
    translator: Translator, symbol: str
) -> None:
    assert targets(translator, [["you", symbol, "good"]]) == [("du", "<unk>", "gut")]


def test_control_symbols_never_come_out(translator: Translator) -> None:
    hypothesis = translator.translate(
        [["nothing"]], beam_size=1, max_decoding_length=5, attention=True
    )[0]
    assert hypothesis.pieces == ()
    assert hypothesis.attention is not None
    assert hypothesis.attention.shape == (0, 1)


def test_attention_has_a_row_per_target_and_a_column_per_source_piece(
    translator: Translator,
) -> None:
    hypotheses = translator.translate(
        [SENTENCE, [], ["cool"]], beam_size=2, max_decoding_length=50, attention=True
    )
    attentions = [hypothesis.attention for hypothesis in hypotheses]
    shapes = [attention.shape for attention in attentions if attention is not None]
    assert shapes == [(5, 5), (0, 0), (1, 1)]
    assert attentions[0] is not None
    assert np.argmax(attentions[0], axis=1).tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("attention", [False, True])
@pytest.mark.parametrize("beam_size", [1, 2])
def test_a_hypothesis_without_its_end_is_truncated(
    translator: Translator, beam_size: int, *, attention: bool
) -> None:
    """Nothing but the decoding length decides, whatever stands beside a sentence."""
    whole, cut, empty = translator.translate(
        [SENTENCE[:3], SENTENCE, []],
        beam_size=beam_size,
        max_decoding_length=4,
        attention=attention,
    )
    assert (whole.pieces, whole.truncated) == (("du", "bist", "so"), False)
    assert (cut.pieces, cut.truncated) == (("du", "bist", "so", "gut"), True)
    assert (empty.pieces, empty.truncated) == ((), False)


def test_attention_comes_only_when_asked_for(translator: Translator) -> None:
    found = translator.translate([SENTENCE], beam_size=2, max_decoding_length=50)
    assert found[0].attention is None


def test_asking_for_attention_changes_no_translation(tmp_path: Path) -> None:
    noisy = build_word_model(tmp_path, seed=1) / "ctranslate2"
    translator = Translator.load(noisy)
    random = np.random.default_rng(0)
    words = list(LEXICON)
    sources = [list(random.choice(words, size=random.integers(1, 12))) for _ in range(200)]
    for beam_size in (1, 3):
        plain, attentive = (
            translator.translate(
                sources, beam_size=beam_size, max_decoding_length=20, attention=attention
            )
            for attention in (False, True)
        )
        assert [found.pieces for found in plain] == [found.pieces for found in attentive]
        assert len({found.pieces for found in plain}) > 100


@pytest.mark.parametrize(("beam_size", "num_steps"), [(1, 2), (2, 5)])
def test_a_search_stops_when_told_to_at_a_beam_of_one_only(
    translator: Translator, beam_size: int, num_steps: int
) -> None:
    asked: list[None] = []

    def should_stop() -> bool:
        asked.append(None)
        return len(asked) == 2

    options = SearchOptions(beam_size=beam_size, max_decoding_length=50)
    ((found,),) = translator.search([SENTENCE], options, should_stop=should_stop)
    assert len(found.pieces) <= num_steps
    assert len(asked) == (2 if beam_size == 1 else 0)


def test_a_prefix_begins_every_hypothesis(translator: Translator) -> None:
    options = SearchOptions(beam_size=2, max_decoding_length=50, num_hypotheses=2, attention=True)
    (found,) = translator.search([SENTENCE], options, prefixes=[["das", "ist"]])
    assert [hypothesis.pieces[:2] for hypothesis in found] == [("das", "ist")] * 2
    for hypothesis in found:
        assert hypothesis.attention is not None
        assert hypothesis.attention.shape == (len(hypothesis.pieces), len(SENTENCE))


@pytest.mark.parametrize("beam_size", [1, 2])
def test_a_score_is_the_log_probability_over_the_length_with_its_end(
    folder: Path, beam_size: int
) -> None:
    translator = Translator.load(folder, TranslatorConfig(compute_type="float32"))
    for penalty in (0.0, 1.0, 2.0):
        options = SearchOptions(
            beam_size=beam_size, max_decoding_length=50, length_penalty=penalty, scores=True
        )
        ((found,), (empty,)) = translator.search([SENTENCE, []], options)
        (whole,) = translator.log_probabilities([SENTENCE], [found.pieces])
        assert found.score is not None
        # A search leaves no probability to an end before the first piece, which matters little.
        assert found.score * (len(found.pieces) + 1) ** penalty == pytest.approx(whole, abs=0.1)
        assert empty.score == 0


def test_the_first_source_over_the_limit_is_named(folder: Path) -> None:
    short = Translator.load(folder, TranslatorConfig(num_threads=1, max_source_length=4))
    with pytest.raises(SourceTooLongError, match="has 5 pieces; at most 4") as caught:
        targets(short, [["good"], SENTENCE])
    assert (caught.value.index, caught.value.num_pieces, caught.value.limit) == (1, 5, 4)


def test_nothing_is_cut_below_the_limit(translator: Translator) -> None:
    source = ["good"] * (NUM_POSITIONS - 14)
    assert targets(translator, [source]) == [("gut",) * len(source)]


def test_a_model_with_a_table_of_positions_tells_how_many_it_has(translator: Translator) -> None:
    assert translator.longest_hypothesis == NUM_POSITIONS - 1


def test_runs_int8_on_one_core_per_translation_by_default(translator: Translator) -> None:
    assert translator.description == "cpu, int8_float32, 2 in parallel"


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(TranslatorError, match=f"{tmp_path}: CTranslate2 cannot load it"):
        Translator.load(tmp_path)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"device": "tpu"}, "device must be auto, cpu or cuda, not 'tpu'"),
        ({"num_threads": 0}, "num_threads must be at least 1, not 0"),
        ({"max_source_length": 0}, "max_source_length must be at least 1, not 0"),
    ],
)
def test_wrong_settings_are_refused(setting: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TranslatorConfig(**setting)  # type: ignore[arg-type]


def test_an_unknown_compute_type_is_refused(folder: Path) -> None:
    with pytest.raises(TranslatorError, match="compute type"):
        Translator.load(folder, TranslatorConfig(compute_type="int3"))


def test_serving_imports_no_torch() -> None:
    program = "import sys, serving.__main__, serving.verify; print('torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"
