"""Where the processes of a job find each other, and where the first that fails leaves the reason.

It lives in the first host's launcher, which outlasts the processes, so a reason can still be read
when the process that had it is gone.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from torch.distributed import (  # type: ignore[attr-defined]
    DistError,
    PrefixStore,
    Store,
    TCPStore,
)

_FAILURE, _GONE = "failure", "gone"
_CONNECT = timedelta(minutes=10)
"""Hosts of a job start minutes apart."""


class MeetingPointError(ValueError):
    """The first host cannot be reached, or no longer."""


class MeetingPoint:
    """Shared by all processes of a job and by the launchers that started them."""

    def __init__(
        self, address: str, port: int, *, is_host: bool, timeout: timedelta = _CONNECT
    ) -> None:
        """Open the place, or find it within the timeout; port 0 opens a free one.

        Raises:
            MeetingPointError: nobody answers there, or the port is taken.
        """
        self._address = address
        self._port = port
        with self._reaching():
            self._store = TCPStore(
                address, port, is_master=is_host, wait_for_workers=False, timeout=timeout
            )

    @property
    def port(self) -> int:
        """Where the place is open."""
        return int(self._store.port)

    def group_store(self) -> Store:
        """For a process group alone."""
        return PrefixStore("group", self._store)

    def report_failure(self, reason: str) -> None:
        """Leave a reason, unless one was left before: what fails later fails because of it."""
        with self._reaching():
            self._store.compare_set(_FAILURE, "", reason)

    def failure(self) -> str | None:
        """The reason that was left, if one was."""
        with self._reaching():
            if not self._store.check([_FAILURE]):
                return None
            return str(self._store.get(_FAILURE).decode("utf-8"))

    def leave(self) -> None:
        """Say that this host needs the place no longer."""
        with self._reaching():
            self._store.add(_GONE, 1)

    def wait_until_left(self, num_hosts: int, timeout_seconds: float) -> None:
        """Keep the place open until that many hosts have left, or the time is over."""
        give_up = time.monotonic() + timeout_seconds
        while self._store.add(_GONE, 0) < num_hosts and time.monotonic() < give_up:
            time.sleep(0.05)

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        try:
            yield
        except (DistError, RuntimeError) as error:
            reason = str(error).partition("\n")[0]
            raise MeetingPointError(
                f"the job's first host, {self._address}, cannot be reached on port {self._port}: "
                f"{reason}"
            ) from error
