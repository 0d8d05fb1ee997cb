"""The threads that translate, and how many requests may wait for one."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from protocol.translation import ErrorCode, RequestError

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


class TranslationSlots:
    """Runs blocking work off the event loop; refuses at once what would wait too long."""

    def __init__(self, *, num_threads: int, max_waiting: int) -> None:
        self._executor = ThreadPoolExecutor(num_threads, thread_name_prefix="translation")
        self._free = threading.Semaphore(num_threads + max_waiting)

    async def run(
        self,
        work: Callable[Parameters, Result],
        *args: Parameters.args,
        **kwargs: Parameters.kwargs,
    ) -> Result:
        """Run the work in a thread.

        Raises:
            RequestError: `overloaded`, as every place is taken.
        """
        if not self._free.acquire(blocking=False):
            raise RequestError(
                "more requests are waiting than this endpoint takes; try again in a second",
                ErrorCode.OVERLOADED,
            )
        try:
            future = self._executor.submit(work, *args, **kwargs)
        except BaseException:
            self._free.release()
            raise
        # The place stays taken until the thread is done, even when nobody waits any more.
        future.add_done_callback(self._release)
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """Let the running work end and start nothing more."""
        self._executor.shutdown(wait=True, cancel_futures=True)

    def _release(self, _future: "Future[Result]") -> None:
        self._free.release()
