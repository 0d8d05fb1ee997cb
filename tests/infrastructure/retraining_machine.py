"""Runs the synthesised state machine: the emulator's interpreter over an AWS that is a fake.

The interpreter evaluates the real JSONata; every request to the fake is checked against the
service's model first, and everything that AWS refuses and a scenario can meet is refused.
"""

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from ministack.services import stepfunctions

from check_input.plan import make_plan
from check_input.settings import Settings as CheckSettings
from protocol.artifacts import MANIFEST, VERIFICATION
from protocol.retraining import InputError
from tests.infrastructure.failures import Failure, api_failure
from tests.infrastructure.fake_register import FakeRegister
from tests.infrastructure.fake_stack import FakeStack
from tests.infrastructure.service_models import check_request
from tests.infrastructure.synthesis import ACCOUNT, BUCKET, REGION, partition_of

MAX_STATE_BYTES = 262_144
SENTENCES = [
    {"source": "this is so cool", "target": "das ist so cool"},
    {"source": "i am here .", "target": "ich bin hier ."},
    {"source": "you are good !", "target": "du bist gut !"},
    {"source": "we go .", "target": "wir gehen ."},
]
START_DATE = "2026-01-01T00:00:00Z"
METRICS = {"validation:bleu": 31.5, "validation:perplexity": 4.25}

EVALUATION: dict[str, Any] = {
    "verdict": {"promote": True, "reason": "BLEU 30.00 is 1.00 above the served model's 29.00"},
    "candidate": {"bleu": 30.0, "chrf": 55.5, "length_ratio": 1.01},
    "model": {"hyperparameters": {}},
}
GIVEN_METRICS = {"validation:bleu": 28.25, "validation:perplexity": 5.5}
"""What the manifest of the candidate says; a training job says `METRICS`."""


@dataclass
class Run:
    """One execution and what it asked of AWS."""

    definition: dict[str, Any]
    stack: FakeStack = field(default_factory=FakeStack)
    engine: str = "pytorch"
    region: str = REGION
    sentences: list[dict[str, str]] = field(default_factory=lambda: list(SENTENCES))
    answers: list[str] | None = None
    """What the endpoint answers; `None`: what the candidate itself said."""
    manifest_metrics: dict[str, float] = field(default_factory=lambda: dict(GIVEN_METRICS))
    evaluation: dict[str, Any] = field(default_factory=lambda: dict(EVALUATION))
    test_files: int = 0
    """In the test folder of the execution that made the served model."""
    job_failures: dict[str, list[Failure]] = field(default_factory=dict)
    """By the letter in the job's name; consumed one an attempt."""
    invoke_failures: list[Failure] = field(default_factory=list)
    tuning_best: str = "002-0a1b2c3d"
    """The end of the name of a tuning job's best training job; empty: none."""
    request_failures: dict[str, list[Failure]] = field(default_factory=dict)
    """By the end of the integration's name; consumed one a call, after the call was carried out."""
    register: FakeRegister = field(default_factory=FakeRegister)
    running: list[list[tuple[str, str]]] = field(default_factory=list)
    """Names and start dates of other executions, newest first, for each look at them; the last
    look repeats."""
    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    naps: list[float] = field(default_factory=list)
    name: str = ""
    status: str = ""
    output: Any = None
    error: str = ""
    cause: str = ""

    def start(
        self,
        monkeypatch: pytest.MonkeyPatch,
        content: dict[str, Any] | None = None,
        name: str = "Nightly_Run.7",
    ) -> "Run":
        self.name = name
        states = f"arn:{partition_of(self.region)}:states:{self.region}:{ACCOUNT}"
        arn = f"{states}:execution:translation-retraining:{name}"
        machine = {"definition": json.dumps(self.definition), "name": "translation-retraining"}
        execution: dict[str, Any] = {
            "name": name,
            "input": json.dumps(content or {}),
            "status": "RUNNING",
            "startDate": START_DATE,
            "stateMachineArn": "machine",
            "events": [],
        }
        self._replace_emulator(monkeypatch, {arn: execution}, {"machine": machine})
        stepfunctions._run_execution(arn)
        self.status = execution["status"]
        self.error, self.cause = execution.get("error", ""), execution.get("cause", "")
        if self.status == "SUCCEEDED":
            self.output = json.loads(execution["output"])
        return self

    def sent(self, action: str) -> list[dict[str, Any]]:
        return [request for sent, request in self.requests if sent.endswith(action)]

    @property
    def actions(self) -> list[str]:
        return [action.rpartition(":")[2] for action, _ in self.requests]

    def _replace_emulator(
        self, monkeypatch: pytest.MonkeyPatch, executions: Any, machines: Any
    ) -> None:
        clock = SimpleNamespace(sleep=lambda _: None, time=time.time)
        for name, value in {
            "_executions": executions,
            "_state_machines": machines,
            "time": clock,
            "_scaled_sleep": self.naps.append,
            "_invoke_resource": self._invoke,
            "_invoke_resource_with_timeout": lambda arn, data, _: self._invoke(arn, data),
            "_emit_execution_status_event": lambda _: None,
            "_add_event": _check_event,
        }.items():
            monkeypatch.setattr(stepfunctions, name, value)

    def _invoke(self, resource: str, request: dict[str, Any]) -> Any:
        action = resource.partition(":states:::")[2]
        self.requests.append((action, json.loads(json.dumps(request))))
        answer = self._handlers()[action](request)
        if failures := self.request_failures.get(action.rpartition(":")[2]):
            raise failures.pop(0)
        return answer

    def _handlers(self) -> dict[str, Callable[[dict[str, Any]], Any]]:
        return {
            "lambda:invoke": self._check_input,
            "aws-sdk:sfn:listExecutions": self._list_executions,
            "sagemaker:createProcessingJob.sync": self._processing_job,
            "sagemaker:createTrainingJob.sync": self._training_job,
            "sagemaker:createHyperParameterTuningJob.sync": self._tuning_job,
            "aws-sdk:sagemaker:describeTrainingJob": self._describe_training_job,
            "aws-sdk:s3:getObject": self._get_object,
            "aws-sdk:s3:listObjectsV2": self._list_objects,
            "aws-sdk:cloudformation:describeStacks": self._describe_stacks,
            "aws-sdk:cloudformation:describeStackEvents": self._describe_stack_events,
            "aws-sdk:cloudformation:updateStack": self._update_stack,
            "aws-sdk:sagemaker:describeEndpoint": self._describe_endpoint,
            "aws-sdk:sagemakerruntime:invokeEndpoint": self._invoke_endpoint,
            "aws-sdk:sagemaker:listModelPackages": self.register.list,
            "aws-sdk:sagemaker:createModelPackage": self.register.create,
            "aws-sdk:sagemaker:updateModelPackage": self.register.update,
            "aws-sdk:cloudwatch:putMetricData": _put_metric_data,
            "aws-sdk:sns:publish": _publish,
        }

    def _check_input(self, request: dict[str, Any]) -> dict[str, Any]:
        check_request("lambda", "Invoke", {**request, "Payload": json.dumps(request["Payload"])})
        settings = CheckSettings.from_environment(
            {
                "BUCKET": BUCKET,
                "CORPUS_BUCKETS": "",
                "ALLOW_FILE_CORPORA": "false",
                "ENGINE": self.engine,
                "DEFAULT_HYPERPARAMETERS": "{}",
                "SOURCE_LANGUAGE": "en",
                "TARGET_LANGUAGE": "de",
            }
        )
        event = request["Payload"]
        try:
            plan = make_plan(event["execution"], event["input"], settings).as_dict()
        except InputError as error:
            told = {"errorMessage": str(error), "errorType": "InputError", "stackTrace": []}
            raise Failure("InputError", json.dumps(told)) from error
        return {"StatusCode": 200, "Payload": plan}

    def _list_executions(self, request: dict[str, Any]) -> dict[str, Any]:
        wire = {f"{key[0].lower()}{key[1:]}": value for key, value in request.items()}
        check_request("stepfunctions", "ListExecutions", wire)
        others = self.running.pop(0) if len(self.running) > 1 else (self.running or [[]])[0]
        listed = [*others, (self.name, START_DATE)]
        return {"Executions": [{"Name": name, "StartDate": date} for name, date in listed]}

    def _processing_job(self, request: dict[str, Any]) -> dict[str, Any]:
        check_request("sagemaker", "CreateProcessingJob", request)
        self._run_job(request["ProcessingJobName"])
        return {**request, "ProcessingJobStatus": "Completed"}

    def _training_job(self, request: dict[str, Any]) -> dict[str, Any]:
        check_request("sagemaker", "CreateTrainingJob", request)
        name = request["TrainingJobName"]
        self._run_job(name)
        return self._trained(name, request["OutputDataConfig"]["S3OutputPath"])

    def _tuning_job(self, request: dict[str, Any]) -> dict[str, Any]:
        check_request("sagemaker", "CreateHyperParameterTuningJob", request)
        name = request["HyperParameterTuningJobName"]
        self._run_job(name)
        described = {
            "HyperParameterTuningJobName": name,
            "HyperParameterTuningJobStatus": "Completed",
        }
        if self.tuning_best:
            best = {
                "TrainingJobName": f"{name}-{self.tuning_best}",
                "TrainingJobStatus": "Completed",
            }
            described["BestTrainingJob"] = best
        return described

    def _describe_training_job(self, request: dict[str, Any]) -> dict[str, Any]:
        check_request("sagemaker", "DescribeTrainingJob", request)
        *_, tuning = self.sent("createHyperParameterTuningJob.sync")
        output = tuning["TrainingJobDefinition"]["OutputDataConfig"]["S3OutputPath"]
        return self._trained(request["TrainingJobName"], output)

    def _trained(self, name: str, output: str) -> dict[str, Any]:
        model = f"{output}/{name}/output/model.tar.gz"
        described: dict[str, Any] = {
            "TrainingJobName": name,
            "ModelArtifacts": {"S3ModelArtifacts": model},
        }
        if self.engine == "pytorch":
            described["FinalMetricDataList"] = [
                {"MetricName": key, "Value": value, "Timestamp": 1}
                for key, value in METRICS.items()
            ]
        return described

    def _run_job(self, name: str) -> None:
        names = [
            request.get("TrainingJobName")
            or request.get("ProcessingJobName")
            or request.get("HyperParameterTuningJobName")
            for _, request in self.requests
        ]
        if names.count(name) > 1:
            raise api_failure("ResourceInUse", f"Job name {name} must be unique")
        letter = name.rpartition("-")[2][0]
        if failures := self.job_failures.get(letter):
            raise failures.pop(0)

    def _get_object(self, request: dict[str, Any]) -> dict[str, Any]:
        check_request("s3", "GetObject", request)
        contents = {
            VERIFICATION: {"sentences": self.sentences},
            "evaluation.json": self.evaluation,
            MANIFEST: {"target_language": "de", "metrics": self.manifest_metrics, "beam_size": 5},
        }
        name = request["Key"].rpartition("/")[2]
        return {"Body": json.dumps(contents[name], indent=2), "ContentLength": 1}

    def _list_objects(self, request: dict[str, Any]) -> dict[str, Any]:
        check_request("s3", "ListObjectsV2", request)
        return {"KeyCount": self.test_files, "IsTruncated": False}

    def _describe_stacks(self, request: dict[str, Any]) -> dict[str, Any]:
        check_request("cloudformation", "DescribeStacks", request)
        return self.stack.describe()

    def _describe_stack_events(self, request: dict[str, Any]) -> dict[str, Any]:
        check_request("cloudformation", "DescribeStackEvents", request)
        return self.stack.events()

    def _update_stack(self, request: dict[str, Any]) -> dict[str, Any]:
        check_request("cloudformation", "UpdateStack", request)
        assert request["StackName"] == self.stack.name
        self.stack.update(request)
        return {"StackId": "arn:aws:cloudformation:…"}

    def _describe_endpoint(self, request: dict[str, Any]) -> dict[str, Any]:
        check_request("sagemaker", "DescribeEndpoint", request)
        return self.stack.describe_endpoint(request["EndpointName"])

    def _invoke_endpoint(self, request: dict[str, Any]) -> dict[str, Any]:
        check_request("sagemaker-runtime", "InvokeEndpoint", request)
        if self.invoke_failures:
            raise self.invoke_failures.pop(0)
        asked = [instance["data"] for instance in json.loads(request["Body"])["instances"]]
        known = {sentence["source"]: sentence["target"] for sentence in self.sentences}
        answers = self.answers or [known.get(source, "etwas") for source in asked]
        predictions = [{"target": answer} for answer in answers]
        return {"Body": json.dumps({"predictions": predictions}), "ContentType": "application/json"}


def _publish(request: dict[str, Any]) -> dict[str, Any]:
    check_request("sns", "Publish", request)
    assert len(request["Subject"]) <= 100
    assert request["Subject"].isascii()
    assert "\n" not in request["Subject"]
    return {"MessageId": "1"}


def _put_metric_data(request: dict[str, Any]) -> dict[str, Any]:
    check_request("cloudwatch", "PutMetricData", request)
    return {}


Start = Callable[..., Run]
"""Runs one execution: its input, its name, and how the fake behaves."""


def states_reached(definition: dict[str, Any]) -> set[str]:
    """The states that some path from the start leads to."""
    reached: set[str] = set()
    open_states = [definition["StartAt"]]
    while open_states:
        state = open_states.pop()
        if state not in reached:
            reached.add(state)
            open_states += _following(definition["States"][state])
    return reached


def _following(state: dict[str, Any]) -> Iterable[str]:
    for part in (state, *state.get("Catch", []), *state.get("Choices", [])):
        yield from (part[key] for key in ("Next", "Default") if key in part)


def _check_event(_execution: Any, _kind: str, details: dict[str, Any] | None = None) -> None:
    for detail in (details or {}).values():
        size = len(json.dumps(detail))
        assert size <= MAX_STATE_BYTES, f"{size} bytes pass from state to state"
