"""How requests and jobs that fail come back to a state machine."""

import json

from ministack.services import stepfunctions


class Failure(stepfunctions._ExecutionError):  # type: ignore[misc]
    """An error's name and cause, as an integration ends with them."""


_MODELLED = ("ConflictException", "ResourceInUse", "ResourceLimitExceeded", "ResourceNotFound")


def api_failure(code: str, message: str, *, status: int = 400) -> Failure:
    """How a request that SageMaker refused comes back from an integration that waits for jobs.

    Errors of the service's model have names of their own; all others share one.
    """
    named = f"{code.removesuffix('Exception')}Exception"
    name = named if code in _MODELLED else "AmazonSageMakerException"
    told = f"Service: AmazonSageMaker; Status Code: {status}; Error Code: {code}; Request ID: 1-a"
    return Failure(f"SageMaker.{name}", f"{message} ({told}; Proxy: null)")


THROTTLED = api_failure("ThrottlingException", "Rate exceeded")


def job_failure(kind: str, name: str, **described: str) -> Failure:
    """How a job that Step Functions waited for comes back when it failed."""
    cause = {f"{kind}JobName": name, f"{kind}JobStatus": "Failed"} | described
    return Failure("States.TaskFailed", json.dumps(cause))
