"""Which of several models' hypotheses become targets of a further training."""

from benchmarks.quality.distillation import consensus, nearest

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
