"""Sends generated requests to the function and to the endpoint; exits with 1 on any violation.

The last line says how many requests there were and how many of them met a server's error that
nothing had provoked. Equal seeds give equal requests, however many processes share them.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks.fuzz import processes
from benchmarks.fuzz.cases import Case, Target
from benchmarks.fuzz.verdicts import ViolationError
from benchmarks.fuzz.worker import Report, Share, replay
from nmt.translator import available_cores

MAX_GROWTH_BYTES = 32 * 1024 * 1024
"""Of one process after its warm-up, however many requests come."""
WARM_UP = 1
"""The look at the memory that all later ones are compared with, from 0."""


def main(arguments: Sequence[str]) -> int:
    given = _parser().parse_args(arguments)
    if given.replay:
        return _replay(given.replay)
    shares = [
        Share(
            seed=given.seed,
            num_requests=given.requests,
            first_block=number,
            step=given.processes,
            failures=given.failures,
        )
        for number in range(given.processes)
    ]
    print(f"seed {given.seed}, {len(shares)} processes", flush=True)
    started = time.perf_counter()
    reports, failures = processes.run(shares, given.hang_seconds)
    return _conclude(reports, failures, time.perf_counter() - started)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=__doc__)
    add = parser.add_argument
    add("--requests", type=int, default=1_000_000, metavar="N")
    add("--seed", type=int, default=1, metavar="N")
    add("--processes", type=int, default=available_cores(), metavar="N")
    add("--hang-seconds", type=float, default=20.0, metavar="S", help="no request may take longer")
    folder = Path(".local/fuzz")
    add("--failures", type=Path, default=folder, metavar="DIR", help="where violations are kept")
    add("--replay", type=Path, metavar="FILE", help="send one that was kept again, alone")
    return parser


def _replay(path: Path) -> int:
    try:
        for answer in replay(Case.load(path)):
            print(answer)
    except ViolationError as error:
        print(f"violation: {error}")
        return 1
    return 0


def _conclude(reports: Sequence[Report], failures: list[str], seconds: float) -> int:
    number = sum(report.num_requests for report in reports)
    _print_answers(reports)
    _print_memory(reports)
    cpu_seconds = sum(report.cpu_seconds for report in reports)
    speed = number / max(seconds, 1e-9)
    print(f"{seconds:.0f} s, {cpu_seconds:.0f} s of processor; {speed:,.0f} requests a second")
    num_violations = len(failures) + sum(report.num_violations for report in reports)
    grown = [report for report in reports if _growth(report) > MAX_GROWTH_BYTES]
    num_violations += len(grown)
    failures += [f"a process grew by {_growth(report) / 1e6:.0f} MB" for report in grown]
    for words in [*failures, *(kept for report in reports for kept in report.violations)]:
        print(f"violation: {words}")
    if num_violations:
        print(f"{num_violations} violations; send one again with --replay FILE")
    print(f"{number} requests, {sum(report.num_server_errors for report in reports)} 5xx")
    return 1 if num_violations else 0


def _print_answers(reports: Sequence[Report]) -> None:
    statuses: Counter[tuple[Target, int]] = Counter()
    for report in reports:
        statuses.update(report.statuses)
    for target in Target:
        found = sorted((code, number) for (of, code), number in statuses.items() if of is target)
        answers = ", ".join(f"{number:,} x {code}" for code, number in found)
        slowest = max((report.slowest.get(target, (0.0, 0)) for report in reports), default=(0, 0))
        print(f"{target}: {answers}; slowest {slowest[0]:.2f} s, request {slowest[1]}")
    provoked = sum(number for (_, code), number in statuses.items() if code >= 500)
    good = sum(report.num_good for report in reports)
    print(f"{good:,} good requests answered 200; {provoked:,} answers of 503 and 504 as provoked")


def _print_memory(reports: Sequence[Report]) -> None:
    for number, report in enumerate(reports, 1):
        held = ", ".join(f"{size / 1e6:.1f}" for size in report.held_bytes)
        growth = f"{_growth(report) / 1e6:+.1f} MB since the second"
        print(f"memory of process {number} in the course of the run: {held} MB; {growth}")


def _growth(report: Report) -> int:
    return report.held_bytes[-1] - report.held_bytes[min(WARM_UP, len(report.held_bytes) - 1)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
