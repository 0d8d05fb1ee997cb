"""What the callers noted, and whether every answer belongs to its request."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load.caller import Caller
from benchmarks.processes import BenchmarkError

BATCH = 100
"""Sentences of one request for references."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One request's."""

    due: float
    """When the request should have been sent, in the machine's monotonic seconds."""
    seconds: float
    """From then until the whole answer was there."""
    index: int
    """Of the sentence."""
    status: int
    targets: Sequence[str]
    words: str
    """The request's id, or why there is no translation."""


def read_answers(path: Path) -> list[Answer]:
    """All answers, in the order of their requests."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return sorted((Answer(*json.loads(line)) for line in lines), key=lambda answer: answer.due)


def references(caller: Caller, sentences: Sequence[str]) -> list[str]:
    """What the current model makes of each sentence.

    Raises:
        BenchmarkError: a request was refused.
    """
    found: list[str] = []
    for start in range(0, len(sentences), BATCH):
        batch = sentences[start : start + BATCH]
        status, targets, words = caller.translate(batch)
        if status != 200 or len(targets) != len(batch):
            raise BenchmarkError(f"{len(batch)} sentences were answered {status}: {words}")
        found += targets
    return found


def with_own_translation(sentences: Sequence[str], targets: Sequence[str]) -> dict[str, str]:
    """The sentences that no other one shares its translation with, and that translation."""
    first: dict[str, str] = {}
    for sentence, target in zip(sentences, targets, strict=True):
        first.setdefault(target, sentence)
    return {sentence: target for target, sentence in first.items()}


def mistakes(
    answers: Sequence[Answer], before: Sequence[str], after: Sequence[str]
) -> Mapping[str, list[str]]:
    """What was lost, by kind, in words.

    Args:
        answers: to all requests.
        before: each sentence's translation by the first model.
        after: by the second one.
    """
    found: dict[str, list[str]] = {"not answered 200": [], "another's answer": [], "id twice": []}
    ids: set[str] = set()
    for answer in answers:
        expected = (before[answer.index], after[answer.index])
        if answer.status != 200:
            found["not answered 200"].append(f"{answer.status} {answer.words[:200]}")
        elif len(answer.targets) != 1 or answer.targets[0] not in expected:
            found["another's answer"].append(f"{answer.targets}, expected one of {expected}")
        elif answer.words in ids:
            found["id twice"].append(answer.words)
        ids.add(answer.words)
    return {kind: words for kind, words in found.items() if words}


def switched_at(answers: Sequence[Answer], before: Sequence[str]) -> float | None:
    """When the first request was due that the second model answered."""
    return next(
        (a.due for a in answers if a.status == 200 and a.targets != [before[a.index]]), None
    )
