"""Runs the synthesised state machine of bulk translations over an AWS that is a fake."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from check_input.bulk_plan import BulkSettings, make_bulk_plan
from protocol.retraining import InputError
from tests.infrastructure.failures import Failure
from tests.infrastructure.retraining_machine import Run
from tests.infrastructure.service_models import check_request
from tests.infrastructure.synthesis import ACCOUNT, BUCKET, REGION, Synthesis, rendered

MODEL = f"s3://{BUCKET}/executions/e/model/job/output/model.tar.gz"
DESCRIPTION = f"s3://{BUCKET}/executions/e/description"
INPUT = f"s3://{BUCKET}/bulk/news.txt"
WORK = f"s3://{BUCKET}/bulk-work"


def definition(synthesis: Synthesis) -> dict[str, Any]:
    """The state machine's definition as Step Functions would get it."""
    machine = synthesis.one("Bulk", "AWS::StepFunctions::StateMachine")
    text = rendered(machine["Properties"]["DefinitionString"], synthesis.template("Bulk"))
    return dict(json.loads(text))


@dataclass
class BulkRun(Run):
    """One execution and what it asked of AWS."""

    served: dict[str, str] | None = field(
        default_factory=lambda: {
            "model_data": MODEL,
            "description": DESCRIPTION,
            "engine": "pytorch",
            "source_language": "en",
            "target_language": "de",
        }
    )
    shards: int = 5
    missing: int = 5
    missing_after: int = 0
    failures: dict[str, list[Failure]] = field(default_factory=dict)
    """By action; consumed one an attempt."""

    def _handlers(self) -> dict[str, Callable[[dict[str, Any]], Any]]:
        return {
            "lambda:invoke": self._check_bulk_input,
            "aws-sdk:ssm:getParameter": self._get_parameter,
            "sagemaker:createProcessingJob.sync": self._file_job,
            "aws-sdk:s3:getObject": self._get_told,
            "aws-sdk:sagemaker:createModel": self._create_model,
            "sagemaker:createTransformJob.sync": self._transform_job,
            "aws-sdk:sagemaker:deleteModel": self._delete_model,
        }

    def _check_bulk_input(self, request: dict[str, Any]) -> dict[str, Any]:
        check_request("lambda", "Invoke", {**request, "Payload": json.dumps(request["Payload"])})
        environment = {"BUCKET": BUCKET, "BULK_MAX_INSTANCES": "4"}
        event = request["Payload"]
        try:
            settings = BulkSettings.from_environment(environment)
            plan = make_bulk_plan(event["execution"], event["input"], settings)
        except InputError as error:
            told = {"errorMessage": str(error), "errorType": "InputError", "stackTrace": []}
            raise Failure("InputError", json.dumps(told)) from error
        return {"StatusCode": 200, "Payload": plan}

    def _get_parameter(self, request: dict[str, Any]) -> dict[str, Any]:
        check_request("ssm", "GetParameter", request)
        if self.served is None:
            raise Failure("Ssm.ParameterNotFoundException", "(Service: Ssm, Status Code: 400)")
        return {"Parameter": {"Name": request["Name"], "Value": json.dumps(self.served)}}

    def _file_job(self, request: dict[str, Any]) -> dict[str, Any]:
        check_request("sagemaker", "CreateProcessingJob", request)
        self._fail_if_wanted(request["AppSpecification"]["ContainerEntrypoint"][-1])
        return {**request, "ProcessingJobStatus": "Completed"}

    def _get_told(self, request: dict[str, Any]) -> dict[str, Any]:
        check_request("s3", "GetObject", request)
        folder, _, name = request["Key"].rpartition("/")
        failed = [
            {"input": INPUT, "shard": f"abc-{number:06d}", "reason": "has no answers"}
            for number in range(self.missing_after)
        ]
        told = {
            "split.json": {
                "shards": self.shards,
                "missing": self.missing,
                "manifest": f"s3://{request['Bucket']}/{folder}/shards.manifest",
                "answers": f"{WORK}/model/target/",
            },
            "joined.json": {
                "files": 1,
                "lines": 50_000,
                "missing_shards": self.missing_after,
                "failed_shards": failed,
                "outputs": [f"{INPUT}.de"],
            },
        }
        return {"Body": json.dumps(told[name]), "ContentLength": 1}

    def _create_model(self, request: dict[str, Any]) -> dict[str, Any]:
        check_request("sagemaker", "CreateModel", request)
        self._fail_if_wanted("createModel")
        return {"ModelArn": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model/{request['ModelName']}"}

    def _transform_job(self, request: dict[str, Any]) -> dict[str, Any]:
        check_request("sagemaker", "CreateTransformJob", request)
        assert request["ModelName"] == self.sent("createModel")[-1]["ModelName"]
        self._fail_if_wanted("createTransformJob")
        name = request["TransformJobName"]
        times = {"TransformStartTime": 1_000_000, "TransformEndTime": 1_012_500}
        return {"TransformJobName": name, "TransformJobStatus": "Completed", **times}

    def _delete_model(self, request: dict[str, Any]) -> dict[str, Any]:
        check_request("sagemaker", "DeleteModel", request)
        self._fail_if_wanted("deleteModel")
        return {}

    def _fail_if_wanted(self, action: str) -> None:
        if failures := self.failures.get(action):
            raise failures.pop(0)


def argument(request: dict[str, Any], name: str) -> str:
    """The value of a container's argument."""
    arguments = request["AppSpecification"]["ContainerArguments"]
    return str(arguments[arguments.index(name) + 1])
