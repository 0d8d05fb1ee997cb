import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Any

import pytest

from protocol.translation import ErrorCode, RequestError
from serving.batching import Batcher
from serving.jobs import MAX_BATCH_WORK, Job, Ticket, choose
from serving.settings import QueueLimits

FAR = 1e9


class Engine:
    """Records its batches, answers with the sources, and can be made to stand still."""

    def __init__(self) -> None:
        self.batches: list[list[tuple[str, ...]]] = []
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.in_calls = 0
        self.was_stopped = False

    def translate(
        self, kind: Hashable, jobs: Sequence[Job], nobody_waits: Callable[[], bool]
    ) -> list[Any]:
        self.batches.append([tuple(job.source) for job in jobs])
        self.in_calls += 1
        while not self.may_go_on.wait(0.01):
            self.was_stopped = self.was_stopped or nobody_waits()
        if any("poison" in job.source for job in jobs):
            raise ValueError("poisoned")
        return [(kind, tuple(job.source)) for job in jobs]

    async def wait_for_calls(self, number: int) -> None:
        while self.in_calls < number:
            await asyncio.sleep(0.001)


Scenario = Callable[[Batcher, Engine], Awaitable[None]]


def play(scenario: Scenario, *, num_workers: int = 1, **limits: int) -> Engine:
    engine = Engine()

    async def run() -> None:
        batcher = Batcher(engine.translate, num_workers=num_workers, limits=QueueLimits(**limits))
        batcher.start()
        try:
            await asyncio.wait_for(scenario(batcher, engine), timeout=20)
        finally:
            engine.may_go_on.set()
            assert await asyncio.to_thread(batcher.close, 5)

    asyncio.run(run())
    return engine


def jobs(*texts: str, kind: str = "beam 1", width: int = 1) -> list[Job]:
    return [Job(text.split(), kind, width=width) for text in texts]


def test_results_come_in_the_order_of_the_jobs() -> None:
    async def scenario(batcher: Batcher, _engine: Engine) -> None:
        found = await batcher.run(jobs("a b c", "d", "e f"), deadline=FAR)
        assert [source for _, source in found] == [("a", "b", "c"), ("d",), ("e", "f")]

    play(scenario, num_workers=2)


def test_what_arrives_while_all_are_busy_shares_a_batch_of_its_kind() -> None:
    async def scenario(batcher: Batcher, engine: Engine) -> None:
        engine.may_go_on.clear()
        first = asyncio.create_task(batcher.run(jobs("first"), deadline=FAR))
        await engine.wait_for_calls(1)
        others = [
            asyncio.create_task(batcher.run(jobs(text, kind=kind), deadline=FAR))
            for text, kind in (("a", "beam 1"), ("b", "beam 5"), ("c", "beam 1"))
        ]
        await asyncio.sleep(0.01)
        engine.may_go_on.set()
        await asyncio.gather(first, *others)

    engine = play(scenario)
    assert engine.batches == [[("first",)], [("a",), ("c",)], [("b",)]]


def test_two_idle_translators_share_what_arrives_together() -> None:
    async def scenario(batcher: Batcher, engine: Engine) -> None:
        engine.may_go_on.clear()
        task = asyncio.create_task(batcher.run(jobs("a", "b", "c", "d"), deadline=FAR))
        await engine.wait_for_calls(2)
        engine.may_go_on.set()
        await task

    engine = play(scenario, num_workers=2)
    assert [len(batch) for batch in engine.batches] == [2, 2]


def test_a_batch_that_fails_costs_only_the_culprit() -> None:
    async def scenario(batcher: Batcher, engine: Engine) -> None:
        engine.may_go_on.clear()
        first = asyncio.create_task(batcher.run(jobs("first"), deadline=FAR))
        await engine.wait_for_calls(1)
        tasks = [
            asyncio.create_task(batcher.run(jobs(text), deadline=FAR))
            for text in ("a", "poison", "b")
        ]
        await asyncio.sleep(0.01)
        engine.may_go_on.set()
        found = await asyncio.gather(first, *tasks, return_exceptions=True)
        assert [isinstance(result, ValueError) for result in found] == [False, False, True, False]
        assert batcher.is_healthy

    play(scenario)


@pytest.mark.parametrize("limits", [{"max_sentences": 2}, {"max_pieces": 4}])
def test_a_full_queue_refuses_all_of_a_request(limits: dict[str, int]) -> None:
    async def scenario(batcher: Batcher, engine: Engine) -> None:
        engine.may_go_on.clear()
        tasks = [asyncio.create_task(batcher.run(jobs("first"), deadline=FAR))]
        await engine.wait_for_calls(1)
        tasks.append(asyncio.create_task(batcher.run(jobs("a b"), deadline=FAR)))
        await asyncio.sleep(0)
        with pytest.raises(RequestError) as caught:
            await batcher.run(jobs("c c", "d"), deadline=FAR)
        assert caught.value.code is ErrorCode.OVERLOADED
        tasks.append(asyncio.create_task(batcher.run(jobs("e e"), deadline=FAR)))
        engine.may_go_on.set()
        assert [len(found) for found in await asyncio.gather(*tasks)] == [1, 1, 1]
        assert len(await batcher.run(jobs(*"x" * 9), deadline=FAR)) == 9

    play(scenario, **limits)


def test_what_is_past_its_time_is_answered_and_forgotten() -> None:
    async def scenario(batcher: Batcher, engine: Engine) -> None:
        now = asyncio.get_running_loop().time()
        engine.may_go_on.clear()
        started = time.monotonic()
        late = [
            asyncio.create_task(batcher.run(jobs(text), deadline=now + 0.05))
            for text in ("running", "waiting")
        ]
        for found in await asyncio.gather(*late, return_exceptions=True):
            assert isinstance(found, RequestError)
            assert found.code is ErrorCode.TIMEOUT
        assert time.monotonic() - started < 5
        await asyncio.sleep(0.05)
        engine.may_go_on.set()
        assert await batcher.run(jobs("next"), deadline=FAR) == [("beam 1", ("next",))]

    engine = play(scenario)
    assert engine.was_stopped
    assert [("waiting",)] not in engine.batches


def test_closing_takes_no_longer_for_many_calls_than_for_one() -> None:
    async def scenario(batcher: Batcher, engine: Engine) -> None:
        engine.may_go_on.clear()
        task = asyncio.create_task(batcher.run(jobs(*"abcdefgh"), deadline=FAR))
        await engine.wait_for_calls(8)
        started = time.monotonic()
        assert not await asyncio.to_thread(batcher.close, 0.5)
        assert time.monotonic() - started < 3
        engine.may_go_on.set()
        assert len(await task) == 8

    play(scenario, num_workers=8)


def test_an_answer_that_cannot_be_given_leaves_the_others_alone() -> None:
    async def scenario(batcher: Batcher, _engine: Engine) -> None:
        def fail(_ticket: Ticket) -> None:
            raise OSError("the caller is gone")

        batcher.submit(jobs("a"), deadline=FAR, on_done=fail)
        assert await batcher.run(jobs("b"), deadline=FAR) == [("beam 1", ("b",))]

    play(scenario)


def test_of_too_many_those_as_long_as_the_oldest_are_taken() -> None:
    waiting = jobs("a a a", "b", "c c c c c c", "d d d", "e e e e", "f", "g g g")
    chosen = choose(waiting, 3)
    assert waiting[0] in chosen
    assert {len(job.source) for job in chosen} <= {3, 4}


def test_the_work_of_a_batch_is_bounded() -> None:
    long = jobs(*["x " * 1000] * 40, width=5)
    assert len(choose(long, 32)) == 1
    assert len(choose(jobs(*["x " * 100] * 40, width=5), 32)) * 100 * 5 <= MAX_BATCH_WORK
    assert len(choose(jobs(*["x " * 20] * 40), 32)) == 32
