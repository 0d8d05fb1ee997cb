"""A process of callers that sends at a fixed rate until it is told to stop."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load.answers import Answer, read_answers
from benchmarks.load.service import Service
from local.settings import REPOSITORY

NUM_THREADS = 8
"""So many requests may be under way. Lambda starts a process of the function for each that finds
no idle one, here as on AWS, and a start costs this machine as much as many requests."""
WARM_UP_SECONDS = 15.0
NUM_TRIES = 2
"""Of a rate: what else this machine does may spoil one."""
RAMP_START = 20.0
RAMP_FACTOR = 1.4
RAMP_SECONDS = 8.0
MAX_SECONDS = 1.0
"""A rate is held when no more than one request in a hundred takes longer."""
HEADROOM = 0.5
"""Part of the rate held alone at which the service is loaded: a training takes a core."""


@dataclass(frozen=True, slots=True)
class Load:
    """Sentences that are sent one after the other, again and again."""

    service: Service
    sentences: Path
    results: Path

    @contextlib.contextmanager
    def at(self, rate: float) -> Iterator[None]:
        """Send at the rate, in requests a second, while this lasts."""
        command = [sys.executable, "-m", "benchmarks.load.clients", str(self.sentences)]
        command += [str(rate), str(NUM_THREADS), str(self.results)]
        environ = self.service.addresses()
        process = subprocess.Popen(command, cwd=REPOSITORY, env=environ, stdin=subprocess.PIPE)
        with process:
            yield
            if process.stdin:
                process.stdin.close()
            process.wait()

    def answers(self) -> list[Answer]:
        """Those of the last load."""
        return read_answers(self.results)

    def rate_it_can_hold(self) -> float:
        """Half of the highest rate at which hardly a request takes longer than a second."""
        rate, held = RAMP_START, RAMP_START
        while any(self._holds(rate) for _ in range(NUM_TRIES)):
            rate, held = rate * RAMP_FACTOR, rate
        return held * HEADROOM

    def warm_up(self) -> None:
        """Let the function's processes start, which is not what is measured."""
        with self.at(RAMP_START):
            time.sleep(WARM_UP_SECONDS)

    def _holds(self, rate: float) -> bool:
        with self.at(rate):
            time.sleep(RAMP_SECONDS)
        answers = self.answers()
        late = sum(answer.seconds > MAX_SECONDS for answer in answers)
        holds = all(answer.status == 200 for answer in answers) and late <= 0.01 * len(answers)
        print(f"  {rate:5.0f} a second: {'held' if holds else 'not held'}", flush=True)
        return holds
