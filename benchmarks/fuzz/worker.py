"""One process of a run: takes its share of the numbers, block by block, and reports."""

import asyncio
import ctypes
import gc
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.fuzz.cases import Case, Target
from benchmarks.fuzz.endpoint import Endpoints
from benchmarks.fuzz.function import Function, function
from benchmarks.fuzz.generation import generate
from benchmarks.fuzz.verdicts import ViolationError

BLOCK = 256
"""Numbers of which the requests to the endpoints are under way at the same time."""
NUM_LOOKS = 10
"""How often the memory is looked at."""
MAX_KEPT = 20
"""Violations of one process that are written down; all are counted."""
_PAGE_BYTES = resource.getpagesize()


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """What one process does: every `step`th block of the numbers below `num_requests`."""

    seed: int
    num_requests: int
    first_block: int
    step: int
    failures: Path
    """Folder for the requests that should have been answered otherwise."""

    def blocks(self) -> list[range]:
        starts = range(self.first_block * BLOCK, self.num_requests, self.step * BLOCK)
        return [range(start, min(start + BLOCK, self.num_requests)) for start in starts]


@dataclass(kw_only=True, slots=True)
class Report:
    """What one process saw."""

    num_requests: int = 0
    num_good: int = 0
    """Requests that had to be answered 200, and were."""
    statuses: Counter[tuple[Target, int]] = field(default_factory=Counter)
    num_server_errors: int = 0
    """5xx that nothing provoked."""
    num_violations: int = 0
    violations: list[str] = field(default_factory=list)
    slowest: dict[Target, tuple[float, int]] = field(default_factory=dict)
    """Seconds and number; of an endpoint's with its wait for the others of its block."""
    held_bytes: list[int] = field(default_factory=list)
    """Resident, of the whole process, after each of `NUM_LOOKS` equal parts."""
    cpu_seconds: float = 0.0


def work(share: Share, at_work: Any, reports: Any) -> None:
    """Send the share's requests; the way in of the process.

    Args:
        share: which.
        at_work: shared array of the first and the last number that are under way.
        reports: connection for the `Report`.
    """
    with tempfile.TemporaryDirectory() as folder, function().running() as called:
        reports.send(asyncio.run(_Worker(share, at_work, called, Path(folder)).run()))


class _Worker:
    def __init__(self, share: Share, at_work: Any, called: Function, folder: Path) -> None:
        self._share = share
        self._at_work = at_work
        self._function = called
        self._endpoints = Endpoints(folder)
        self._report = Report()

    async def run(self) -> Report:
        blocks = self._share.blocks()
        async with self._endpoints.running():
            for number, block in enumerate(blocks, 1):
                await self._run_block(block)
                if len(self._report.held_bytes) < number * NUM_LOOKS // len(blocks):
                    self._report.held_bytes.append(_held_bytes())
        self._report.cpu_seconds = time.process_time()
        return self._report

    async def _run_block(self, block: Sequence[int]) -> None:
        cases = {number: generate(self._share.seed, number) for number in block}
        for number, case in cases.items():
            if case.target is Target.FUNCTION:
                self._at_work[:] = [number, number]
                await self._judge(number, case)
        self._at_work[:] = [block[0], block[-1]]
        others = (self._judge(n, case) for n, case in cases.items() if not _is_of_function(case))
        await asyncio.gather(*others)

    async def _judge(self, number: int, case: Case) -> None:
        report = self._report
        started = time.perf_counter()
        try:
            for status in await self._statuses(case):
                report.statuses[case.target, status] += 1
            report.num_good += case.num_sentences is not None
        except Exception as error:  # noqa: BLE001 - whatever is raised is found out
            self._keep(number, case, error)
        report.num_requests += 1
        seconds = time.perf_counter() - started
        if seconds > report.slowest.get(case.target, (0.0, 0))[0]:
            report.slowest[case.target] = (seconds, number)

    async def _statuses(self, case: Case) -> list[int]:
        if _is_of_function(case):
            return [self._function.answer(case).status]
        return [answer.status for answer in await self._endpoints.answer(case)]

    def _keep(self, number: int, case: Case, error: Exception) -> None:
        report = self._report
        report.num_violations += 1
        status = error.status if isinstance(error, ViolationError) else 500
        report.num_server_errors += status >= 500
        if len(report.violations) < MAX_KEPT:
            path = self._share.failures / f"{self._share.seed}-{number}.json"
            words = str(error) if isinstance(error, ViolationError) else repr(error)
            case.save(path, seed=self._share.seed, number=number, violation=words)
            report.violations.append(f"request {number} ({case.target}): {words[:300]}\n  {path}")


def replay(case: Case) -> list[Any]:
    """The answers to one case alone.

    Raises:
        ViolationError: one of them is not as it must be.
    """

    async def run() -> list[Any]:
        with tempfile.TemporaryDirectory() as folder:
            async with Endpoints(Path(folder)).running() as endpoints:
                return list(await endpoints.answer(case))

    if not _is_of_function(case):
        return asyncio.run(run())
    with function().running() as called:
        return [called.answer(case)]


def _is_of_function(case: Case) -> bool:
    return case.target is Target.FUNCTION


def _held_bytes() -> int:
    """Resident memory, after whatever can be given back has been."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * _PAGE_BYTES
