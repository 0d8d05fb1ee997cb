"""One sentence for a translator, a request's share of such jobs, and which of them go together."""

from collections.abc import Callable, Hashable, Sequence
from typing import Any

MAX_BATCH_WORK = 8192
"""Pieces times beam size of one call, which bounds its time and its memory."""


class Job:
    """One sentence for a translator; jobs of one kind can share a call."""

    __slots__ = (
        "error",
        "kind",
        "num_pieces",
        "order",
        "result",
        "source",
        "target",
        "ticket",
        "width",
    )

    def __init__(
        self,
        source: Sequence[str],
        kind: Hashable,
        *,
        width: int = 1,
        target: Sequence[str] | None = None,
    ) -> None:
        self.source = source
        self.kind = kind
        self.width = width
        """Hypotheses that are worked on at once."""
        self.target = target
        self.num_pieces = len(source)
        self.result: Any = None
        self.error: Exception | None = None
        self.ticket: Ticket | None = None
        self.order = 0
        """Of arrival."""

    @property
    def is_over(self) -> bool:
        """Whether nobody waits for it any more."""
        return self.ticket is not None and self.ticket.is_over


class Ticket:
    """The jobs of one request, which is done when all of them are."""

    __slots__ = ("deadline", "error", "is_over", "jobs", "on_done", "remaining")

    def __init__(
        self, jobs: Sequence[Job], deadline: float, on_done: Callable[["Ticket"], None]
    ) -> None:
        self.jobs = jobs
        self.deadline = deadline
        self.on_done = on_done
        self.remaining = len(jobs)
        self.is_over = False
        self.error: Exception | None = None

    def results(self) -> list[Any]:
        """What the jobs gave, in their order.

        Raises:
            Exception: what one of them failed with, or that the time was over.
        """
        if self.error is not None:
            raise self.error
        return [job.result for job in self.jobs]


def choose(oldest: Sequence[Job], size: int) -> list[Job]:
    """At most `size` jobs of one kind, the first among them, of lengths that lie side by side."""
    by_length = sorted(oldest, key=lambda job: job.num_pieces)
    position = by_length.index(oldest[0])
    while True:
        first = max(0, position - size + 1)
        last = max(first, min(position, len(by_length) - size))
        start = min(range(first, last + 1), key=lambda start: _spread(by_length, start, size))
        chosen = by_length[start : start + size]
        if len(chosen) == 1 or _work_of(chosen) <= MAX_BATCH_WORK:
            return chosen
        size = len(chosen) // 2


def _spread(by_length: Sequence[Job], start: int, size: int) -> int:
    longest = by_length[min(start + size, len(by_length)) - 1]
    return longest.num_pieces - by_length[start].num_pieces


def _work_of(jobs: Sequence[Job]) -> int:
    return len(jobs) * jobs[-1].num_pieces * jobs[-1].width
