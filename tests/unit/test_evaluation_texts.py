"""What the evaluation reads beside models: the test set and the learning curve."""

import json
from pathlib import Path

import pytest

from evaluation.learning_curve import MAX_POINTS, LearningCurveError, read_learning_curve
from evaluation.reference_text import read_reference_text
from evaluation.samples import TranslatedSentence


def text(folder: Path, num_lines: int) -> Path:
    for name in ("source.txt", "target.txt"):
        lines = [f"{name} {number}\u2028\x0c" for number in range(num_lines)]
        (folder / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return folder


def test_only_line_feeds_end_a_line(tmp_path: Path) -> None:
    found = read_reference_text(text(tmp_path, 3))
    assert (len(found), found.num_lines) == (3, 3)
    assert found.references[2] == "target.txt 2\u2028\x0c"
    assert set(found.fingerprints) == {"source.txt", "target.txt"}


def test_of_a_very_long_test_set_some_is_taken_evenly(tmp_path: Path) -> None:
    found = read_reference_text(text(tmp_path, 25), max_sentences=10)
    numbers = [int(source.split()[1]) for source in found.sources]
    assert numbers == [0, 2, 5, 7, 10, 12, 15, 17, 20, 22]
    assert found.num_lines == 25
    assert [reference.split()[1] for reference in found.references] == list(map(str, numbers))


def test_an_empty_test_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="source.txt is empty"):
        read_reference_text(text(tmp_path, 0))


def test_a_long_learning_curve_keeps_its_last_point(tmp_path: Path) -> None:
    steps = [{"step": step, "loss": 1 / step} for step in range(1, 1002)]
    content = {"training": steps, "validation": []}
    (tmp_path / "learning_curve.json").write_text(json.dumps(content))
    curve = read_learning_curve(tmp_path)
    assert set(curve) == {"training loss"}
    points = curve["training loss"]
    assert 100 < len(points) <= MAX_POINTS
    assert points[-1] == (1001.0, 1 / 1001)


def test_a_model_without_a_learning_curve_has_none(tmp_path: Path) -> None:
    assert read_learning_curve(tmp_path) == {}
    (tmp_path / "learning_curve.json").write_text('{"training": 1}')
    with pytest.raises(LearningCurveError, match=r"learning_curve.json: not a training job's"):
        read_learning_curve(tmp_path)


def test_long_texts_are_cut_for_show_only() -> None:
    sentence = TranslatedSentence(
        source="x" * 500, reference="r", candidate="c", served=None, chrf=12.345
    )
    shown = sentence.as_dict(400)
    assert shown == {"source": "x" * 400 + "…", "reference": "r", "candidate": "c", "chrf": 12.35}
    assert len(str(sentence.as_dict()["source"])) == 500
