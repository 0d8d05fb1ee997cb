"""Which tasks an execution waits for, so that its end can end them."""

import contextlib
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, eq=False)
class RunningTask:
    """A task of one execution; whoever waits in it looks at `cancelled`."""

    execution_arn: str
    role_arn: str
    cancelled: threading.Event = field(default_factory=threading.Event)


class ExecutionEndedError(Exception):
    """The execution was stopped or timed out while the task ran; nothing is retried."""


_running: defaultdict[str, set[RunningTask]] = defaultdict(set)
_lock = threading.Lock()
CURRENT: ContextVar[RunningTask | None] = ContextVar("running_task", default=None)


@contextlib.contextmanager
def running(task: RunningTask) -> Iterator[RunningTask]:
    """Make a task known while it runs, and the current one of this thread."""
    with _lock:
        _running[task.execution_arn].add(task)
    token = CURRENT.set(task)
    try:
        yield task
    finally:
        CURRENT.reset(token)
        with _lock:
            _running[task.execution_arn].discard(task)


def cancel_tasks(execution_arn: str) -> None:
    """Tell every task of an execution to end."""
    with _lock:
        tasks = _running.pop(execution_arn, set())
    for task in tasks:
        task.cancelled.set()
