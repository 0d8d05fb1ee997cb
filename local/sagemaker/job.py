"""The life of a job, whatever it does: statuses, a stop, one end."""

import abc
import logging
import shutil
import threading
import time
from pathlib import Path
from typing import Any, ClassVar

from local.sagemaker.errors import JobFailureError, SageMakerError, ValidationError
from local.sagemaker.host import Host

logger = logging.getLogger(__name__)
MAX_REASON_LENGTH = 1024


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
        self._stop = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._live, name=self.name, daemon=True)
        self._enter("InProgress", "Starting", "Launching the container")

    @abc.abstractmethod
    def describe(self) -> dict[str, Any]:
        """The answer of the Describe operation."""

    @abc.abstractmethod
    def kill(self) -> None:
        """End every process at once, when all of AWS ends here."""

    @abc.abstractmethod
    def _work(self, root: Path) -> tuple[str, str, str]:
        """Do the work in a folder; the final status, the secondary one and the reason.

        Raises:
            JobFailureError: it cannot go on.
        """

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
