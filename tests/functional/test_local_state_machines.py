"""State machines on this machine: SageMaker's tasks, roles, limits, and ends that end jobs."""

import json
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.functional.local_machine import EVERYTHING, LocalMachine, alive, eventually
from tests.functional.test_local_jobs import helper_of

TRAIN = "arn:aws:states:::sagemaker:createTrainingJob.sync"


class Execution:
    """One execution of a machine that has one task."""

    def __init__(
        self,
        machine: LocalMachine,
        task: dict[str, Any],
        *,
        statements: list[dict[str, Any]] | None = None,
        **definition: Any,
    ) -> None:
        self.states = machine.client("stepfunctions")
        role = machine.new_role("states.amazonaws.com", statements or EVERYTHING)
        whole = {
            "QueryLanguage": "JSONata",
            "StartAt": "Only",
            "States": {"Only": {"Type": "Task", "End": True, **task}},
            **definition,
        }
        name = "machine-" + uuid.uuid4().hex[:8]
        created = self.states.create_state_machine(
            name=name, definition=json.dumps(whole), roleArn=role
        )
        self.arn = self.states.start_execution(stateMachineArn=created["stateMachineArn"])[
            "executionArn"
        ]

    def describe(self) -> dict[str, Any]:
        found: dict[str, Any] = self.states.describe_execution(executionArn=self.arn)
        return found

    def ended(self) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            found = self.describe()
            return found if found["status"] != "RUNNING" else None

        return eventually(look)


def job_name() -> str:
    return "job-" + uuid.uuid4().hex[:8]


def test_a_training_task_gives_the_jobs_description(machine: LocalMachine) -> None:
    job = job_name()
    task = {"Resource": TRAIN, "Arguments": machine.training_request(job)}
    ended = Execution(machine, task).ended()
    assert ended["status"] == "SUCCEEDED", ended
    output = json.loads(ended["output"])
    assert output["TrainingJobStatus"] == "Completed"
    assert output["FinalMetricDataList"][0]["Value"] == 12.25
    assert isinstance(output["CreationTime"], int)
    tags = machine.client("sagemaker").list_tags(ResourceArn=output["TrainingJobArn"])["Tags"]
    assert {"Key": "MANAGED_BY_AWS", "Value": "STARTED_BY_STEP_FUNCTIONS"} in tags


def test_a_failed_job_fails_the_task_with_its_description(machine: LocalMachine) -> None:
    request = machine.training_request(job_name(), do="fail")
    ended = Execution(machine, {"Resource": TRAIN, "Arguments": request}).ended()
    assert (ended["status"], ended["error"]) == ("FAILED", "States.TaskFailed")
    cause = json.loads(ended["cause"])
    assert "learning_rate must be positive" in cause["FailureReason"]


def test_a_refused_request_fails_as_on_aws(machine: LocalMachine) -> None:
    request = machine.training_request("no_underscores")
    ended = Execution(machine, {"Resource": TRAIN, "Arguments": request}).ended()
    assert ended["error"] == "SageMaker.AmazonSageMakerException"
    assert "Error Code: ValidationException" in ended["cause"]
    request = machine.training_request(job_name())
    machine.client("sagemaker").create_training_job(**request)
    ended = Execution(machine, {"Resource": TRAIN, "Arguments": request}).ended()
    assert ended["error"] == "SageMaker.ResourceInUseException"


def test_the_machines_role_must_allow_the_job_its_tags_and_its_role(machine: LocalMachine) -> None:
    allowed: list[str] = []
    for missing in ("sagemaker:CreateTrainingJob", "sagemaker:AddTags", "iam:PassRole"):
        statement = {"Effect": "Allow", "Action": allowed or "logs:*", "Resource": "*"}
        task = {"Resource": TRAIN, "Arguments": machine.training_request(job_name())}
        ended = Execution(machine, task, statements=[statement]).ended()
        assert ended["error"] == "SageMaker.AmazonSageMakerException"
        assert f"is not authorized to perform: {missing}" in ended["cause"]
        allowed.append(missing)


def test_stopping_the_execution_stops_the_job(machine: LocalMachine) -> None:
    job = job_name()
    arguments = machine.training_request(job, do="wait")
    retry = [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 3, "IntervalSeconds": 1}]
    execution = Execution(machine, {"Resource": TRAIN, "Arguments": arguments, "Retry": retry})
    log = machine.training_log(job)
    eventually(lambda: log.exists() or None)
    helper = helper_of(machine, job)
    execution.states.stop_execution(executionArn=execution.arn, error="Enough", cause="of this")
    assert machine.finished_training(job)["TrainingJobStatus"] == "Stopped"
    assert not alive(helper)
    found = execution.describe()
    assert (found["status"], found["error"]) == ("ABORTED", "Enough")


def test_a_tasks_time_limit_stops_the_job(machine: LocalMachine) -> None:
    job = job_name()
    task = {
        "Resource": TRAIN,
        "Arguments": machine.training_request(job, do="wait"),
        "TimeoutSeconds": 1,
    }
    ended = Execution(machine, task).ended()
    assert (ended["status"], ended["error"]) == ("FAILED", "States.Timeout")
    assert machine.finished_training(job)["TrainingJobStatus"] == "Stopped"


def test_the_executions_time_limit_stops_the_job(machine: LocalMachine) -> None:
    job = job_name()
    task = {"Resource": TRAIN, "Arguments": machine.training_request(job, do="wait")}
    ended = Execution(machine, task, TimeoutSeconds=1).ended()
    assert ended["status"] == "TIMED_OUT"
    assert machine.finished_training(job)["TrainingJobStatus"] == "Stopped"


def test_a_state_over_256_kb_ends_the_execution(machine: LocalMachine) -> None:
    uri = machine.put("large.txt", b"x" * 262_145)
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Only"}]
    task = {
        "Resource": "arn:aws:states:::aws-sdk:s3:getObject",
        "Arguments": {"Bucket": machine.bucket, "Key": uri.rsplit("/", 1)[1]},
        "Output": "{% $states.result.Body %}",
        "Catch": catch,
    }
    ended = Execution(machine, task).ended()
    assert (ended["status"], ended["error"]) == ("FAILED", "States.DataLimitExceeded")


def test_an_input_over_256_kb_is_refused(machine: LocalMachine) -> None:
    states = machine.client("stepfunctions")
    execution = Execution(machine, {"Type": "Pass"})
    arn = execution.describe()["stateMachineArn"]
    with pytest.raises(ClientError, match="262144"):
        states.start_execution(stateMachineArn=arn, input=json.dumps("x" * 262_144))


def test_objects_are_read_with_the_machines_role(machine: LocalMachine) -> None:
    machine.put("words/hello.json", '{"word": "schön"}'.encode())
    task = {
        "Resource": "arn:aws:states:::aws-sdk:s3:getObject",
        "Arguments": {"Bucket": machine.bucket, "Key": "words/hello.json"},
        "Output": "{% $parse($states.result.Body).word %}",
    }
    statement = {
        "Effect": "Allow",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{machine.bucket}/words/*",
    }
    assert json.loads(Execution(machine, task, statements=[statement]).ended()["output"]) == "schön"
    statement["Resource"] = f"arn:aws:s3:::{machine.bucket}/other/*"
    ended = Execution(machine, task, statements=[statement]).ended()
    assert ended["error"] == "S3.S3Exception"


def test_executions_are_listed_with_the_machines_role(machine: LocalMachine) -> None:
    task = {
        "Resource": "arn:aws:states:::aws-sdk:sfn:listExecutions",
        "Arguments": {
            "StateMachineArn": "{% $states.context.StateMachine.Id %}",
            "StatusFilter": "RUNNING",
            "MaxResults": 5,
        },
        "Output": {
            "listed": "{% [$states.result.Executions.ExecutionArn] %}",
            "since": "{% $toMillis($states.result.Executions[0].StartDate) %}",
        },
    }
    statement = {"Effect": "Allow", "Action": "states:ListExecutions"}
    ours = "arn:aws:states:us-east-1:000000000000:stateMachine:machine-*"
    execution = Execution(machine, task, statements=[{**statement, "Resource": ours}])
    output = json.loads(execution.ended()["output"])
    assert output["listed"] == [execution.arn]
    assert output["since"] > 1_700_000_000_000
    ended = Execution(machine, task, statements=[{**statement, "Resource": f"{ours}-x"}]).ended()
    assert ended["error"] == "Sfn.SfnException"
    assert "states:ListExecutions" in ended["cause"]


def test_files_are_listed_below_the_prefix_that_the_policy_names(machine: LocalMachine) -> None:
    machine.put("executions/e1/test/source.txt", b"one")
    statement = {
        "Effect": "Allow",
        "Action": "s3:ListBucket",
        "Resource": f"arn:aws:s3:::{machine.bucket}",
        "Condition": {"StringLike": {"s3:prefix": "executions/*"}},
    }

    def listed(prefix: str) -> dict[str, Any]:
        task = {
            "Resource": "arn:aws:states:::aws-sdk:s3:listObjectsV2",
            "Arguments": {"Bucket": machine.bucket, "Prefix": prefix, "MaxKeys": 2},
            "Output": "{% $states.result.KeyCount %}",
        }
        return Execution(machine, task, statements=[statement]).ended()

    assert json.loads(listed("executions/e1/test/")["output"]) == 1
    assert json.loads(listed("executions/e2/test/")["output"]) == 0
    assert listed("corpora/")["error"] == "S3.S3Exception"


def new_stack(machine: LocalMachine) -> str:
    name = "stack-" + uuid.uuid4().hex[:8]
    template = {
        "Parameters": {"Word": {"Type": "String", "Default": "one"}},
        "Resources": {
            "P": {
                "Type": "AWS::SSM::Parameter",
                "Properties": {"Type": "String", "Value": {"Ref": "Word"}},
            }
        },
    }
    stacks = machine.client("cloudformation")
    stacks.create_stack(StackName=name, TemplateBody=json.dumps(template))
    stacks.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    return name


def update(name: str, word: str, types: list[str] | None) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "StackName": name,
        "UsePreviousTemplate": True,
        "Parameters": [{"ParameterKey": "Word", "ParameterValue": word}],
    }
    if types is not None:
        arguments["ResourceTypes"] = types
    resource = "arn:aws:states:::aws-sdk:cloudformation:updateStack"
    return {"Resource": resource, "Arguments": arguments}


def test_stack_updates_fail_in_aws_words(machine: LocalMachine) -> None:
    name = new_stack(machine)
    ended = Execution(machine, update(name, "one", None)).ended()
    assert ended["error"] == "CloudFormation.CloudFormationException"
    assert ended["cause"].startswith("No updates are to be performed.")
    ended = Execution(machine, update(name, "two", ["AWS::SNS::Topic"])).ended()
    assert ended["error"] == "CloudFormation.CloudFormationException"
    assert "AWS::SSM::Parameter" in ended["cause"]


def test_a_policy_can_ask_for_resource_types(machine: LocalMachine) -> None:
    name = new_stack(machine)
    key = "cloudformation:ResourceTypes"
    statement = {
        "Effect": "Allow",
        "Action": "cloudformation:UpdateStack",
        "Resource": f"arn:aws:cloudformation:us-east-1:000000000000:stack/{name}/*",
        "Condition": {
            "ForAllValues:StringEquals": {key: ["AWS::SSM::Parameter"]},
            "Null": {key: "false", "cloudformation:TemplateUrl": "true"},
        },
    }
    for types in (None, ["AWS::SSM::Parameter", "AWS::IAM::Role"]):
        ended = Execution(machine, update(name, "two", types), statements=[statement]).ended()
        assert ended["status"] == "FAILED"
        assert "not authorized to perform: cloudformation:UpdateStack" in ended["cause"]
    task = update(name, "two", ["AWS::SSM::Parameter"])
    ended = Execution(machine, task, statements=[statement]).ended()
    assert ended["status"] == "SUCCEEDED", ended
    described = Execution(
        machine,
        {
            "Resource": "arn:aws:states:::aws-sdk:cloudformation:describeStacks",
            "Arguments": {"StackName": name},
        },
    ).ended()
    (stack,) = json.loads(described["output"])["Stacks"]
    assert stack["Parameters"] == [{"ParameterKey": "Word", "ParameterValue": "two"}]


def test_missing_endpoints_are_told_as_on_aws(machine: LocalMachine) -> None:
    for action, error in (
        ("sagemaker:describeEndpoint", "SageMaker.SageMakerException"),
        ("sagemakerruntime:invokeEndpoint", "SageMakerRuntime.ValidationErrorException"),
    ):
        task = {
            "Resource": f"arn:aws:states:::aws-sdk:{action}",
            "Arguments": {"EndpointName": "nobody", "Body": {"a": 1}},
        }
        if action.endswith("describeEndpoint"):
            task["Arguments"] = {"EndpointName": "nobody"}
        ended = Execution(machine, task).ended()
        assert ended["error"] == error
        assert "nobody" in ended["cause"]
