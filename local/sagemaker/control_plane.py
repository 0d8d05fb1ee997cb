"""SageMaker's operations: what exists, by name, and what each request does to it."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from local.sagemaker.endpoint import Endpoint
from local.sagemaker.errors import (
    InvocationValidationError,
    ResourceInUseError,
    UnknownOperationError,
    ValidationError,
)
from local.sagemaker.host import SESSION, Host, check_image
from local.sagemaker.hosting import Fleet
from local.sagemaker.job import Job
from local.sagemaker.processing import ProcessingJob
from local.sagemaker.request_model import check_request
from local.sagemaker.storage import parse_uri
from local.sagemaker.training import TrainingJob

Request = dict[str, Any]
_DEFAULT_PAGE = 10


class ControlPlane:
    """Everything that this machine's SageMaker holds."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.jobs: dict[tuple[str, str], Job] = {}
        self.models: dict[str, Request] = {}
        self.configs: dict[str, Request] = {}
        self.endpoints: dict[str, Endpoint] = {}
        self.groups: dict[str, Request] = {}
        self.tags: dict[str, dict[str, str]] = {}
        self._lock = threading.RLock()
        self._operations = self._table()

    def _table(self) -> Mapping[str, Callable[[Request], Request]]:
        jobs: dict[str, Callable[[Request], Request]] = {}
        for kind in (TrainingJob, ProcessingJob):
            jobs[f"Create{kind.prefix}"] = self._job_creator(kind)
            jobs[f"Describe{kind.prefix}"] = self._job_describer(kind)
            jobs[f"Stop{kind.prefix}"] = self._job_stopper(kind)
            jobs[f"List{kind.prefix}s"] = self._job_lister(kind)
        return {
            **jobs,
            "CreateModel": self._create_model,
            "DescribeModel": lambda r: self._described(self.models, "model", r["ModelName"]),
            "DeleteModel": lambda r: self._delete(self.models, "model", r["ModelName"]),
            "CreateEndpointConfig": self._create_config,
            "DescribeEndpointConfig": lambda r: self._described(
                self.configs, "endpoint-config", r["EndpointConfigName"]
            ),
            "DeleteEndpointConfig": lambda r: self._delete(
                self.configs, "endpoint-config", r["EndpointConfigName"]
            ),
            "CreateEndpoint": self._create_endpoint,
            "UpdateEndpoint": self._update_endpoint,
            "DescribeEndpoint": lambda r: self.endpoint(r["EndpointName"]).describe(),
            "DeleteEndpoint": self._delete_endpoint,
            "ListEndpoints": self._list_endpoints,
            "CreateModelPackageGroup": self._create_group,
            "DescribeModelPackageGroup": lambda r: self._described(
                self.groups, "model-package-group", r["ModelPackageGroupName"]
            ),
            "DeleteModelPackageGroup": lambda r: self._delete(
                self.groups, "model-package-group", r["ModelPackageGroupName"]
            ),
            "AddTags": self._add_tags,
            "ListTags": self._list_tags,
            "DeleteTags": self._delete_tags,
        }

    def call(self, operation: str, request: Request) -> Request:
        """Carry out one operation.

        Raises:
            SageMakerError: in AWS's words, where this machine knows them.
        """
        if operation not in self._operations:
            raise UnknownOperationError(f"{operation} is not there in this machine's SageMaker")
        check_request("sagemaker", operation, request)
        return self._operations[operation](request)

    def endpoint(self, name: str) -> Endpoint:
        """An endpoint by name.

        Raises:
            ValidationError: there is none.
        """
        if name not in self.endpoints:
            raise ValidationError(f'Could not find endpoint "{self.host.arn("endpoint", name)}".')
        return self.endpoints[name]

    def invoked(self, name: str) -> Endpoint:
        """An endpoint by name, for the runtime.

        Raises:
            InvocationValidationError: there is none.
        """
        found = self.endpoints.get(name)
        if found is None:
            raise InvocationValidationError(
                f"Endpoint {name} of account {self.host.account} not found."
            )
        return found

    def job(self, kind: type[Job], name: str) -> Job:
        """A job by name.

        Raises:
            ValidationError: there is none.
        """
        found = self.jobs.get((kind.kind, name))
        if found is None:
            raise ValidationError("Requested resource not found.")
        return found

    def shut_down(self) -> None:
        """End every process."""
        for job in self.jobs.values():
            job.kill()
        for endpoint in self.endpoints.values():
            endpoint.kill()

    def _job_creator(self, kind: type[Job]) -> Callable[[Request], Request]:
        def create(request: Request) -> Request:
            key = (kind.kind, request[f"{kind.prefix}Name"])
            self.host.assume(request["RoleArn"], SESSION)
            with self._lock:
                if key in self.jobs:
                    raise ResourceInUseError(
                        "Job names must be unique within an AWS account and region, and a job "
                        f"with this name already exists ({self.jobs[key].arn})"
                    )
                job = self.jobs[key] = kind(self.host, request)
            self._tag(job.arn, request)
            job.start()
            return {f"{kind.prefix}Arn": job.arn}

        return create

    def _job_describer(self, kind: type[Job]) -> Callable[[Request], Request]:
        return lambda request: self.job(kind, request[f"{kind.prefix}Name"]).describe()

    def _job_stopper(self, kind: type[Job]) -> Callable[[Request], Request]:
        def stop(request: Request) -> Request:
            self.job(kind, request[f"{kind.prefix}Name"]).stop()
            return {}

        return stop

    def _job_lister(self, kind: type[Job]) -> Callable[[Request], Request]:
        def listed(request: Request) -> Request:
            found = [job for (name, _), job in self.jobs.items() if name == kind.kind]
            summaries = [
                _summary(job)
                for job in sorted(found, key=lambda job: job.created_at, reverse=True)
                if request.get("StatusEquals") in (None, job.status)
                and request.get("NameContains", "") in job.name
            ]
            limit = request.get("MaxResults", _DEFAULT_PAGE)
            return {f"{kind.prefix}Summaries": summaries[:limit]}

        return listed

    def _create_model(self, request: Request) -> Request:
        container = request.get("PrimaryContainer")
        if container is None or "ExecutionRoleArn" not in request:
            raise ValidationError("PrimaryContainer and ExecutionRoleArn are needed here")
        check_image(container.get("Image", ""))
        self.host.assume(request["ExecutionRoleArn"], SESSION)
        if container.get("ModelDataUrl"):
            parse_uri(container["ModelDataUrl"])
        return self._create(self.models, "model", request["ModelName"], request, "ModelArn")

    def _create_config(self, request: Request) -> Request:
        variants = request["ProductionVariants"]
        if len(variants) != 1:
            raise ValidationError("exactly one production variant can run on this machine")
        if variants[0].get("ModelName") not in self.models:
            arn = self.host.arn("model", str(variants[0].get("ModelName")))
            raise ValidationError(f'Could not find model "{arn}".')
        name = request["EndpointConfigName"]
        return self._create(self.configs, "endpoint-config", name, request, "EndpointConfigArn")

    def _create_group(self, request: Request) -> Request:
        name = request["ModelPackageGroupName"]
        group = request | {"ModelPackageGroupStatus": "Completed"}
        answer = "ModelPackageGroupArn"
        return self._create(self.groups, "model-package-group", name, group, answer)

    def _create(
        self, store: dict[str, Request], kind: str, name: str, request: Request, answer: str
    ) -> Request:
        arn = self.host.arn(kind, name)
        with self._lock:
            if name in store:
                raise ValidationError(f'Cannot create already existing {kind} "{arn}".')
            own = {key: value for key, value in request.items() if key != "Tags"}
            store[name] = own | {answer: arn, "CreationTime": time.time()}
        self._tag(arn, request)
        return {answer: arn}

    def _described(self, store: dict[str, Request], kind: str, name: str) -> Request:
        if name not in store:
            words = kind.replace("endpoint-config", "endpoint configuration")
            raise ValidationError(f'Could not find {words} "{self.host.arn(kind, name)}".')
        return store[name]

    def _delete(self, store: dict[str, Request], kind: str, name: str) -> Request:
        self._described(store, kind, name)
        with self._lock:
            store.pop(name, None)
            self.tags.pop(self.host.arn(kind, name), None)
        return {}

    def _fleet(self, endpoint: str, config_name: str) -> Fleet:
        config = self._described(self.configs, "endpoint-config", config_name)
        variant = config["ProductionVariants"][0]
        model = self._described(self.models, "model", variant["ModelName"])
        return Fleet(
            self.host,
            endpoint=endpoint,
            config=config_name,
            variant=variant["VariantName"],
            model=model,
        )

    def _create_endpoint(self, request: Request) -> Request:
        name = request["EndpointName"]
        with self._lock:
            if name in self.endpoints:
                arn = self.endpoints[name].arn
                raise ValidationError(f'Cannot create already existing endpoint "{arn}".')
            fleet = self._fleet(name, request["EndpointConfigName"])
            endpoint = self.endpoints[name] = Endpoint(self.host, name)
        endpoint.config_name = request["EndpointConfigName"]
        self._tag(endpoint.arn, request)
        endpoint.deploy(fleet)
        return {"EndpointArn": endpoint.arn}

    def _update_endpoint(self, request: Request) -> Request:
        endpoint = self.endpoint(request["EndpointName"])
        if not endpoint.wait(0):
            raise ValidationError(f'Cannot update in-progress endpoint "{endpoint.arn}".')
        if endpoint.config_name == request["EndpointConfigName"] and endpoint.fleet:
            return {"EndpointArn": endpoint.arn}
        endpoint.deploy(self._fleet(endpoint.name, request["EndpointConfigName"]))
        return {"EndpointArn": endpoint.arn}

    def _delete_endpoint(self, request: Request) -> Request:
        endpoint = self.endpoint(request["EndpointName"])

        def forget() -> None:
            with self._lock:
                self.endpoints.pop(endpoint.name, None)
                self.tags.pop(endpoint.arn, None)

        endpoint.delete(forget)
        return {}

    def _list_endpoints(self, request: Request) -> Request:
        found = [
            {key: value for key, value in endpoint.describe().items() if key in _ENDPOINT_SUMMARY}
            for endpoint in self.endpoints.values()
            if request.get("NameContains", "") in endpoint.name
        ]
        return {"Endpoints": found[: request.get("MaxResults", _DEFAULT_PAGE)]}

    def _tag(self, arn: str, request: Request) -> None:
        self.tags[arn] = {tag["Key"]: tag["Value"] for tag in request.get("Tags", [])}

    def _add_tags(self, request: Request) -> Request:
        tags = self.tags.setdefault(request["ResourceArn"], {})
        tags.update({tag["Key"]: tag["Value"] for tag in request["Tags"]})
        return {"Tags": _tag_list(tags)}

    def _list_tags(self, request: Request) -> Request:
        return {"Tags": _tag_list(self.tags.get(request["ResourceArn"], {}))}

    def _delete_tags(self, request: Request) -> Request:
        tags = self.tags.get(request["ResourceArn"], {})
        for key in request["TagKeys"]:
            tags.pop(key, None)
        return {}


_ENDPOINT_SUMMARY = (
    "EndpointName",
    "EndpointArn",
    "CreationTime",
    "LastModifiedTime",
    "EndpointStatus",
)


def _tag_list(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _summary(job: Job) -> Request:
    end = {f"{job.prefix.removesuffix('Job')}EndTime": job.ended_at} if job.ended_at else {}
    return {
        f"{job.prefix}Name": job.name,
        f"{job.prefix}Arn": job.arn,
        f"{job.prefix}Status": job.status,
        "CreationTime": job.created_at,
        "LastModifiedTime": job.modified_at,
        **end,
    }
