"""The processes of a run, each watched: one in which nothing moves on, or which dies, is found."""

import multiprocessing
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any

from benchmarks.fuzz.generation import generate
from benchmarks.fuzz.worker import Report, Share, work

POLL_SECONDS = 0.5
MAX_SUSPECTS = 256
START_SECONDS = 120.0


@dataclass(slots=True)
class _Watched:
    share: Share
    process: Any
    reports: Connection
    at_work: Any
    """The first and the last number that are under way; -1 before the first."""
    seen: tuple[int, ...] = (-1, -1)
    seen_at: float = 0.0

    def seconds_at_a_stand(self) -> float:
        """How long the same requests have been under way; a start may take longer than they."""
        now = time.monotonic()
        if self.seen_at == 0.0 or tuple(self.at_work) != self.seen:
            self.seen, self.seen_at = tuple(self.at_work), now
        return now - self.seen_at - (START_SECONDS if self.seen[0] < 0 else 0.0)


def run(shares: Sequence[Share], hang_seconds: float) -> tuple[list[Report], list[str]]:
    """What the processes saw, and in words why one of them did not come to its end."""
    watched = {share.first_block: _started(share) for share in shares}
    reports: list[Report] = []
    failures: list[str] = []
    while watched:
        ready = wait([each.reports for each in watched.values()], POLL_SECONDS)
        for number, each in list(watched.items()):
            if each.reports in ready:
                try:
                    reports.append(each.reports.recv())
                except EOFError:
                    each.process.join()
                    failures.append(f"a process died with {each.process.exitcode}{_saved(each)}")
            elif each.seconds_at_a_stand() > hang_seconds:
                each.process.kill()
                failures.append(f"no answer in {hang_seconds:.0f} s{_saved(each)}")
            else:
                continue
            each.process.join()
            del watched[number]
    return reports, failures


def _started(share: Share) -> _Watched:
    context = multiprocessing.get_context("spawn")
    at_work: Any = context.Array("q", [-1, -1])
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=work, args=(share, at_work, theirs))
    process.start()
    theirs.close()
    return _Watched(share, process, ours, at_work)


def _saved(each: _Watched) -> str:
    """Write down every request that was under way."""
    first, last = each.at_work
    if first < 0:
        return " before its first request"
    for number in range(first, last + 1):
        path = each.share.failures / f"{each.share.seed}-{number}.json"
        generate(each.share.seed, number).save(path, seed=each.share.seed, number=number)
    return f" with the requests {first} to {last} under way, now in {each.share.failures}"
