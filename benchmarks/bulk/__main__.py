"""Measures bulk translation on this machine; the last line is how memory grows with the lines."""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.bulk.service import BulkService, bulk_service
from benchmarks.processes import BenchmarkError, Cost, measure
from local.settings import REPOSITORY

MEGABYTE = 1024 * 1024


def main(arguments: Sequence[str]) -> int:
    given = _parser().parse_args(arguments)
    sizes = [given.lines, *given.memory]
    with tempfile.TemporaryDirectory(dir=given.scratch) as name:
        folder = Path(name)
        print(f"making a model ({given.size}) and files of {sizes} lines", flush=True)
        material = [sys.executable, "-m", "benchmarks.bulk.material", name, given.size]
        try:
            measure([*material, *map(str, sizes)], folder=REPOSITORY)
            with bulk_service(folder) as service:
                _speed(service, given.lines, given.instances)
                costs = {lines: _memory(service, lines) for lines in given.memory}
        except BenchmarkError as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
    _growth(costs)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bulk", description=__doc__)
    add = parser.add_argument
    add("--lines", type=int, default=20_000, metavar="N", help="lines that a model translates")
    add("--size", choices=("small", "base", "demo"), default="small", help="of the model")
    add("--instances", type=int, default=1, metavar="N", help="serving processes side by side")
    add(
        "--memory",
        type=int,
        nargs=2,
        default=(100_000, 1_000_000),
        metavar="N",
        help="lines of the two files whose memory is compared",
    )
    add("--scratch", type=Path, metavar="FOLDER", help="where to put files meanwhile")
    return parser


def _speed(service: BulkService, lines: int, instances: int) -> None:
    split = service.split(service.put(lines))
    seconds = service.transform(instances)
    join = service.join(seconds)
    found = service.told("joined.json")
    if found["missing_shards"] or found["lines"] != lines:
        raise BenchmarkError(f"not everything was translated: {found}")
    print(
        f"{found['sentences']:,} sentences: split {split.seconds:.1f} s, transform job "
        f"{seconds:.1f} s, join {join.seconds:.1f} s"
    )
    print(f"transform: {found['sentences'] / seconds:,.0f} sentences a second", flush=True)


def _memory(service: BulkService, lines: int) -> tuple[Cost, Cost]:
    split = service.split(service.put(lines))
    service.answer()
    join = service.join(0)
    if service.told("joined.json")["missing_shards"]:
        raise BenchmarkError(f"the file of {lines} lines was not joined")
    for name, cost in (("split", split), ("join", join)):
        print(
            f"{lines:>10,} lines: {name} {cost.seconds:.1f} s, {lines / cost.seconds:,.0f} lines "
            f"a second, peak {cost.peak_bytes / MEGABYTE:.0f} MB",
            flush=True,
        )
    return split, join


def _growth(costs: dict[int, tuple[Cost, Cost]]) -> None:
    (few, before), (many, after) = costs.items()
    split, join = (
        later.peak_bytes / sooner.peak_bytes for sooner, later in zip(before, after, strict=True)
    )
    print(f"growth from {few:,} to {many:,} lines: split x{split:.2f}, join x{join:.2f}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
