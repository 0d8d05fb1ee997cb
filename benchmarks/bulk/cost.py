"""Runs a module in a process and prints what it cost as JSON: MODULE ARGUMENTS...

This process is small: the kernel counts what a process holds before it becomes another one, so
a large one would hide the peaks that lie below its own.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.processes import BenchmarkError, measure


def main(arguments: Sequence[str]) -> int:
    try:
        cost = measure([sys.executable, "-m", *arguments], folder=Path.cwd())
    except BenchmarkError as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps({"seconds": cost.seconds, "peak_bytes": cost.peak_bytes, "output": ""}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
