"""Shows how far long work is: bars on a terminal, a line from time to time elsewhere."""

import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Protocol, Self, TextIO

SECONDS_BETWEEN_LINES = 10.0
SECONDS_BEFORE_A_BAR = 0.5
BYTES = "bytes"
BYTES_PER_MB = 1_000_000


class ByteProgress(Protocol):
    """Is told of bytes as they arrive."""

    def advance(self, name: str, num_bytes: int, total: int | None) -> None:
        """Count `num_bytes` more of what has that name; `total` is `None` where unknown."""


class Progress:
    """One piece of work, counted in a unit: `with Progress("training", unit="pairs") as progress`.

    Shows nothing of work that is done before the first line is due.
    """

    def __init__(
        self,
        name: str,
        *,
        unit: str,
        total: int | None = None,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._unit = unit
        self._total = total
        self._count = 0
        self._stream = stream or sys.stderr
        self._clock = clock
        self._due = clock() + SECONDS_BETWEEN_LINES
        self._has_lines = False
        self._bar = self._new_bar() if self._stream.isatty() else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def is_complete(self) -> bool:
        return self._count == self._total

    def advance(self, count: int, total: int | None = None) -> None:
        """Count so many units more; `total` makes a total known that was not."""
        self._count += count
        self._total = self._total if total is None else total
        if self._bar is not None:
            self._bar.total = self._total
            self._bar.update(count)
        elif self._clock() >= self._due:
            self._print_line()

    def close(self) -> None:
        """Remove the bar, or print where the work ended if lines were printed before."""
        if self._bar is not None:
            self._bar.close()
        elif self._has_lines:
            self._print_line()
        self._has_lines = False

    def _print_line(self) -> None:
        self._has_lines = True
        self._due = self._clock() + SECONDS_BETWEEN_LINES
        self._stream.write(f"{self._name}: {_amount(self._count, self._total, self._unit)}\n")
        self._stream.flush()

    def _new_bar(self) -> Any:
        # Most runs are not on a terminal and can do without.
        from tqdm import tqdm  # noqa: PLC0415

        return tqdm(
            desc=self._name,
            total=self._total,
            unit="B" if self._unit == BYTES else f" {self._unit}",
            unit_scale=True,
            file=self._stream,
            leave=False,
            delay=SECONDS_BEFORE_A_BAR,
            dynamic_ncols=True,
        )


class DownloadProgress:
    """Shows a `Progress` for each file that is downloaded; threads may share it."""

    def __init__(
        self, *, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._stream = stream
        self._clock = clock
        self._lock = threading.Lock()
        self._files: dict[str, Progress] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._lock:
            for file in self._files.values():
                file.close()
            self._files.clear()

    def advance(self, name: str, num_bytes: int, total: int | None) -> None:
        """As `ByteProgress`; the name is shown without its folders."""
        with self._lock:
            if name not in self._files:
                label = name.rpartition("/")[2]
                self._files[name] = Progress(
                    label, unit=BYTES, stream=self._stream, clock=self._clock
                )
            self._files[name].advance(num_bytes, total)
            if self._files[name].is_complete:
                self._files.pop(name).close()


def _amount(count: int, total: int | None, unit: str) -> str:
    if unit != BYTES:
        return f"{count:,} {unit}" if total is None else f"{count:,} of {total:,} {unit}"
    if total is None:
        return f"{_megabytes(count)} MB"
    return f"{_megabytes(count)} of {_megabytes(total)} MB"


def _megabytes(num_bytes: int) -> str:
    megabytes = num_bytes / BYTES_PER_MB
    return f"{megabytes:,.0f}" if megabytes >= 10 else f"{megabytes:.1f}"
