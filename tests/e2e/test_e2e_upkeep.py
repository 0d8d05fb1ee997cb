"""What an owner leaves alone: triggers, messages, the register, bad models and the way back."""

import io
import json
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import boto3
import pytest

from protocol.retraining import MANIFEST_KEY
from tests.e2e.conftest import LOCAL
from tests.e2e.deployment import Deployment, Execution

pytestmark = [
    pytest.mark.skipif(not LOCAL, reason="needs the settings that this machine's service has"),
    pytest.mark.usefixtures("first_model"),
]
ENDPOINT_STACK = "translation-endpoint"
T = TypeVar("T")


class Messages:
    """What the service's topic says, in a queue of its own."""

    def __init__(self) -> None:
        (topic,) = [
            found["TopicArn"]
            for found in boto3.client("sns").list_topics()["Topics"]
            if "Notifications" in found["TopicArn"]
        ]
        self._sqs = boto3.client("sqs")
        self._queue = self._sqs.create_queue(QueueName="upkeep")["QueueUrl"]
        attributes = self._sqs.get_queue_attributes(
            QueueUrl=self._queue, AttributeNames=["QueueArn"]
        )
        arn = attributes["Attributes"]["QueueArn"]
        allowed = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        self._sqs.set_queue_attributes(QueueUrl=self._queue, Attributes={"Policy": policy})
        boto3.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    def end(self) -> None:
        self._sqs.delete_queue(QueueUrl=self._queue)

    def about(self, execution: str) -> dict[str, Any]:
        """The message about an execution; earlier ones are dropped."""

        def look() -> dict[str, Any] | None:
            found = self._sqs.receive_message(QueueUrl=self._queue, WaitTimeSeconds=1)
            for message in found.get("Messages", []):
                self._sqs.delete_message(
                    QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"]
                )
                content: dict[str, Any] = json.loads(message["Body"])
                if content["Message"].rstrip().endswith(execution):
                    return content
            return None

        return eventually(look)


def eventually(look: Callable[[], T | None], seconds: float = 120.0) -> T:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.2)
    raise TimeoutError(f"not within {seconds:.0f} s")


@pytest.fixture(scope="module")
def messages(deployment: Deployment) -> Iterator[Messages]:
    assert deployment.state_machine
    found = Messages()
    yield found
    found.end()


def owner(*arguments: str) -> str:
    """What a command of the client prints."""
    done = subprocess.run(
        [sys.executable, "-m", "client", *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def models() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(owner("models", "--json"))
    return found


@contextmanager
def calls(deployment: Deployment) -> Iterator[set[tuple[int, str]]]:
    """Statuses and answers of calls that go on for as long as the block."""
    seen: set[tuple[int, str]] = set()
    ended = threading.Event()
    body = json.dumps({"instances": [{"data": "can you drive a car ?"}]}).encode()

    def call() -> None:
        while not ended.is_set():
            answer = deployment.api.call("POST", "/translate", body)
            seen.add((answer.status, answer.body.decode()))
            time.sleep(0.1)

    caller = threading.Thread(target=call)
    caller.start()
    try:
        yield seen
    finally:
        ended.set()
        caller.join()


def started_since(deployment: Deployment, known: set[str]) -> str:
    def look() -> str | None:
        return next(iter(executions(deployment) - known), None)

    return eventually(look)


def executions(deployment: Deployment) -> set[str]:
    listed = boto3.client("stepfunctions").list_executions(stateMachineArn=deployment.state_machine)
    return {execution["executionArn"] for execution in listed["executions"]}


def test_a_manifest_starts_one_execution_whose_end_is_told(
    deployment: Deployment, first_model: Execution, messages: Messages
) -> None:
    s3, known = boto3.client("s3"), executions(deployment)
    manifest = {"pretrained_model": first_model.output["model_data"], "promote": False}

    s3.put_object(Bucket=deployment.bucket, Key="manifests/other.json", Body=b"{}")
    s3.put_object(Bucket=deployment.bucket, Key=MANIFEST_KEY, Body=json.dumps(manifest))
    execution = deployment.wait(started_since(deployment, known))

    assert execution.status == "SUCCEEDED", f"{execution.error}: {execution.cause}"
    assert execution.output["model_data"] == first_model.output["model_data"]
    assert len(executions(deployment) - known) == 1
    told = messages.about(execution.name)
    assert told["MessageAttributes"]["outcome"]["Value"] == "not_promoted"
    assert "Why: promotion was not asked for" in told["Message"]


def test_a_schedule_does_what_the_manifest_says(deployment: Deployment, messages: Messages) -> None:
    events, known = boto3.client("events"), executions(deployment)
    (rule,) = [one for one in events.list_rules()["Rules"] if "ScheduleExpression" in one]
    boto3.client("s3").put_object(
        Bucket=deployment.bucket, Key=MANIFEST_KEY, Body=b'{"max_line": 1}'
    )
    refused = deployment.wait(started_since(deployment, known))
    known = executions(deployment)

    events.put_rule(Name=rule["Name"], ScheduleExpression="rate(1 minute)")
    try:
        scheduled = deployment.wait(started_since(deployment, known))
    finally:
        events.put_rule(Name=rule["Name"], ScheduleExpression=rule["ScheduleExpression"])

    for execution in (refused, scheduled):
        assert (execution.status, execution.error) == ("FAILED", "InvalidInput")
        assert "'max_line'" in execution.cause
    told = messages.about(scheduled.name)
    assert told["Subject"] == "translation: retraining failed (InvalidInput)"
    assert scheduled.cause in told["Message"]


def test_a_corrupt_model_is_refused_while_the_old_one_serves(
    deployment: Deployment, messages: Messages
) -> None:
    before = deployment.training_job()
    key = "models/corrupt/model.tar.gz"
    boto3.client("s3").put_object(Bucket=deployment.bucket, Key=key, Body=b"\x1f\x8b no archive")

    with calls(deployment) as seen:
        failed = deployment.retrain({"pretrained_model": f"s3://{deployment.bucket}/{key}"})

    assert (failed.status, failed.error) == ("FAILED", "VerificationFailed")
    assert {status for status, _ in seen} == {200}
    assert len(seen) == 1
    assert deployment.training_job() == before
    told = messages.about(failed.name)
    assert told["MessageAttributes"]["outcome"]["Value"] == "failed"


def with_other_words(archive: bytes) -> bytes:
    """The model with the words of its target language changed for each other."""

    def exchanged(name: str, body: bytes) -> bytes:
        if name.endswith("vocab.trg.json"):
            words = list(json.loads(body))
            return json.dumps({word: i for i, word in enumerate(rotated(words))}).encode()
        if name.endswith("ctranslate2/target_vocabulary.json"):
            return json.dumps(rotated(json.loads(body))).encode()
        return body

    return repacked(archive, exchanged)


def rotated(words: list[str]) -> list[str]:
    return words[:4] + words[-1:] + words[4:-1]


def with_half_of_its_weights(archive: bytes) -> bytes:
    """A whole archive of a model whose engine cannot load it."""

    def halved(name: str, body: bytes) -> bytes:
        return body[: len(body) // 2] if name.endswith("ctranslate2/model.bin") else body

    return repacked(archive, halved)


def without_its_end(archive: bytes) -> bytes:
    """An archive that cannot be unpacked."""
    return archive[: len(archive) // 2]


def repacked(archive: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    packed = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(archive)) as given,
        tarfile.open(fileobj=packed, mode="w:gz") as changed,
    ):
        for member in given:
            content = given.extractfile(member)
            body = change(member.name, content.read()) if content else b""
            member.size = len(body)
            changed.addfile(member, io.BytesIO(body))
    assert packed.getvalue() != archive
    return packed.getvalue()


@pytest.mark.parametrize(
    ("broken", "error", "words"),
    [
        (with_other_words, "BadTranslation", "the candidate itself said"),
        (with_half_of_its_weights, "PromotionRolledBack", "the serving process ended with"),
        (without_its_end, "PromotionRolledBack", "model.tar.gz is not a usable .tar.gz"),
    ],
)
def test_a_model_that_breaks_after_its_smoke_test_is_rolled_back_without_a_failed_call(
    deployment: Deployment,
    first_model: Execution,
    messages: Messages,
    broken: Callable[[bytes], bytes],
    error: str,
    words: str,
) -> None:
    s3, before = boto3.client("s3"), deployment.training_job()
    bucket, _, key = first_model.output["model_data"].removeprefix("s3://").partition("/")
    archive = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    other = f"models/{broken.__name__}/model.tar.gz"
    s3.put_object(Bucket=deployment.bucket, Key=other, Body=archive)

    with calls(deployment) as seen:
        started = deployment.start(
            {"pretrained_model": f"s3://{deployment.bucket}/{other}", "force": True}
        )
        wait_for_the_smoke_test(started)
        # The model that is served is no more the one that was tested.
        s3.put_object(Bucket=deployment.bucket, Key=other, Body=broken(archive))
        failed = deployment.wait(started)

    assert (failed.status, failed.error) == ("FAILED", error), failed.cause
    assert words in failed.cause
    assert {status for status, _ in seen} == {200}
    assert deployment.training_job() == before
    told = messages.about(failed.name)
    assert told["MessageAttributes"]["outcome"]["Value"] == "rolled_back"
    newest = models()[0]
    assert (newest["status"], newest["served"]) == ("Rejected", False)
    assert newest["model_data"].endswith(other)


def wait_for_the_smoke_test(execution_arn: str) -> None:
    """Until its container runs, with the model that it has read."""
    sagemaker, name = boto3.client("sagemaker"), execution_arn.rpartition(":")[2]

    def look() -> bool | None:
        jobs = sagemaker.list_processing_jobs(NameContains=name)["ProcessingJobSummaries"]
        names = [job["ProcessingJobName"] for job in jobs if "-v0" in job["ProcessingJobName"]]
        return any(
            "ProcessingStartTime" in sagemaker.describe_processing_job(ProcessingJobName=job)
            for job in names
        )

    eventually(look)


def test_a_model_that_was_promoted_meanwhile_is_not_replaced(
    deployment: Deployment, first_model: Execution
) -> None:
    candidate = copied(deployment, first_model, "candidate")
    meanwhile = copied(deployment, first_model, "meanwhile")

    started = deployment.start({"pretrained_model": candidate, "force": True})
    wait_for_the_smoke_test(started)
    promote_by_hand(
        meanwhile, f"s3://{deployment.bucket}/executions/{first_model.name}/description"
    )
    failed = deployment.wait(started)

    assert (failed.status, failed.error) == ("FAILED", "BaselineChanged")
    assert f"{meanwhile} was promoted" in failed.cause
    boto3.client("cloudformation").get_waiter("stack_update_complete").wait(
        StackName=ENDPOINT_STACK, WaiterConfig={"Delay": 1, "MaxAttempts": 120}
    )
    assert parameters()["ModelDataUrl"] == meanwhile
    assert deployment.api.translate("this is so cool")


def copied(deployment: Deployment, model: Execution, name: str) -> str:
    """A model of its own, with the same content; its address."""
    bucket, _, key = model.output["model_data"].removeprefix("s3://").partition("/")
    copy = f"models/{name}/model.tar.gz"
    source = {"Bucket": bucket, "Key": key}
    boto3.client("s3").copy_object(Bucket=deployment.bucket, Key=copy, CopySource=source)
    return f"s3://{deployment.bucket}/{copy}"


def parameters() -> dict[str, str]:
    """Of the endpoint's stack."""
    (stack,) = boto3.client("cloudformation").describe_stacks(StackName=ENDPOINT_STACK)["Stacks"]
    return {one["ParameterKey"]: one["ParameterValue"] for one in stack["Parameters"]}


def promote_by_hand(model_data: str, description: str) -> None:
    """Begin an update of the endpoint's stack, as a deployment or another machine would."""
    changed = {"ModelDataUrl": model_data, "ModelDescriptionUrl": description}
    boto3.client("cloudformation").update_stack(
        StackName=ENDPOINT_STACK,
        UsePreviousTemplate=True,
        Parameters=[
            {"ParameterKey": key, "ParameterValue": value}
            for key, value in (parameters() | changed).items()
        ],
    )


def test_the_owner_goes_back_to_an_earlier_model(
    deployment: Deployment, first_model: Execution, messages: Messages
) -> None:
    copy = copied(deployment, first_model, "copy")
    promoted = deployment.retrain({"pretrained_model": copy, "force": True})
    assert promoted.status == "SUCCEEDED", f"{promoted.error}: {promoted.cause}"
    assert messages.about(promoted.name)["Subject"] == "translation: a new model is served"
    before = models()
    earlier = [one for one in before if one["status"] == "Approved" and not one["served"]]

    printed = owner("rollback")

    assert f"back to version {earlier[0]['version']} " in printed
    assert "promoted: yes" in printed.splitlines()
    after = models()
    assert [one["version"] for one in after if one["served"]] == [earlier[0]["version"]]
    assert [one["version"] for one in after] == [one["version"] for one in before]
    assert deployment.api.translate("this is so cool")

    newest = before[0]["version"]
    printed = owner("rollback", str(newest))

    assert f"back to version {newest} " in printed
    assert [one["version"] for one in models() if one["served"]] == [newest]
    assert parameters()["ModelDataUrl"] == copy
