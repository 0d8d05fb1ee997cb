"""Gathers sentences of many requests into the batches that translators work on.

A translator that is idle takes at once whatever waits; sentences gather only while all translators
are busy. The event loop hands in and gets back; one thread for each translator takes batches.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Hashable, Sequence
from typing import Any

from protocol.translation import ErrorCode, RequestError
from serving.jobs import Job, Ticket, choose
from serving.settings import QueueLimits

ENOUGH = 16
ENOUGH_ROWS = 60
"""Sentences, and those times the beam size, with which a translator is as quick as with more."""
BATCHES_LEFT = 2
"""So many batches beside those under way are left waiting, to choose like lengths from."""
LOOKAHEAD = 256
"""So many of the oldest sentences are looked through for some of like length."""
SWEEP_SECONDS = 0.1

logger = logging.getLogger(__name__)


Translate = Callable[[Hashable, Sequence[Job], Callable[[], bool]], Sequence[Any]]
"""Of a kind, its jobs and whether nobody waits for them any more: the results in their order."""


class Batcher:
    """All methods but `close` belong to the event loop that `start` was called in."""

    def __init__(self, translate: Translate, *, num_workers: int, limits: QueueLimits) -> None:
        self._translate = translate
        self._limits = limits
        self._workers = [
            threading.Thread(target=self._work, name=f"translation-{number}", daemon=True)
            for number in range(num_workers)
        ]
        self._work_is_there = threading.Condition()
        self._waiting: dict[Hashable, list[Job]] = {}
        self._num_waiting = self._pieces_waiting = self._num_running = self._num_arrived = 0
        self._is_closed = self._has_lost_one = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_waking = False
        self._open: set[Ticket] = set()
        self._sweep: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Start the threads, within the event loop that hands in the work."""
        self._loop = asyncio.get_running_loop()
        for worker in self._workers:
            worker.start()

    @property
    def is_healthy(self) -> bool:
        """Whether every translator's thread lives."""
        return not self._has_lost_one and all(worker.is_alive() for worker in self._workers)

    def submit(
        self,
        jobs: Sequence[Job],
        *,
        deadline: float,
        on_done: Callable[[Ticket], None],
        admitted: bool = False,
    ) -> Ticket:
        """Hand in the jobs of a request, all or none; `on_done` is called once, later on.

        Args:
            jobs: at least one.
            deadline: in the event loop's time; what is not done then ends with `timeout`.
            on_done: its argument's `results()` gives the results or raises the error.
            admitted: the request is under way already, so that the queue's limits do not count.

        Raises:
            RequestError: `overloaded`, as the queue is full.
        """
        assert self._loop is not None  # noqa: S101 - `start` comes first
        ticket = Ticket(jobs, deadline, on_done)
        num_pieces = 0
        for job in jobs:
            job.ticket = ticket
            num_pieces += job.num_pieces
        with self._work_is_there:
            if not admitted:
                self._check_room(len(jobs), num_pieces)
            for order, job in enumerate(jobs, self._num_arrived):
                job.order = order
                self._waiting.setdefault(job.kind, []).append(job)
            self._num_arrived += len(jobs)
            self._num_waiting += len(jobs)
            self._pieces_waiting += num_pieces
        self._open.add(ticket)
        if not self._is_waking:
            # Everything that has arrived by now is read first, so that it can share a batch.
            self._is_waking = True
            self._loop.call_soon(self._wake)
        if self._sweep is None:
            self._sweep = self._loop.call_later(SWEEP_SECONDS, self._end_late_tickets)
        return ticket

    async def run(
        self, jobs: Sequence[Job], *, deadline: float, admitted: bool = False
    ) -> list[Any]:
        """The results of jobs; arguments and errors as with `submit` and `Ticket.results`."""
        assert self._loop is not None  # noqa: S101 - `start` comes first
        done: asyncio.Future[Ticket] = self._loop.create_future()

        def finish(ticket: Ticket) -> None:
            if not done.done():
                done.set_result(ticket)

        self.submit(jobs, deadline=deadline, on_done=finish, admitted=admitted)
        return (await done).results()

    def close(self, timeout: float) -> bool:
        """Start nothing more and wait for what runs; whether all of it ended in time.

        Args:
            timeout: in seconds, for all calls together.
        """
        deadline = time.monotonic() + timeout
        with self._work_is_there:
            self._is_closed = True
            self._work_is_there.notify_all()
        if self._sweep is not None:
            self._sweep.cancel()
        for worker in self._workers:
            if worker.ident is not None:
                worker.join(max(0.0, deadline - time.monotonic()))
        return not any(worker.is_alive() for worker in self._workers)

    def _check_room(self, num_jobs: int, num_pieces: int) -> None:
        if not any(worker.is_alive() for worker in self._workers):
            raise RequestError("no translator of this endpoint works any more", ErrorCode.NO_MODEL)
        if not self._num_waiting:
            return
        if (
            self._num_waiting + num_jobs > self._limits.max_sentences
            or self._pieces_waiting + num_pieces > self._limits.max_pieces
        ):
            raise RequestError(
                "more sentences are waiting than this endpoint takes; try again in a second",
                ErrorCode.OVERLOADED,
            )

    def _wake(self) -> None:
        self._is_waking = False
        with self._work_is_there:
            self._work_is_there.notify(self._num_waiting)

    def _end_late_tickets(self) -> None:
        assert self._loop is not None  # noqa: S101 - `submit` set the timer
        now = self._loop.time()
        late = [ticket for ticket in self._open if ticket.deadline <= now]
        for ticket in late:
            ticket.error = RequestError(
                "the translation took longer than this endpoint allows", ErrorCode.TIMEOUT
            )
            self._end(ticket)
        if late:
            self._forget_jobs_that_are_over()
        self._sweep = None
        if self._open:
            self._sweep = self._loop.call_later(SWEEP_SECONDS, self._end_late_tickets)

    def _end(self, ticket: Ticket) -> None:
        ticket.is_over = True
        self._open.discard(ticket)
        try:
            ticket.on_done(ticket)
        except Exception:
            # The other tickets of the same batch must still get their answers.
            logger.exception("an answer could not be given")

    def _forget_jobs_that_are_over(self) -> None:
        with self._work_is_there:
            for kind, waiting in list(self._waiting.items()):
                self._waiting[kind] = [job for job in waiting if not job.is_over]
                self._count_out([job for job in waiting if job.is_over])
                if not self._waiting[kind]:
                    del self._waiting[kind]

    def _deliver(self, batch: Sequence[Job]) -> None:
        for job in batch:
            ticket = job.ticket
            if ticket is None or ticket.is_over:
                continue
            job.ticket = None  # without the circle both are gone as soon as they are of no use
            ticket.remaining -= 1
            ticket.error = ticket.error or job.error
            if not ticket.remaining:
                self._end(ticket)

    def _work(self) -> None:
        while batch := self._next_batch():
            try:
                self._run(batch)
            except BaseException as error:
                self._has_lost_one = True
                for job in batch:
                    job.error = RuntimeError(f"the thread of a translator ended: {error!r}")
                raise
            finally:
                self._hand_back(batch)

    def _next_batch(self) -> list[Job]:
        """Wait for jobs of one kind and take them; none when there is nothing more to do."""
        with self._work_is_there:
            while not self._is_closed:
                if self._waiting:
                    return self._take()
                self._work_is_there.wait()
        return []

    def _take(self) -> list[Job]:
        """The job that has waited longest, with others of its kind and of like length."""
        kind = min(self._waiting, key=lambda kind: self._waiting[kind][0].order)
        waiting = self._waiting[kind]
        in_system = self._num_waiting + self._num_running
        share = batch_size(in_system, num_workers=len(self._workers), width=waiting[0].width)
        chosen = choose(waiting[:LOOKAHEAD], min(share, self._limits.max_batch_size))
        if len(chosen) == len(waiting):
            del self._waiting[kind]
        else:
            taken = {job.order for job in chosen}
            waiting[:LOOKAHEAD] = [job for job in waiting[:LOOKAHEAD] if job.order not in taken]
        self._count_out(chosen)
        self._num_running += len(chosen)
        return chosen

    def _count_out(self, jobs: Sequence[Job]) -> None:
        self._num_waiting -= len(jobs)
        self._pieces_waiting -= sum(job.num_pieces for job in jobs)

    def _run(self, batch: Sequence[Job]) -> None:
        """Give every job its result; where a batch fails, only the culprit gets the error."""
        jobs = [job for job in batch if not job.is_over]
        if not jobs:
            return
        try:
            self._run_together(jobs)
        except Exception as error:  # noqa: BLE001 - CTranslate2 and the model may raise anything
            if len(jobs) == 1:
                jobs[0].error = error
                return
            logger.warning("a batch of %d failed and is tried one by one: %s", len(jobs), error)
            for job in jobs:
                self._run([job])

    def _run_together(self, jobs: Sequence[Job]) -> None:
        def nobody_waits() -> bool:
            return all(job.is_over for job in jobs)

        results = self._translate(jobs[0].kind, jobs, nobody_waits)
        for job, result in zip(jobs, results, strict=True):
            job.result = result

    def _hand_back(self, batch: Sequence[Job]) -> None:
        with self._work_is_there:
            self._num_running -= len(batch)
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._deliver, batch)


def batch_size(in_system: int, *, num_workers: int, width: int) -> int:
    """How many sentences a translator takes, of those that wait and those under way.

    Few are shared out evenly, until every translator has enough to be worked well. Beyond
    that it pays more to leave some waiting, so that lengths can be chosen.
    """
    even = -(-in_system // num_workers)
    selective = in_system // (num_workers + BATCHES_LEFT)
    enough = max(1, min(ENOUGH, ENOUGH_ROWS // width))
    return max(min(even, enough), selective)
