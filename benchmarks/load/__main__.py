"""Loads the whole service on this machine, retrains and promotes in the middle, and counts.

API Gateway, function, endpoint and state machine are those that `make up` starts, in a folder of
their own; every request is signed. Each sentence's translation is asked for beforehand and, of the
second model, afterwards, so that every answer can be told to be its own request's.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.load.answers import (
    Answer,
    mistakes,
    references,
    switched_at,
    with_own_translation,
)
from benchmarks.load.load import Load
from benchmarks.load.plot import plot
from benchmarks.load.report import latency_table, memory_table, over_time
from benchmarks.load.service import Service, deployed
from client.executions import Execution

NUM_SENTENCES = 5000
BEFORE_RETRAINING = 0.3
"""Part of the time after which the retraining starts, so that it promotes about the middle."""
AFTER_PROMOTION_SECONDS = 20.0
"""The load goes on for at least so long with the new model."""


@dataclass(slots=True)
class Course:
    """What happened when, in the machine's monotonic seconds, and what memory was held then."""

    moments: dict[str, float] = field(default_factory=dict)
    memory: dict[str, Mapping[str, Sequence[int]]] = field(default_factory=dict)


def main(arguments: Sequence[str]) -> int:
    given = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        print("starting and deploying the service …", flush=True)
        with deployed(Path(folder) / "local") as service:
            return _measure(service, Path(folder), given)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__)
    add = parser.add_argument
    add("--minutes", type=float, default=30.0)
    add("--rate", type=float, help="requests a second; default: half of what a short ramp finds")
    add("--plot", type=Path, default=Path("docs/load.svg"), metavar="FILE.svg")
    return parser


def _measure(service: Service, folder: Path, given: argparse.Namespace) -> int:
    corpus = service.upload_phrasebook()
    print("training the first model …", flush=True)
    _finish(service.start_retraining(seed=1))
    caller = service.caller()
    lines = (corpus / "train.en").read_text(encoding="utf-8").splitlines()
    lines = list(dict.fromkeys(lines))[:NUM_SENTENCES]
    known = with_own_translation(lines, references(caller, lines))
    sentences, before = list(known), list(known.values())
    print(f"{len(sentences):,} sentences, each with a translation of its own", flush=True)
    (folder / "sentences").write_text("\n".join(sentences) + "\n", encoding="utf-8")
    load = Load(service, folder / "sentences", folder / "answers")
    load.warm_up()
    rate = given.rate or load.rate_it_can_hold()
    print(f"{given.minutes:g} minutes at {rate:.0f} requests a second …", flush=True)
    course = Course()
    with load.at(rate):
        _run(service, given.minutes * 60, course)
    answers = load.answers()
    after = references(caller, sentences)
    found = mistakes(answers, before, after)
    switched = switched_at(answers, before)
    if switched is None:
        found = {**found, "the second model never answered": [""]}
    else:
        course.moments["new model"] = switched
    _print_tables(answers, course)
    given.plot.parent.mkdir(parents=True, exist_ok=True)
    given.plot.write_text(_drawn(answers, course, rate), encoding="utf-8")
    own = len(set(after)) / len(after)
    print(f"\n{own:.1%} of the second model's translations belong to one sentence alone")
    return _conclude(answers, found)


def _run(service: Service, seconds: float, course: Course) -> None:
    """Let the load run, with a retraining in it."""
    began = time.monotonic()
    course.memory["at the start"] = service.memory()
    time.sleep(seconds * BEFORE_RETRAINING)
    course.memory["before the retraining"] = service.memory()
    course.moments["retraining starts"] = time.monotonic()
    _finish(service.start_retraining(seed=2))
    course.moments["retraining ends"] = time.monotonic()
    elapsed = time.monotonic() - began
    time.sleep(max(seconds - elapsed, AFTER_PROMOTION_SECONDS))
    course.memory["at the end"] = service.memory()


def _finish(execution: Execution) -> None:
    """Wait for an execution that must succeed."""
    for entered in execution.follow():
        print(f"  {entered.elapsed_seconds:5.0f} s  {entered.state}", flush=True)
    execution.output()


def _print_tables(answers: Sequence[Answer], course: Course) -> None:
    starts, ends = course.moments["retraining starts"], course.moments["retraining ends"]
    phases = {
        "before the retraining": [a for a in answers if a.due < starts],
        "while it trains and promotes": [a for a in answers if starts <= a.due < ends],
        "afterwards": [a for a in answers if a.due >= ends],
        "all": answers,
    }
    print(f"\n{latency_table(phases)}\n\n{memory_table(course.memory)}")


def _drawn(answers: Sequence[Answer], course: Course, rate: float) -> str:
    began = answers[0].due
    moments = {name: moment - began for name, moment in course.moments.items()}
    title = f"time to the answer, {rate:.0f} signed requests a second through the whole service"
    return plot(over_time(answers, began), moments, title)


def _conclude(answers: Sequence[Answer], found: Mapping[str, Sequence[str]]) -> int:
    for kind, words in found.items():
        print(f"{kind}: {len(words)}, such as {words[0]}")
    lost = sum(len(words) for words in found.values())
    seconds = answers[-1].due - answers[0].due
    print(f"{seconds / 60:.1f} minutes, {len(answers) / seconds:.1f} requests a second")
    print(f"{len(answers)} requests, {lost} lost")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
