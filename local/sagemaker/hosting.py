"""One serving process over an unpacked model: started, checked while it runs, restarted."""

import http.client
import logging
import shutil
import socket
import sys
import threading
import time
from typing import Any

from local.sagemaker.container import Container, last_line
from local.sagemaker.errors import JobFailureError
from local.sagemaker.host import Host
from local.sagemaker.storage import download_object, unpack_archive

logger = logging.getLogger(__name__)
SERVE = ("-m", "serving")
HEALTHY_WITHIN_SECONDS = 240.0
KILL_AFTER_SECONDS = 30.0
MAX_RESTARTS = 5
STEADY_AFTER_SECONDS = 600.0
"""A process that has lived this long has used up none of its restarts."""
PING_EVERY_SECONDS = 5.0
MAX_FAILED_PINGS = 6
"""One after another; then the process counts as dead. AWS documents neither of the two."""
_PING_TIMEOUT_SECONDS = 2.0
_POLL_SECONDS = 0.1


def free_port() -> int:
    """A port of this machine that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Fleet:
    """What SageMaker calls a fleet, with one instance: this machine."""

    def __init__(
        self,
        host: Host,
        *,
        endpoint: str,
        config: str,
        variant: str,
        model: dict[str, Any],
        serverless: dict[str, Any] | None = None,
    ) -> None:
        self.host = host
        self.config_name = config
        self.variant = variant
        self.model = model
        self.serverless = serverless
        self.log = host.log_file(f"endpoints/{endpoint}", config)
        self.port = 0
        self.in_flight = 0
        self.healthy = False
        self._root = host.fresh_folder("endpoints", f"{endpoint}-{config}")
        self._container: Container | None = None
        self._retired = threading.Event()

    @property
    def pid(self) -> int | None:
        """The serving process's launcher, for people who look for it."""
        return self._container.pid if self._container else None

    def start(self) -> None:
        """Fetch the model, start to serve it and wait until it answers.

        Raises:
            JobFailureError: it does not come up; the text says why and names the log.
        """
        container = self.model["PrimaryContainer"]
        try:
            if container.get("ModelDataUrl"):
                self._unpack(container["ModelDataUrl"])
            self._launch()
        except JobFailureError:
            self.stop()
            raise
        threading.Thread(target=self._watch, name=f"fleet-{self.config_name}", daemon=True).start()

    def stop(self) -> None:
        """End the process and remove its files."""
        self._retired.set()
        self.healthy = False
        if self._container is not None:
            self._container.stop(KILL_AFTER_SECONDS)
        shutil.rmtree(self._root, ignore_errors=True)

    def kill(self) -> None:
        """End the process at once, when all of AWS ends here."""
        self._retired.set()
        if self._container is not None:
            self._container.kill()

    def _unpack(self, uri: str) -> None:
        archive = self._root / "model.tar.gz"
        s3 = self.host.s3(self.model["ExecutionRoleArn"])
        download_object(s3, uri, archive)
        unpack_archive(archive, self._root / "model")
        archive.unlink()

    def _launch(self) -> None:
        self.port = free_port()
        own = {**self.model["PrimaryContainer"].get("Environment", {})}
        own["SAGEMAKER_BIND_TO_PORT"] = str(self.port)
        # Only SageMaker calls a container; here that is this machine.
        own["SERVING_HOST"] = "127.0.0.1"
        isolated = self.model.get("EnableNetworkIsolation")
        role = "" if isolated else self.model["ExecutionRoleArn"]
        environment = self.host.environment(self._root, role=role, own=own)
        self._container = Container(
            [sys.executable, *SERVE], environment=environment, folder=self._root, log=self.log
        )
        deadline = time.monotonic() + HEALTHY_WITHIN_SECONDS
        while not _answers(self.port):
            if not self._container.running:
                self._raise(f"the serving process ended with exit code {self._container.wait()}")
            if self._retired.is_set():
                self._raise("the serving process was stopped before it answered")
            if time.monotonic() > deadline:
                self._raise("the container did not pass the ping health check in 4 minutes")
            time.sleep(_POLL_SECONDS)
        self.healthy = True

    def _raise(self, reason: str) -> None:
        raise JobFailureError(f"{reason}: {last_line(self.log)} (log: {self.log})")

    def _watch(self) -> None:
        """Restart the process when it has ended, as SageMaker replaces a failed instance."""
        restarts, started = 0, time.monotonic()
        while self._container is not None:
            code = self._ended(self._container)
            self.healthy = False
            if self._retired.is_set():
                return
            if time.monotonic() - started > STEADY_AFTER_SECONDS:
                restarts = 0
            if restarts == MAX_RESTARTS:
                logger.error("%s died %d times and stays down", self.config_name, restarts + 1)
                return
            logger.warning("%s ended with exit code %s; restart", self.config_name, code)
            restarts, started = restarts + 1, time.monotonic()
            self._restart()

    def _ended(self, container: Container) -> int:
        """The exit code of a process that has ended, or was ended as it answered no more pings."""
        failed = 0
        while (code := container.wait(PING_EVERY_SECONDS)) is None:
            failed = 0 if self._retired.is_set() or _answers(self.port) else failed + 1
            if failed == MAX_FAILED_PINGS:
                logger.warning("%s failed %d pings and is ended", self.config_name, failed)
                self.healthy = False
                container.kill()
        return code

    def _restart(self) -> None:
        try:
            self._launch()
        except JobFailureError as error:
            logger.warning("%s does not come up again: %s", self.config_name, error)
            if self._container is not None:
                self._container.kill()


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PING_TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/ping")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
