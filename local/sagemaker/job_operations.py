"""Create, Describe, Stop and List for training, tuning, processing and transform jobs."""

import threading
from collections.abc import Callable
from typing import Any, TypeVar, cast

from local.sagemaker.errors import ResourceInUseError, ValidationError
from local.sagemaker.host import SESSION, Host
from local.sagemaker.job import Job
from local.sagemaker.named_resources import NamedResources
from local.sagemaker.processing import ProcessingJob
from local.sagemaker.tag_operations import Operations, Request, TagOperations
from local.sagemaker.training import TrainingJob
from local.sagemaker.transform import TransformJob
from local.sagemaker.tuning import TuningJob

DEFAULT_PAGE = 10
J = TypeVar("J", bound=Job)


class JobOperations:
    """All jobs, by kind and name; a name is never free again."""

    def __init__(self, host: Host, tags: TagOperations, models: NamedResources) -> None:
        self._host = host
        self._tags = tags
        self._makers: dict[type[Job], Callable[[Request], Job]] = {
            TrainingJob: lambda request: TrainingJob(host, request),
            ProcessingJob: lambda request: ProcessingJob(host, request),
            TransformJob: lambda request: TransformJob(
                host, request, models.get(request["ModelName"])
            ),
            TuningJob: lambda request: TuningJob(host, request, self._start_training),
        }
        self._jobs: dict[tuple[str, str], Job] = {}
        self._lock = threading.Lock()

    def operations(self) -> Operations:
        """What callers can ask for."""
        found: dict[str, Callable[[Request], Request]] = {}
        for kind in self._makers:
            found[f"Create{kind.prefix}"] = self._creator(kind)
            found[f"Describe{kind.prefix}"] = self._describer(kind)
            found[f"Stop{kind.prefix}"] = self._stopper(kind)
            found[f"List{kind.prefix}s"] = self._lister(kind)
        found["ListTrainingJobsForHyperParameterTuningJob"] = self._list_of_tuning
        return found

    def get(self, kind: type[J], name: str) -> J:
        """A job by name.

        Raises:
            ValidationError: there is none.
        """
        found = self._jobs.get((kind.kind, name))
        if found is None:
            raise ValidationError("Requested resource not found.")
        return cast("J", found)

    def kill(self) -> None:
        """End every process at once."""
        for job in self._jobs.values():
            job.kill()

    def _creator(self, kind: type[Job]) -> Callable[[Request], Request]:
        def create(request: Request) -> Request:
            role = request.get("TrainingJobDefinition", request).get("RoleArn")
            if role is not None:
                self._host.assume(role, SESSION)
            return {f"{kind.prefix}Arn": self._started(kind, request).arn}

        return create

    def _started(self, kind: type[J], request: Request) -> J:
        key = (kind.kind, request[f"{kind.prefix}Name"])
        with self._lock:
            if key in self._jobs:
                raise ResourceInUseError(
                    "Job names must be unique within an AWS account and region, and a job "
                    f"with this name already exists ({self._jobs[key].arn})"
                )
            job = self._jobs[key] = self._makers[kind](request)
        self._tags.replace(job.arn, request.get("Tags", []))
        job.start()
        return cast("J", job)

    def _start_training(self, request: Request) -> TrainingJob:
        """What a tuning job starts, a training job like any other."""
        return self._started(TrainingJob, request)

    def _list_of_tuning(self, request: Request) -> Request:
        tuning = self.get(TuningJob, request["HyperParameterTuningJobName"])
        summaries = [tuning.summary(job) for job in tuning.training_jobs]
        return {"TrainingJobSummaries": summaries[: request.get("MaxResults", DEFAULT_PAGE)]}

    def _describer(self, kind: type[Job]) -> Callable[[Request], Request]:
        return lambda request: self.get(kind, request[f"{kind.prefix}Name"]).describe()

    def _stopper(self, kind: type[Job]) -> Callable[[Request], Request]:
        def stop(request: Request) -> Request:
            self.get(kind, request[f"{kind.prefix}Name"]).stop()
            return {}

        return stop

    def _lister(self, kind: type[Job]) -> Callable[[Request], Request]:
        def listed(request: Request) -> Request:
            found = [job for (name, _), job in self._jobs.items() if name == kind.kind]
            summaries = [
                _summary(job)
                for job in sorted(found, key=lambda job: job.created_at, reverse=True)
                if request.get("StatusEquals") in (None, job.status)
                and request.get("NameContains", "") in job.name
            ]
            limit = request.get("MaxResults", DEFAULT_PAGE)
            return {f"{kind.prefix}Summaries": summaries[:limit]}

        return listed


def _summary(job: Job) -> dict[str, Any]:
    end = {f"{job.prefix.removesuffix('Job')}EndTime": job.ended_at} if job.ended_at else {}
    return {
        f"{job.prefix}Name": job.name,
        f"{job.prefix}Arn": job.arn,
        f"{job.prefix}Status": job.status,
        "CreationTime": job.created_at,
        "LastModifiedTime": job.modified_at,
        **end,
    }
