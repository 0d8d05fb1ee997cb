"""The endpoint stack of an AWS that is a fake."""

from dataclasses import dataclass, field
from typing import Any

from stacks.retraining.stack_update import PROMOTED
from tests.infrastructure.failures import Failure


@dataclass
class FakeStack:
    """The endpoint stack and its endpoint, moving one status for every look at it."""

    name: str = "translation-endpoint"
    parameters: dict[str, str] = field(
        default_factory=lambda: {**dict.fromkeys(PROMOTED.values(), ""), "Other": "kept"}
    )
    status: str = "CREATE_COMPLETE"
    coming: list[str] = field(default_factory=list)
    config: str = ""
    endpoint_config: str = ""
    endpoint_status: list[str] = field(default_factory=lambda: ["InService"])
    endpoint_failure: str | None = None
    configs: int = 0
    ends: list[str] = field(default_factory=list)
    """How the next updates end; after them every update succeeds."""
    busy: int = 0
    """How many updates are refused because another one runs."""

    def serve(self, model: dict[str, str]) -> None:
        """As if a promotion had put this model into service."""
        self.parameters |= model
        self._configure()
        self.status = "UPDATE_COMPLETE"

    def update(self, request: dict[str, Any]) -> None:
        wanted = dict(self.parameters)
        for parameter in request["Parameters"]:
            if not parameter.get("UsePreviousValue"):
                wanted[parameter["ParameterKey"]] = parameter["ParameterValue"]
        given = {parameter["ParameterKey"] for parameter in request["Parameters"]}
        assert given == set(self.parameters), "an omitted parameter falls back to its default"
        if self.busy:
            self.busy -= 1
            message = f"Stack:{self.name} is in UPDATE_IN_PROGRESS state and can not be updated."
            raise Failure("CloudFormation.CloudFormationException", message)
        if wanted == self.parameters:
            message = "No updates are to be performed."
            raise Failure("CloudFormation.CloudFormationException", message)
        self._apply(wanted, self.ends.pop(0) if self.ends else "succeeds")

    def _apply(self, wanted: dict[str, str], end: str) -> None:
        if end == "rolls back":
            self.coming = ["UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE"]
            self.endpoint_failure = "The container did not pass the ping health check."
        elif end == "cannot roll back":
            self.coming = ["UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_FAILED"]
        elif end == "never ends":
            self.coming = ["UPDATE_IN_PROGRESS"] * 10_000
        else:
            self.coming = ["UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_COMPLETE"]
            self.parameters = wanted
            before = self.endpoint_config
            self._configure()
            self.endpoint_failure = None
            if end == "falls back silently":
                self.endpoint_config = before
                self.endpoint_failure = "One or more alarms went off."
        self.status = "UPDATE_IN_PROGRESS"

    def _configure(self) -> None:
        self.configs += 1
        served = self.parameters["ModelDataUrl"] != ""
        self.config = self.endpoint_config = f"Config-{self.configs}" if served else ""

    def describe(self) -> dict[str, Any]:
        if self.coming and self.status.endswith("_IN_PROGRESS"):
            described, self.status = self.status, self.coming.pop(0)
        else:
            described = self.status
        stack: dict[str, Any] = {
            "StackName": self.name,
            "StackStatus": described,
            "Parameters": [
                {"ParameterKey": key, "ParameterValue": value}
                for key, value in self.parameters.items()
            ],
        }
        if self.config:
            output = {"OutputKey": "EndpointConfigName", "OutputValue": self.config}
            stack["Outputs"] = [output]
        return {"Stacks": [stack]}

    def events(self) -> dict[str, Any]:
        """The newest first; what else was under way is cancelled when one resource fails."""
        failures = ["Resource update cancelled", self.endpoint_failure, "of an earlier update"]
        failed = [
            {"ResourceStatus": "UPDATE_FAILED", "ResourceStatusReason": reason}
            for reason in failures
            if self.endpoint_failure
        ]
        return {"StackEvents": [{"ResourceStatus": self.status}, *failed]}

    def describe_endpoint(self, name: str) -> dict[str, Any]:
        if not self.endpoint_config:
            raise Failure("SageMaker.SageMakerException", f"Could not find endpoint {name}")
        status = self.endpoint_status[0]
        if len(self.endpoint_status) > 1:
            self.endpoint_status.pop(0)
        described = {
            "EndpointName": name,
            # SageMaker lower-cases names in places.
            "EndpointConfigName": self.endpoint_config.lower(),
            "EndpointStatus": status,
        }
        return described | (
            {"FailureReason": self.endpoint_failure} if self.endpoint_failure else {}
        )
