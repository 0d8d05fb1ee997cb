from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from benchmarks.load.answers import (
    Answer,
    mistakes,
    read_answers,
    switched_at,
    with_own_translation,
)
from benchmarks.load.clients import Schedule
from benchmarks.load.plot import plot
from benchmarks.load.report import latency_table, memory_table, over_time, percentile

BEFORE = ["eins", "zwei"]
AFTER = ["ein", "zwei"]


def answer(index: int = 0, **changes: Any) -> Answer:
    fields = {"due": 1.0, "seconds": 0.02, "index": index, "status": 200, "words": "id"}
    return Answer(**{**fields, "targets": [BEFORE[index]], **changes})


def test_every_kind_of_loss_is_found() -> None:
    good = [answer(words="1"), answer(words="2", targets=["ein"]), answer(index=1, words="3")]
    assert mistakes(good, BEFORE, AFTER) == {}

    bad = [
        answer(status=0, targets=[], words="ConnectionClosedError()"),
        answer(words="4", targets=["zwei"]),
        answer(words="5", targets=[]),
        answer(words="1"),
    ]
    found = mistakes([*good, *bad], BEFORE, AFTER)

    assert {kind: len(words) for kind, words in found.items()} == {
        "not answered 200": 1,
        "another's answer": 2,
        "id twice": 1,
    }
    assert found["not answered 200"] == ["0 ConnectionClosedError()"]


def test_only_sentences_with_a_translation_of_their_own_are_sent() -> None:
    found = with_own_translation(["one", "two", "both"], ["eins", "zwei", "eins"])
    assert found == {"one": "eins", "two": "zwei"}


def test_the_switch_is_the_first_answer_of_the_second_model() -> None:
    answers = [answer(), answer(due=2.0, status=503, targets=[]), answer(due=3.0, targets=["ein"])]
    assert switched_at(answers, BEFORE) == 3.0
    assert switched_at(answers[:2], BEFORE) is None


def test_answers_are_read_in_the_order_of_their_requests(tmp_path: Path) -> None:
    lines = '[2.0, 0.5, 1, 200, ["zwei"], "b"]\n[1.0, 0.1, 0, 503, [], "busy"]\n'
    (tmp_path / "answers").write_text(lines)

    first, second = read_answers(tmp_path / "answers")

    assert first == answer(status=503, seconds=0.1, targets=[], words="busy")
    assert (second.index, second.targets) == (1, ["zwei"])


@pytest.mark.parametrize(
    ("part", "expected"), [(0.5, 20.0), (0.75, 30.0), (0.99, 40.0), (1.0, 40.0), (0.0, 10.0)]
)
def test_a_percentile_is_a_value_that_was_seen(part: float, expected: float) -> None:
    assert percentile([0.04, 0.01, 0.03, 0.02], part) == expected


def test_the_tables_have_a_row_for_each_phase_and_process() -> None:
    phases = {"before": [answer(), answer(seconds=1.5)], "never": []}
    assert latency_table(phases).splitlines() == [
        "| | requests | p50 | p90 | p99 | slowest |",
        "|---|---|---|---|---|---|",
        "| before | 2 | 20.0 ms | 1,500.0 ms | 1,500.0 ms | 1,500.0 ms |",
    ]
    looks = {"first": {"server": [5_000_000]}, "last": {"server": [6_000_000, 7_000_000]}}
    assert memory_table(looks).splitlines()[2:] == [
        "| server | 5 MB | 13 MB in 2 |",
    ]


def test_the_plot_has_a_line_for_each_percentile_and_marks_the_moments() -> None:
    answers = [answer(due=1.0 + number, seconds=0.01 * (number + 1)) for number in range(300)]

    drawing = plot(over_time(answers, 1.0), {"promoted": 150.0}, "a title")

    root = ET.fromstring(drawing)  # noqa: S314 - our own
    space = "{http://www.w3.org/2000/svg}"
    lines = root.findall(f"{space}polyline")
    assert len(lines) == 4
    assert {len(line.attrib["points"].split()) for line in lines} == {121}
    texts = {text.text for text in root.findall(f"{space}text")}
    assert {"a title", "p50", "p99", "promoted", "20 ms", "5.0 min"} <= texts


def test_requests_are_due_at_equal_distances_until_the_end() -> None:
    schedule = Schedule(rate=1000.0)
    turns = [schedule.wait() for _ in range(5)]
    schedule.end()
    assert schedule.wait() is None
    numbers, times = zip(*(turn for turn in turns if turn), strict=True)
    assert numbers == (0, 1, 2, 3, 4)
    assert times[4] - times[0] == pytest.approx(0.004)
