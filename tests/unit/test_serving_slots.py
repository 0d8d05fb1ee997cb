import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest

from protocol.translation import ErrorCode, RequestError
from serving.translation_slots import TranslationSlots


def with_slots(
    scenario: Callable[[TranslationSlots], Awaitable[None]], *, num_threads: int, max_waiting: int
) -> None:
    slots = TranslationSlots(num_threads=num_threads, max_waiting=max_waiting)
    try:
        asyncio.run(asyncio.wait_for(_awaited(scenario, slots), timeout=20))
    finally:
        slots.close()


async def _awaited(
    scenario: Callable[[TranslationSlots], Awaitable[None]], slots: TranslationSlots
) -> None:
    await scenario(slots)


def test_work_runs_in_another_thread() -> None:
    async def scenario(slots: TranslationSlots) -> None:
        assert await slots.run(threading.get_ident) != threading.get_ident()

    with_slots(scenario, num_threads=1, max_waiting=1)


def test_a_failure_comes_back_and_frees_its_place() -> None:
    async def scenario(slots: TranslationSlots) -> None:
        for _ in range(10):
            with pytest.raises(ValueError, match="invalid literal"):
                await slots.run(int, "x")

    with_slots(scenario, num_threads=1, max_waiting=1)


def test_one_more_than_the_places_is_refused() -> None:
    async def scenario(slots: TranslationSlots) -> None:
        may_end = threading.Event()
        running = [asyncio.create_task(slots.run(may_end.wait, 20)) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(RequestError) as caught:
            await slots.run(int)
        assert caught.value.code is ErrorCode.OVERLOADED
        may_end.set()
        assert await asyncio.gather(*running) == [True] * 3
        assert await slots.run(int) == 0

    with_slots(scenario, num_threads=2, max_waiting=1)


def test_a_place_stays_taken_when_its_caller_gives_up() -> None:
    async def scenario(slots: TranslationSlots) -> None:
        started, may_end = threading.Event(), threading.Event()

        def work() -> None:
            started.set()
            may_end.wait(20)

        abandoned = asyncio.create_task(slots.run(work))
        while not started.is_set():
            await asyncio.sleep(0.001)
        abandoned.cancel()
        with pytest.raises(asyncio.CancelledError):
            await abandoned
        waiting = asyncio.create_task(slots.run(int))
        await asyncio.sleep(0)
        with pytest.raises(RequestError):
            await slots.run(int)
        may_end.set()
        assert await waiting == 0

    with_slots(scenario, num_threads=1, max_waiting=1)
