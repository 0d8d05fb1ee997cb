"""An endpoint: which fleet answers, and how one takes over from another without a failed call."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from local.sagemaker.errors import JobFailureError, ServiceUnavailableError, ValidationError
from local.sagemaker.host import Host
from local.sagemaker.hosting import Fleet
from local.sagemaker.serverless import described_size

DRAIN_SECONDS = 65.0
"""A little more than an invocation may take."""


class Endpoint:
    """One endpoint from its creation to its deletion."""

    def __init__(self, host: Host, name: str) -> None:
        self.name = name
        self.arn = host.arn("endpoint", name)
        self.status = "Creating"
        self.failure_reason = ""
        self.config_name = ""
        self.created_at = self.modified_at = time.time()
        self.fleet: Fleet | None = None
        self._pending: Fleet | None = None
        self._lock = threading.Lock()
        self._settled = threading.Event()
        self._settled.set()

    def deploy(self, fleet: Fleet) -> None:
        """Start a fleet in the background and let it take over; the old one stays if it fails.

        Raises:
            ValidationError: another deployment is under way.
        """
        with self._lock:
            if not self._settled.is_set():
                raise ValidationError(f'Cannot update in-progress endpoint "{self.arn}".')
            self._settled.clear()
            self._pending = fleet
            self.status = "Updating" if self.fleet else "Creating"
            self.modified_at = time.time()
        threading.Thread(target=self._deploy, args=(fleet,), name=self.name, daemon=True).start()

    def wait(self, timeout_seconds: float | None = None) -> bool:
        """Whether no deployment is under way, by now or within the time."""
        return self._settled.wait(timeout_seconds)

    @contextlib.contextmanager
    def serving(self) -> Iterator[Fleet]:
        """The fleet that answers now; it stays up until the call is over.

        Raises:
            ServiceUnavailableError: there is none.
        """
        with self._lock:
            fleet = self.fleet
            if fleet is None or not fleet.healthy:
                raise ServiceUnavailableError(
                    f"No healthy instance serves the endpoint {self.name} at this moment"
                )
            fleet.in_flight += 1
        try:
            yield fleet
        finally:
            with self._lock:
                fleet.in_flight -= 1

    def delete(self, deleted: Callable[[], None]) -> None:
        """Stop serving in the background; calls in flight get their answers.

        Raises:
            ValidationError: a deployment or the deletion is under way.
        """
        with self._lock:
            if not self._settled.is_set():
                raise ValidationError(f'Cannot delete in-progress endpoint "{self.arn}".')
            self._settled.clear()
            self.status = "Deleting"
            old, self.fleet = self.fleet, None

        def retire() -> None:
            self._retire(old)
            deleted()
            self._settled.set()

        threading.Thread(target=retire, name=self.name, daemon=True).start()

    def kill(self) -> None:
        """End every process at once."""
        for fleet in (self.fleet, self._pending):
            if fleet is not None:
                fleet.kill()

    def describe(self) -> dict[str, Any]:
        """The answer of DescribeEndpoint."""
        answer: dict[str, Any] = {
            "EndpointName": self.name,
            "EndpointArn": self.arn,
            "EndpointConfigName": self.config_name,
            "EndpointStatus": self.status,
            "CreationTime": self.created_at,
            "LastModifiedTime": self.modified_at,
        }
        if self.failure_reason:
            answer["FailureReason"] = self.failure_reason
        fleet = self.fleet
        if fleet is not None:
            answer["ProductionVariants"] = [
                {
                    "VariantName": fleet.variant,
                    "CurrentWeight": 1.0,
                    "DesiredWeight": 1.0,
                    **described_size(fleet.serverless),
                }
            ]
        return answer

    def _deploy(self, fleet: Fleet) -> None:
        try:
            fleet.start()
        except JobFailureError as error:
            self._keep(str(error))
        except Exception as error:
            fleet.stop()
            self._keep(f"InternalServerError: {error}")
            raise
        else:
            self._switch(fleet)

    def _keep(self, reason: str) -> None:
        """The new fleet failed: the old one, if there is one, goes on alone."""
        with self._lock:
            self.failure_reason = reason
            self.status = "InService" if self.fleet else "Failed"
            self._finish()

    def _switch(self, fleet: Fleet) -> None:
        with self._lock:
            old, self.fleet = self.fleet, fleet
            self.config_name = fleet.config_name
            self.failure_reason = ""
        self._retire(old)
        with self._lock:
            self.status = "InService"
            self._finish()

    def _finish(self) -> None:
        self._pending = None
        self.modified_at = time.time()
        self._settled.set()

    def _retire(self, fleet: Fleet | None) -> None:
        if fleet is None:
            return
        deadline = time.monotonic() + DRAIN_SECONDS
        while fleet.in_flight and time.monotonic() < deadline:
            time.sleep(0.05)
        fleet.stop()
