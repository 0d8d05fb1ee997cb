"""The serving process' endpoint with tiny real models, in this process, behind its own HTTP."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

from benchmarks.fuzz.cases import Case, Target
from benchmarks.fuzz.configurations import MAX_BEAM_SIZE
from benchmarks.fuzz.connection import exchange
from benchmarks.fuzz.endpoint_answers import check
from benchmarks.fuzz.json_bodies import NUM_TAKEN
from benchmarks.fuzz.texts import WORDS
from benchmarks.fuzz.verdicts import Answer, expect
from serving.endpoint import Endpoint
from serving.settings import QueueLimits, RequestLimits, ServingSettings
from tests.copying_model import NUM_POSITIONS, build_subword_model, build_word_model

MAX_LENGTH = NUM_POSITIONS - 4
"""Of a source; there are positions for a begin and an end besides."""
LIMITS = RequestLimits(
    max_body_mb=1,
    max_instances=NUM_TAKEN,
    max_source_pieces=MAX_LENGTH,
    max_beam_size=MAX_BEAM_SIZE,
    max_decoding_length=NUM_POSITIONS,
)
ROOM = QueueLimits(max_sentences=100_000, max_pieces=10_000_000)
NO_TIME = replace(LIMITS, seconds=0.001)
NO_ROOM = QueueLimits(max_sentences=4, max_pieces=100)
MAX_LARGE_AT_ONCE = 4
"""An endpoint rightly refuses large bodies when it reads several already."""
LARGE_BYTES = 16 * 1024
START_SECONDS = 60.0
STOP_SECONDS = 5.0
PING = b"GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Endpoints:
    """The endpoint three times over."""

    def __init__(self, folder: Path) -> None:
        words = build_word_model(folder / "words" / "model").parent
        subwords = build_subword_model(folder / "subwords" / "model", [" ".join(WORDS)]).parent
        self._endpoints = {
            Target.WORDS: _endpoint(words, LIMITS, ROOM),
            Target.SUBWORDS: _endpoint(subwords, LIMITS, ROOM),
            Target.STARVED: _endpoint(subwords, NO_TIME, NO_ROOM),
        }
        self._large = asyncio.Semaphore(MAX_LARGE_AT_ONCE)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["Endpoints"]:
        """Load the models, and stop the translators when this ends."""
        for endpoint in self._endpoints.values():
            endpoint.start()
            await _wait_until_ready(endpoint)
        try:
            yield self
        finally:
            for endpoint in self._endpoints.values():
                await endpoint.stop(STOP_SECONDS)

    async def answer(self, case: Case) -> list[Answer]:
        """Send the case's bytes and check the answers, which are none where nobody waits for them.

        Raises:
            ViolationError: an answer is not as it must be.
        """
        is_large = sum(map(len, case.parts)) > LARGE_BYTES
        waits = is_large and case.target is not Target.STARVED
        async with self._large if waits else contextlib.nullcontext():
            answers = await exchange(
                self._endpoints[case.target],
                case.parts,
                stays=case.is_whole,
                closes=case.closes,
                is_head=case.is_head,
            )
        if case.num_requests is not None:
            number = len(answers)
            expect(number == case.num_requests, f"{number} answers to {case.num_requests} requests")
        for answer in answers:
            check(case, answer)
        return answers


def _endpoint(root: Path, limits: RequestLimits, queue: QueueLimits) -> Endpoint:
    return Endpoint(ServingSettings(root=root, num_threads=1, limits=limits, queue=queue))


async def _wait_until_ready(endpoint: Endpoint) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        (answer,) = await exchange(endpoint, [PING])
        if answer.status == 200:
            return
        expect(time.monotonic() < deadline, "the endpoint did not become ready")
        await asyncio.sleep(0.01)
