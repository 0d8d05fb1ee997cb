"""Many callers in one process: signed requests at a fixed rate, whatever comes back.

`python -m benchmarks.load.clients SENTENCES RATE THREADS RESULTS` sends until its standard input
ends. The time of an answer counts from when its request was due, so that a service that falls
behind cannot hide it. No request is sent twice.
"""

import json
import os
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from benchmarks.load.caller import Caller


class Schedule:
    """Gives each request its number and the time at which it is due."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._began = time.monotonic()
        self._next = 0
        self._lock = threading.Lock()
        self._ended = threading.Event()

    def end(self) -> None:
        self._ended.set()

    def wait(self) -> tuple[int, float] | None:
        """The next request's number and its time, once that has come; nothing after the end."""
        with self._lock:
            number, self._next = self._next, self._next + 1
        due = self._began + number / self._rate
        if self._ended.wait(max(0.0, due - time.monotonic())):
            return None
        return number, due


def main(arguments: Sequence[str]) -> None:
    """Send until the standard input ends."""
    path, rate, num_threads, results = arguments
    sentences = Path(path).read_text(encoding="utf-8").splitlines()
    caller = Caller.from_environment(os.environ, int(num_threads))
    schedule = Schedule(float(rate))
    with Path(results).open("w", encoding="utf-8") as output:
        lock = threading.Lock()
        threads = [
            threading.Thread(target=_call, args=(caller, schedule, sentences, output, lock))
            for _ in range(int(num_threads))
        ]
        for thread in threads:
            thread.start()
        sys.stdin.read()
        schedule.end()
        for thread in threads:
            thread.join()


def _call(
    caller: Caller,
    schedule: Schedule,
    sentences: Sequence[str],
    output: IO[str],
    lock: threading.Lock,
) -> None:
    while turn := schedule.wait():
        number, due = turn
        index = number % len(sentences)
        status, targets, words = caller.translate([sentences[index]])
        seconds = time.monotonic() - due
        line = json.dumps([due, seconds, index, status, targets, words])
        with lock:
            output.write(f"{line}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
