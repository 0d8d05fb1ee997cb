"""The containers of one job, one on each of its hosts: they end together."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from local.sagemaker.container import Container

_PAUSE_SECONDS = 0.05


class Fleet:
    """One container or several, seen as one."""

    def __init__(self, containers: Sequence[Container]) -> None:
        self._containers = tuple(containers)

    def wait(self, timeout_seconds: float) -> int | None:
        """The exit code of all, or None when the time is over first; one failure ends the rest.

        It is below zero when a host itself was lost: that explains why the others failed.
        """
        deadline = time.monotonic() + timeout_seconds
        while True:
            codes = [container.wait(0) for container in self._containers]
            if failed := [code for code in codes if code]:
                self.kill()
                return min(failed)
            if None not in codes:
                return 0
            if time.monotonic() > deadline:
                return None
            time.sleep(_PAUSE_SECONDS)

    def stop(self) -> int:
        """SIGTERM to all, then SIGKILL to those that do not end in time."""
        with ThreadPoolExecutor(len(self._containers)) as pool:
            codes = list(pool.map(Container.stop, self._containers))
        return next((code for code in codes if code), 0)

    def kill(self) -> None:
        """End all at once."""
        for container in self._containers:
            container.kill()
