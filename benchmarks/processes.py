"""Runs a command as a process of its own and says what it cost."""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


class BenchmarkError(RuntimeError):
    """A measured command failed, or its result is not what it must be."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """Of one whole process, its start included."""

    seconds: float
    peak_bytes: int
    """The largest resident set, as the kernel counted it; at least what this process holds."""
    output: str


def measure(
    command: Sequence[str], *, folder: Path, environ: Mapping[str, str] | None = None
) -> Cost:
    """Run the command in the folder.

    Raises:
        BenchmarkError: it did not end with 0; the message holds what it said.
    """
    started = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with process:
        output, errors = (stream.read() for stream in (process.stdout, process.stderr) if stream)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise BenchmarkError(f"{' '.join(command)} ended with {process.returncode}: {errors}")
    return Cost(seconds=seconds, peak_bytes=usage.ru_maxrss * 1024, output=output)
