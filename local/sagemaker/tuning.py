"""Tuning jobs: training jobs with values drawn from ranges, and which of them ended best.

Whatever strategy is asked for, values are drawn at random, from a seed: the same request trains
with the same values.
"""

import hashlib
import math
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local.sagemaker.errors import ValidationError
from local.sagemaker.host import Host
from local.sagemaker.job import Job
from local.sagemaker.training import TrainingJob
from local.sagemaker.tuning_request import check_tuning_request, ranges_of

_POLL_SECONDS = 0.1
_MOST, _AT_ONCE = "MaxNumberOfTrainingJobs", "MaxParallelTrainingJobs"
_LOGARITHMIC_FROM = 100
"""Auto scales a range whose bounds lie so many times apart by its logarithm."""
_DEFINED = (
    "AlgorithmSpecification",
    "RoleArn",
    "InputDataConfig",
    "OutputDataConfig",
    "ResourceConfig",
    "StoppingCondition",
    "EnableNetworkIsolation",
    "EnableInterContainerTrafficEncryption",
    "EnableManagedSpotTraining",
    "Environment",
    "RetryStrategy",
    "VpcConfig",
)


class TuningJob(Job):
    """One tuning job."""

    kind = "hyper-parameter-tuning-job"
    prefix = "HyperParameterTuningJob"

    def __init__(
        self,
        host: Host,
        request: dict[str, Any],
        start: Callable[[dict[str, Any]], TrainingJob],
    ) -> None:
        check_tuning_request(request)
        super().__init__(host, request)
        config = request["HyperParameterTuningJobConfig"]
        self._config = config
        self._definition = request["TrainingJobDefinition"]
        self._objective = config["HyperParameterTuningJobObjective"]
        self._start_training = start
        self._random = random.Random(str(config.get("RandomSeed", self.name)))  # noqa: S311
        self._drawn: dict[str, dict[str, str]] = {}
        self.training_jobs: list[TrainingJob] = []

    def describe(self) -> dict[str, Any]:
        """The answer of DescribeHyperParameterTuningJob."""
        answer = {
            "HyperParameterTuningJobName": self.name,
            "HyperParameterTuningJobArn": self.arn,
            "HyperParameterTuningJobStatus": self.status,
            "HyperParameterTuningJobConfig": self._config,
            "TrainingJobDefinition": self._definition,
            "CreationTime": self.created_at,
            "LastModifiedTime": self.modified_at,
            "TrainingJobStatusCounters": self._status_counters(),
            "ObjectiveStatusCounters": self._objective_counters(),
        }
        if self.ended_at is not None:
            answer["HyperParameterTuningEndTime"] = self.ended_at
        if self.failure_reason:
            answer["FailureReason"] = self.failure_reason
        if (best := self._best()) is not None:
            answer["BestTrainingJob"] = self.summary(best)
        return answer

    def summary(self, job: TrainingJob) -> dict[str, Any]:
        """What a tuning job says of one of its training jobs."""
        value = self._value(job)
        summary = {
            "TrainingJobName": job.name,
            "TrainingJobArn": job.arn,
            "TrainingJobStatus": job.status,
            "CreationTime": job.created_at,
            "TunedHyperParameters": self._drawn[job.name],
            "ObjectiveStatus": self._objective_status(job),
        }
        if job.ended_at is not None:
            summary["TrainingEndTime"] = job.ended_at
        if job.failure_reason:
            summary["FailureReason"] = job.failure_reason
        if value is not None:
            final = {**self._objective, "Value": value}
            summary["FinalHyperParameterTuningJobObjectiveMetric"] = final
        return summary

    def kill(self) -> None:
        """Start no more; the training jobs end like any other."""
        self._stop.set()

    def _work(self, root: Path) -> tuple[str, str, str]:
        del root
        self._enter("InProgress", "Training", "The training jobs run")
        try:
            in_time = self._run_training_jobs()
        finally:
            self._end_training_jobs()
        if not in_time:
            return "Stopped", "Stopped", ""
        if self._best() is None:
            return "Failed", "Failed", self._with_log(self._no_best())
        return "Completed", "Completed", ""

    def _run_training_jobs(self) -> bool:
        """Run them all; false when the time was over first or somebody stopped this job."""
        limits = self._config["ResourceLimits"]
        deadline = time.monotonic() + limits.get("MaxRuntimeInSeconds", math.inf)
        while (running := self._running()) or len(self.training_jobs) < limits[_MOST]:
            if self._stop.is_set() or time.monotonic() > deadline:
                return False
            if running < limits[_AT_ONCE] and len(self.training_jobs) < limits[_MOST]:
                self._start_next(len(self.training_jobs) + 1)
            else:
                time.sleep(_POLL_SECONDS)
        return True

    def _running(self) -> int:
        return sum(not job.over for job in self.training_jobs)

    def _start_next(self, number: int) -> None:
        drawn = {found["Name"]: self._draw(kind, found) for kind, found in ranges_of(self._config)}
        digest = hashlib.sha256(f"{self.name} {number}".encode()).hexdigest()[:8]
        name = f"{self.name}-{number:03d}-{digest}"
        request = {
            "TrainingJobName": name,
            **{key: self._definition[key] for key in _DEFINED if key in self._definition},
            "HyperParameters": {
                **self._definition.get("StaticHyperParameters", {}),
                **drawn,
                "_tuning_objective_metric": self._objective["MetricName"],
            },
            "Tags": self.request.get("Tags", []),
        }
        self._drawn[name] = drawn
        self.training_jobs.append(self._start_training(request))

    def _draw(self, kind: str, found: dict[str, Any]) -> str:
        if kind == "Categorical":
            return str(self._random.choice(found["Values"]))
        low, high = float(found["MinValue"]), float(found["MaxValue"])
        scaling = found.get("ScalingType", "Auto")
        far = low > 0 and high >= low * _LOGARITHMIC_FROM
        if scaling == "Logarithmic" or (scaling == "Auto" and far):
            value = math.exp(self._random.uniform(math.log(low), math.log(high)))
        else:
            value = self._random.uniform(low, high)
        return str(round(value)) if kind == "Integer" else f"{value:.8g}"

    def _end_training_jobs(self) -> None:
        for job in self.training_jobs:
            try:
                job.stop()
            except ValidationError:
                # It has ended by itself.
                continue
        for job in self.training_jobs:
            job.wait()

    def _value(self, job: TrainingJob) -> float | None:
        wanted = self._objective["MetricName"]
        return next(
            (float(item["Value"]) for item in job.metrics if item["MetricName"] == wanted), None
        )

    def _best(self) -> TrainingJob | None:
        sign = 1 if self._objective["Type"] == "Maximize" else -1
        found = [
            (sign * value, job)
            for job in self.training_jobs
            if job.status == "Completed" and (value := self._value(job)) is not None
        ]
        return max(found, key=lambda pair: pair[0])[1] if found else None

    def _no_best(self) -> str:
        reasons = [job.failure_reason for job in self.training_jobs if job.failure_reason]
        metric = self._objective["MetricName"]
        first = f"; the first one failed: {reasons[0]}" if reasons else ""
        return f"No training job ended with a value of {metric}{first}"

    def _objective_status(self, job: TrainingJob) -> str:
        if not job.over:
            return "Pending"
        usable = job.status == "Completed" and self._value(job) is not None
        return "Succeeded" if usable else "Failed"

    def _status_counters(self) -> dict[str, int]:
        statuses = [job.status for job in self.training_jobs]
        return {
            "Completed": statuses.count("Completed"),
            "InProgress": statuses.count("InProgress") + statuses.count("Stopping"),
            "RetryableError": 0,
            "NonRetryableError": statuses.count("Failed"),
            "Stopped": statuses.count("Stopped"),
        }

    def _objective_counters(self) -> dict[str, int]:
        statuses = [self._objective_status(job) for job in self.training_jobs]
        return {status: statuses.count(status) for status in ("Succeeded", "Pending", "Failed")}
