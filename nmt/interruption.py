"""How long work is cut short when a stop is asked for."""

from collections.abc import Callable

Interrupted = Callable[[], bool]
"""Long work asks it now and then, and ends when it is true."""


class WorkInterruptedError(Exception):
    """Work was asked to end early, so it has no result."""


def never() -> bool:
    """For work that nobody wants to end early."""
    return False


def proceed_unless(interrupted: Interrupted) -> None:
    """Ask once.

    Raises:
        WorkInterruptedError: the work is to end.
    """
    if interrupted():
        raise WorkInterruptedError
