"""The life of a job: download, run, upload, one end. What differs is in training and processing."""

import abc
import logging
import shutil
import signal
import threading
import time
from pathlib import Path
from typing import Any, ClassVar

from local.sagemaker.container import Container, last_line
from local.sagemaker.errors import JobFailureError, SageMakerError, ValidationError
from local.sagemaker.host import Host

logger = logging.getLogger(__name__)
MAX_REASON_LENGTH = 1024
_POLL_SECONDS = 0.2


class Job(abc.ABC):
    """One job from its creation on; its thread ends with it."""

    kind: ClassVar[str]
    """As in the ARN: `training-job`."""
    prefix: ClassVar[str]
    """As in the API's names: `TrainingJob`."""

    def __init__(self, host: Host, request: dict[str, Any]) -> None:
        self.host = host
        self.request = request
        self.name: str = request[f"{self.prefix}Name"]
        self.arn = host.arn(self.kind, self.name)
        self.log = host.log_file(f"{self.kind}s", self.name)
        self.status = "InProgress"
        self.failure_reason = ""
        self.created_at = self.modified_at = time.time()
        self.started_at: float | None = None
        self.ended_at: float | None = None
        self.transitions: list[dict[str, Any]] = []
        self._container: Container | None = None
        self._stop = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._live, name=self.name, daemon=True)
        self._enter("InProgress", "Starting", "Launching the container")

    @abc.abstractmethod
    def describe(self) -> dict[str, Any]:
        """The answer of the Describe operation."""

    @abc.abstractmethod
    def _download(self, s3: Any, root: Path) -> None: ...

    @abc.abstractmethod
    def _command(self) -> list[str]: ...

    @abc.abstractmethod
    def _environment(self) -> dict[str, str]: ...

    @abc.abstractmethod
    def _upload(self, s3: Any, root: Path, exit_code: int) -> None: ...

    @abc.abstractmethod
    def _own_reason(self, root: Path) -> str:
        """What the process itself says about its failure, or nothing."""

    @property
    def max_runtime_seconds(self) -> int:
        """After this the job is stopped."""
        condition = self.request.get("StoppingCondition") or {}
        return int(condition.get("MaxRuntimeInSeconds", 86400))

    @property
    def over(self) -> bool:
        """Whether the job has reached its final status."""
        return self._ended.is_set()

    def start(self) -> None:
        """Begin in the background."""
        self._thread.start()

    def stop(self) -> None:
        """Ask for the end; the process has two minutes to save what it has.

        Raises:
            ValidationError: the job has ended.
        """
        if self.over:
            raise ValidationError(
                f"The request was rejected because the job {self.name} is in status {self.status}"
            )
        self._enter("Stopping", "Stopping")
        self._stop.set()

    def kill(self) -> None:
        """End the process at once, when all of AWS ends here."""
        self._stop.set()
        if self._container is not None:
            self._container.kill()

    def wait(self, timeout_seconds: float | None = None) -> bool:
        """Whether the job has ended by now or within the time."""
        return self._ended.wait(timeout_seconds)

    def _enter(self, status: str, secondary: str, message: str = "") -> None:
        """Take on a status; a job that is stopping shows nothing else before its end."""
        if not (self.status == "Stopping" and status == "InProgress"):
            self.status = status
            if self.transitions:
                self.transitions[-1]["EndTime"] = time.time()
            step = {"Status": secondary, "StartTime": time.time(), "StatusMessage": message}
            self.transitions.append(step)
        self.modified_at = time.time()

    def _live(self) -> None:
        root = self.host.fresh_folder(f"{self.kind}s", self.name)
        try:
            self._end(*self._work(root))
        except (JobFailureError, SageMakerError, OSError) as error:
            self._end("Failed", "Failed", self._with_log(str(error)))
        except Exception as error:
            logger.exception("the job %s broke", self.name)
            self._end("Failed", "Failed", self._with_log(f"InternalServerError: {error}"))
        finally:
            shutil.rmtree(root, ignore_errors=True)
            self._ended.set()

    def _end(self, status: str, secondary: str, reason: str) -> None:
        self.failure_reason = reason if status == "Failed" else ""
        self.ended_at = time.time()
        self._enter(status, secondary, reason)

    def _work(self, root: Path) -> tuple[str, str, str]:
        s3 = self.host.s3(self.request["RoleArn"])
        self._enter("InProgress", "Downloading", "Downloading input data")
        self._download(s3, root)
        self.started_at = time.time()
        if self._stop.is_set():
            return "Stopped", "Stopped", ""
        self._enter("InProgress", "Training", "The container runs")
        exit_code, in_time = self._run(root)
        self._enter("InProgress", "Uploading", "Uploading what the container wrote")
        reason = self._own_reason(root)
        self._upload(s3, root, exit_code)
        if not in_time:
            return "Stopped", "MaxRuntimeExceeded", ""
        if self._stop.is_set():
            return "Stopped", "Stopped", ""
        if exit_code:
            return "Failed", "Failed", self._with_log(self._algorithm_error(reason, exit_code))
        return "Completed", "Completed", ""

    def _run(self, root: Path) -> tuple[int, bool]:
        role = "" if self._is_isolated() else self.request["RoleArn"]
        environment = self.host.environment(root, role=role, own=self._environment())
        container = self._container = Container(
            self._command(), environment=environment, folder=root, log=self.log
        )
        deadline = time.monotonic() + self.max_runtime_seconds
        while (code := container.wait(_POLL_SECONDS)) is None:
            if self._stop.is_set():
                return container.stop(), True
            if time.monotonic() > deadline:
                return container.stop(), False
        return code, True

    def _is_isolated(self) -> bool:
        network = self.request.get("NetworkConfig", self.request)
        return bool(network.get("EnableNetworkIsolation"))

    def _algorithm_error(self, reason: str, exit_code: int) -> str:
        said = reason.strip() or last_line(self.log)
        # 128 + signal is the exit code of a container that was killed; the launcher keeps to it,
        # and is below zero when it was killed itself.
        number = -exit_code if exit_code < 0 else exit_code - 128
        if number in set(signal.Signals):
            said = f"killed by {signal.Signals(number).name}; last line: {last_line(self.log)}"
            exit_code = 128 + number
        return f"AlgorithmError: {said}, exit code: {exit_code}"

    def _with_log(self, reason: str) -> str:
        end = f" (log: {self.log})"
        return reason[: MAX_REASON_LENGTH - len(end)] + end


def read_text(path: Path, limit: int) -> str:
    """The beginning of a file that a container may have written; empty without one."""
    try:
        with path.open(encoding="utf-8", errors="replace") as content:
            return content.read(limit).strip()
    except OSError:
        return ""


def write_text(path: Path, text: str) -> None:
    """Write a file of a container's configuration, with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
