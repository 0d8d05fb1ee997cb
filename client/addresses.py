"""Where the service is: from the environment, or from the outputs of its CloudFormation stacks."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError as AwsError

from client.failures import ClientError

DEFAULT_NAME = "translation"


class Addresses:
    """Looks each address up when it is asked for, so that callers need no owner's rights."""

    def __init__(self, session: Any, environ: Mapping[str, str], name: str = DEFAULT_NAME) -> None:
        self._session = session
        self._environ = environ
        self._name = name

    def api_url(self) -> str:
        return self._address("TRANSLATION_API_URL", "api", "ApiUrl").rstrip("/")

    def state_machine_arn(self) -> str:
        return self._address("STATE_MACHINE_ARN", "retraining", "StateMachineArn")

    def bulk_machine_arn(self) -> str:
        return self._address("BULK_STATE_MACHINE_ARN", "bulk", "StateMachineArn")

    def bucket(self) -> str:
        return self._address("TRANSLATION_BUCKET", "storage", "BucketName")

    def _address(self, variable: str, stack: str, output: str) -> str:
        """Find one address.

        Raises:
            ClientError: neither the variable nor the stack's output is there.
        """
        if value := self._environ.get(variable, "").strip():
            return value
        return self._output(f"{self._name}-{stack}", output, variable)

    def _output(self, stack: str, output: str, variable: str) -> str:
        remedy = f"deploy the service, name it with --name, or set {variable}"
        cloudformation = self._session.create_client("cloudformation")
        try:
            (description,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
        except AwsError as error:
            if "does not exist" not in str(error):
                raise
            region = cloudformation.meta.region_name
            raise ClientError(f"there is no stack {stack} in {region}: {remedy}") from error
        for entry in description.get("Outputs", []):
            if entry["OutputKey"] == output:
                return str(entry["OutputValue"])
        raise ClientError(f"the stack {stack} has no output {output}: {remedy}")
