"""The real `cdk deploy --all` against AWS on this machine, and what it put there."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from local.credentials import AccessKey, administrator_key
from local.settings import ACCOUNT, HOST, REGION, REPOSITORY, LocalSettings

CDK = REPOSITORY / "node_modules" / "aws-cdk" / "bin" / "cdk"
TOOLKIT_STACK = "CDKToolkit"
_SHOWN_LINES = 25


class DeploymentError(ValueError):
    """The CDK could not deploy; the message ends with its own words."""


class Deployment:
    """The service's stacks in one running AWS."""

    def __init__(self, settings: LocalSettings) -> None:
        self.settings = settings
        self.key: AccessKey = administrator_key(settings.credentials_file)
        self.log = settings.logs / "cdk.log"

    def client(self, service: str) -> Any:
        """A boto3 client with the administrator's key."""
        return boto3.client(
            service,
            endpoint_url=self.settings.endpoint_url,
            region_name=REGION,
            aws_access_key_id=self.key.access_key_id,
            aws_secret_access_key=self.key.secret_access_key,
            config=Config(proxies={}),
        )

    def environment(self) -> dict[str, str]:
        """This process's environment, with everything of AWS pointing to this machine."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        proxies = os.environ.get("no_proxy", os.environ.get("NO_PROXY", ""))
        direct = ",".join(filter(None, (proxies, HOST)))
        return {
            **kept,
            **self.key.environment(REGION),
            "AWS_ENDPOINT_URL": self.settings.endpoint_url,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "TRANSLATION_DEPLOYMENT": "local",
            "NO_PROXY": direct,
            "no_proxy": direct,
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), kept.get("PATH", ""))),
            "CDK_DISABLE_VERSION_CHECK": "1",
        }

    def deploy(self, context: Sequence[str] = ()) -> None:
        """Bootstrap where needed, then deploy every stack with these settings, each KEY=VALUE.

        Raises:
            DeploymentError: with the last lines of the CDK.
        """
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.log.write_bytes(b"")
        if self.stack(TOOLKIT_STACK) is None:
            self._cdk("bootstrap", f"aws://{ACCOUNT}/{REGION}", "--app", "")
        output = str(self.settings.state_folder / "cdk.out")
        given = [*context, "deployment=local"]
        if self.settings.name != "translation":
            given.append(f"name={self.settings.name}")
        options = [option for setting in given for option in ("--context", setting)]
        application = f"{sys.executable} app.py"
        self._cdk(
            *("deploy", "--all", "--require-approval", "never", "--progress", "events"),
            *("--app", application, "--output", output, *options),
        )

    def destroy(self) -> None:
        """The real `cdk destroy --all`, of what was deployed last.

        Raises:
            DeploymentError: with the last lines of the CDK.
        """
        output = str(self.settings.state_folder / "cdk.out")
        self._cdk("destroy", "--all", "--force", "--app", output)

    def stack(self, name: str) -> Mapping[str, Any] | None:
        """A stack's description, or None."""
        try:
            (found,) = self.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
        except ClientError:
            return None
        return dict(found)

    def outputs(self, part: str) -> dict[str, str]:
        """The outputs of one of the service's stacks.

        Raises:
            DeploymentError: it is not deployed.
        """
        name = f"{self.settings.name}-{part}"
        found = self.stack(name)
        if found is None:
            raise DeploymentError(f"the stack {name} is not deployed; run: make up")
        return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}

    def served_model(self) -> str:
        """The URI of the model that the endpoint stack serves, or nothing."""
        found = self.stack(f"{self.settings.name}-endpoint") or {}
        values = {p["ParameterKey"]: p["ParameterValue"] for p in found.get("Parameters", [])}
        return str(values.get("ModelDataUrl", ""))

    def addresses(self) -> dict[str, str]:
        """What clients need to know, by the names of their environment variables."""
        api = self.outputs("api")
        base = f"{self.settings.endpoint_url}/restapis/{api['ApiId']}/{api['StageName']}"
        return {
            "TRANSLATION_API_URL": f"{base}/_user_request_",
            "STATE_MACHINE_ARN": self.outputs("retraining")["StateMachineArn"],
            "BULK_STATE_MACHINE_ARN": self.outputs("bulk")["StateMachineArn"],
            "TRANSLATION_BUCKET": self.outputs("storage")["BucketName"],
        }

    def client_environment(self) -> dict[str, str]:
        """The variables that `make env` exports."""
        return {
            "AWS_ENDPOINT_URL": self.settings.endpoint_url,
            **self.key.environment(REGION),
            **self.addresses(),
            "TRANSLATION_DEPLOYMENT": "local",
        }

    def _cdk(self, *arguments: str) -> None:
        if not CDK.exists():
            raise DeploymentError(f"{CDK} is missing; run: make setup")
        with self.log.open("ab") as log:
            code = subprocess.run(
                ["node", str(CDK), *arguments, "--no-notices"],
                cwd=REPOSITORY,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                check=False,
            ).returncode
        if code:
            lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
            words = "\n".join(lines[-_SHOWN_LINES:])
            raise DeploymentError(f"cdk {arguments[0]} failed:\n{words}\n(log: {self.log})")
