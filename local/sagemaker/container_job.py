"""A job of one container: download, run, upload. What differs is in training and processing."""

import abc
import signal
import time
from pathlib import Path
from typing import Any

from local.sagemaker.container import Container, last_line
from local.sagemaker.fleet import Fleet
from local.sagemaker.host import Host
from local.sagemaker.job import Job

_POLL_SECONDS = 0.2


class ContainerJob(Job):
    """A job whose work is a command over a folder."""

    def __init__(self, host: Host, request: dict[str, Any]) -> None:
        super().__init__(host, request)
        self._fleet: Fleet | None = None

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

    def kill(self) -> None:
        """End the process at once, when all of AWS ends here."""
        self._stop.set()
        if self._fleet is not None:
            self._fleet.kill()

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
        """The exit code, and whether the command ended within its time."""
        return self._follow(self._launch(root), time.monotonic() + self.max_runtime_seconds)

    def _launch(self, root: Path) -> Fleet:
        return Fleet([self._container(root)])

    def _container(self, folder: Path) -> Container:
        role = "" if self._is_isolated() else self.request["RoleArn"]
        environment = self.host.environment(folder, role=role, own=self._environment())
        return Container(self._command(), environment=environment, folder=folder, log=self.log)

    def _follow(self, fleet: Fleet, deadline: float) -> tuple[int, bool]:
        self._fleet = fleet
        while (code := fleet.wait(_POLL_SECONDS)) is None:
            if self._stop.is_set():
                return fleet.stop(), True
            if time.monotonic() > deadline:
                return fleet.stop(), False
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
