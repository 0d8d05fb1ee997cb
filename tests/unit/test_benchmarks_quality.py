"""What the quality benchmark makes of models: targets of a further training, and its report."""

import json
from pathlib import Path

import pytest

from benchmarks.quality import __main__ as quality
from benchmarks.quality.distillation import consensus, nearest
from benchmarks.quality.scoring import Scores
from protocol.artifacts import MANIFEST

BEAMS = [
    ["ein hund läuft im park .", "ein hund rennt im park ."],
    ["eine katze schläft .", "ein hund läuft im park ."],
    ["ein hund läuft in einem park .", "der hund läuft ."],
]


def test_the_nearest_is_the_hypothesis_most_like_the_reference() -> None:
    assert nearest(BEAMS, "eine katze schläft dort .") == "eine katze schläft ."
    assert nearest(BEAMS, "ein hund rennt im park .") == "ein hund rennt im park ."


def test_the_consensus_is_what_most_hypotheses_are_like() -> None:
    assert consensus(BEAMS) == "ein hund läuft im park ."


def test_only_each_models_best_hypotheses_vote() -> None:
    others = [beam[:2] + ["eine katze schläft ."] * 9 for beam in BEAMS]
    assert consensus(others) == "ein hund läuft im park ."


def scores(beam: float) -> Scores:
    return Scores(
        beam=beam, beam_int8=beam, greedy=beam, greedy_torch=beam, beam_13a=beam, beam_chrf=beam
    )


@pytest.mark.parametrize(("num_parameters", "above"), [(2_700_000, False), (2_700_001, True)])
def test_a_model_too_large_for_the_comparison_is_said_to_be(
    num_parameters: int, above: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = {"num_parameters": num_parameters, "num_batches": 9, "training_seconds": 60.0}
    (tmp_path / MANIFEST).write_text(json.dumps(manifest))
    quality._report("seed 1", tmp_path, scores(41.0))
    said = capsys.readouterr().out
    assert f"{num_parameters:,} parameters" in said
    assert ("above" in said) == above


def test_the_last_line_is_the_mean_of_the_seeds(capsys: pytest.CaptureFixture[str]) -> None:
    quality._conclude([scores(41.0), scores(42.0), scores(40.3)])
    *_, spread, last = capsys.readouterr().out.splitlines()
    assert spread == "standard deviation over 3 seeds: 0.85"
    assert last == "bleu 41.10"
