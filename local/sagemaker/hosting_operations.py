"""Models, endpoint configurations and endpoints: what SageMaker calls hosting."""

import threading

from local.sagemaker.endpoint import Endpoint
from local.sagemaker.errors import InvocationValidationError, ValidationError
from local.sagemaker.host import SESSION, Host, check_image
from local.sagemaker.hosting import Fleet
from local.sagemaker.named_resources import NamedResources
from local.sagemaker.serverless import check_update, check_variant
from local.sagemaker.storage import parse_uri
from local.sagemaker.tag_operations import Operations, Request, TagOperations

DEFAULT_PAGE = 10
_SUMMARY = ("EndpointName", "EndpointArn", "CreationTime", "LastModifiedTime", "EndpointStatus")


class HostingOperations:
    """All endpoints, and what they are made of."""

    def __init__(self, host: Host, tags: TagOperations) -> None:
        self._host = host
        self._tags = tags
        self.models = NamedResources(host, tags, word="Model", kind="model")
        self.configs = NamedResources(host, tags, word="EndpointConfig", kind="endpoint-config")
        self.endpoints: dict[str, Endpoint] = {}
        self._lock = threading.Lock()

    def operations(self) -> Operations:
        """What callers can ask for."""
        return {
            **self.models.operations(),
            **self.configs.operations(),
            "CreateModel": self._create_model,
            "CreateEndpointConfig": self._create_config,
            "CreateEndpoint": self._create_endpoint,
            "UpdateEndpoint": self._update_endpoint,
            "DescribeEndpoint": lambda request: self.get(request["EndpointName"]).describe(),
            "DeleteEndpoint": self._delete_endpoint,
            "ListEndpoints": self._list_endpoints,
        }

    def get(self, name: str) -> Endpoint:
        """An endpoint by name.

        Raises:
            ValidationError: there is none.
        """
        if name not in self.endpoints:
            raise ValidationError(f'Could not find endpoint "{self._host.arn("endpoint", name)}".')
        return self.endpoints[name]

    def invoked(self, name: str) -> Endpoint:
        """An endpoint by name, for the runtime.

        Raises:
            InvocationValidationError: there is none.
        """
        found = self.endpoints.get(name)
        if found is None:
            account = self._host.account
            raise InvocationValidationError(f"Endpoint {name} of account {account} not found.")
        return found

    def kill(self) -> None:
        """End every process at once."""
        for endpoint in self.endpoints.values():
            endpoint.kill()

    def _create_model(self, request: Request) -> Request:
        container = request.get("PrimaryContainer")
        if container is None or "ExecutionRoleArn" not in request:
            raise ValidationError("PrimaryContainer and ExecutionRoleArn are needed here")
        check_image(container.get("Image", ""))
        self._host.assume(request["ExecutionRoleArn"], SESSION)
        if container.get("ModelDataUrl"):
            parse_uri(container["ModelDataUrl"])
        return self.models.create(request)

    def _create_config(self, request: Request) -> Request:
        variants = request["ProductionVariants"]
        if len(variants) != 1:
            raise ValidationError("exactly one production variant can run on this machine")
        check_variant(variants[0], self.models.get(str(variants[0].get("ModelName"))))
        return self.configs.create(request)

    def _fleet(self, endpoint: str, config_name: str) -> Fleet:
        variant = self.configs.get(config_name)["ProductionVariants"][0]
        return Fleet(
            self._host,
            endpoint=endpoint,
            config=config_name,
            variant=variant["VariantName"],
            model=self.models.get(variant["ModelName"]),
            serverless=variant.get("ServerlessConfig"),
        )

    def _create_endpoint(self, request: Request) -> Request:
        name = request["EndpointName"]
        with self._lock:
            if name in self.endpoints:
                arn = self.endpoints[name].arn
                raise ValidationError(f'Cannot create already existing endpoint "{arn}".')
            fleet = self._fleet(name, request["EndpointConfigName"])
            endpoint = self.endpoints[name] = Endpoint(self._host, name)
        endpoint.config_name = request["EndpointConfigName"]
        self._tags.replace(endpoint.arn, request.get("Tags", []))
        endpoint.deploy(fleet)
        return {"EndpointArn": endpoint.arn}

    def _update_endpoint(self, request: Request) -> Request:
        endpoint = self.get(request["EndpointName"])
        if not endpoint.wait(0):
            raise ValidationError(f'Cannot update in-progress endpoint "{endpoint.arn}".')
        check_update(request, endpoint.fleet, self.configs.get(request["EndpointConfigName"]))
        # Nothing to switch: only how to switch has changed.
        if endpoint.config_name != request["EndpointConfigName"] or endpoint.fleet is None:
            endpoint.deploy(self._fleet(endpoint.name, request["EndpointConfigName"]))
        return {"EndpointArn": endpoint.arn}

    def _delete_endpoint(self, request: Request) -> Request:
        endpoint = self.get(request["EndpointName"])

        def forget() -> None:
            with self._lock:
                self.endpoints.pop(endpoint.name, None)
            self._tags.forget(endpoint.arn)

        endpoint.delete(forget)
        return {}

    def _list_endpoints(self, request: Request) -> Request:
        found = [
            {key: value for key, value in endpoint.describe().items() if key in _SUMMARY}
            for endpoint in self.endpoints.values()
            if request.get("NameContains", "") in endpoint.name
        ]
        return {"Endpoints": found[: request.get("MaxResults", DEFAULT_PAGE)]}
