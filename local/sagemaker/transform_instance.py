"""One instance of a transform job: a serving process that only this job calls."""

import http.client
import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from local.sagemaker.container import Container, last_line
from local.sagemaker.errors import JobFailureError
from local.sagemaker.hosting import HEALTHY_WITHIN_SECONDS, KILL_AFTER_SECONDS, SERVE, free_port

_POLL_SECONDS = 0.1
_PING_SECONDS = 2.0
_RETRY_PAUSE_SECONDS = 1.0
_SHOWN_CHARACTERS = 300


class TransformInstance:
    """Calls its process from several threads at once."""

    def __init__(self, *, environment: Mapping[str, str], folder: Path, log: Path) -> None:
        self._port = free_port()
        self._log = log
        own = {"SAGEMAKER_BIND_TO_PORT": str(self._port), "SERVING_HOST": "127.0.0.1"}
        self._container = Container(
            [sys.executable, *SERVE], environment={**environment, **own}, folder=folder, log=log
        )

    def wait_until_healthy(self, is_stopped: Callable[[], bool]) -> None:
        """Return once the process answers.

        Raises:
            JobFailureError: it ended, it does not answer in time, or the job was stopped.
        """
        deadline = time.monotonic() + HEALTHY_WITHIN_SECONDS
        while self._status("/ping") != 200:
            if not self._container.running:
                code = self._container.wait()
                self._fail(f"the serving process ended with exit code {code}")
            if is_stopped():
                self._fail("the job was stopped before the container answered")
            if time.monotonic() > deadline:
                self._fail("the container did not pass the ping health check in 4 minutes")
            time.sleep(_POLL_SECONDS)

    def execution_parameters(self) -> dict[str, Any]:
        """How the container wants to be called; nothing when it does not say."""
        try:
            status, content = self._request("GET", "/execution-parameters", timeout=_PING_SECONDS)
            found = json.loads(content) if status == 200 else {}
        except (OSError, http.client.HTTPException, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def invoke(
        self, body: bytes, headers: Mapping[str, str], *, timeout: float, retries: int
    ) -> bytes:
        """The answer to one body.

        Raises:
            JobFailureError: the last try failed as well, or the body was refused.
        """
        reason = ""
        for attempt in range(retries + 1):
            if attempt:
                time.sleep(_RETRY_PAUSE_SECONDS)
            try:
                status, content = self._request(
                    "POST", "/invocations", body=body, headers=headers, timeout=timeout
                )
            except (OSError, http.client.HTTPException) as error:
                reason = f"the container gave no answer: {error!r}"
                if not self._container.running:
                    self._fail(f"the serving process ended with exit code {self._container.wait()}")
                continue
            if status == 200:
                return content
            reason = f"{status}: {content[:_SHOWN_CHARACTERS].decode('utf-8', 'replace')}"
            if status < 500:
                break
        raise JobFailureError(reason)

    def stop(self) -> None:
        """End the process."""
        self._container.stop(KILL_AFTER_SECONDS)

    def kill(self) -> None:
        """End the process at once."""
        self._container.kill()

    def _status(self, path: str) -> int:
        try:
            return self._request("GET", path, timeout=_PING_SECONDS)[0]
        except (OSError, http.client.HTTPException):
            return 0

    def _request(
        self,
        method: str,
        path: str,
        *,
        timeout: float,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=timeout)
        try:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def _fail(self, reason: str) -> None:
        raise JobFailureError(f"{reason}: {last_line(self._log)} (log: {self._log})")
