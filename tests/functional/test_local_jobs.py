"""SageMaker's jobs on this machine, through boto3."""

import io
import json
import tarfile
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.functional.local_machine import LocalMachine, alive, eventually


def name() -> str:
    return "job-" + uuid.uuid4().hex[:8]


def channel(machine: LocalMachine, channel_name: str, uri: str) -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": "FullyReplicated"}
    return {"ChannelName": channel_name, "DataSource": {"S3DataSource": source}}


def unpacked(archive: bytes, member: str) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(archive)) as content:
        found = content.extractfile(member)
        assert found is not None
        return found.read()


def test_a_training_job_trains_and_leaves_its_model(machine: LocalMachine) -> None:
    job = name()
    machine.put(f"{job}/train/train.rec", b"records")
    machine.put(f"{job}/vocab/deep/vocab.src.json", b"{}")
    checkpoint = machine.put(f"{job}/checkpoints/old.txt", b"old")
    request = machine.training_request(job, answer="two")
    request["InputDataConfig"] = [
        channel(machine, "train", f"s3://{machine.bucket}/{job}/train/"),
        channel(machine, "vocab", f"s3://{machine.bucket}/{job}/vocab"),
    ]
    request["CheckpointConfig"] = {"S3Uri": checkpoint.rsplit("/", 1)[0]}
    request["Environment"] = {"COLOUR": "blue"}
    machine.client("sagemaker").create_training_job(**request)

    done = machine.finished_training(job)

    assert done["TrainingJobStatus"] == done["SecondaryStatus"] == "Completed"
    steps = [step["Status"] for step in done["SecondaryStatusTransitions"]]
    assert steps == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    metrics = {metric["MetricName"]: metric["Value"] for metric in done["FinalMetricDataList"]}
    assert metrics == {"validation:bleu": 12.25}
    model = machine.get(done["ModelArtifacts"]["S3ModelArtifacts"])
    assert unpacked(model, "answer.txt") == b"two"
    output = machine.get(f"s3://{machine.bucket}/out/{job}/output/output.tar.gz")
    seen = json.loads(unpacked(output, "seen.json"))
    assert {"input/data/train/train.rec", "input/data/vocab/deep/vocab.src.json"} < set(
        seen["files"]
    )
    assert "checkpoints/old.txt" in seen["files"]
    assert machine.get(checkpoint.replace("old.txt", "new.txt")) == b"new"
    assert seen["hosts"]["hosts"] == ["algo-1"]
    assert seen["hosts"]["current_instance_type"] == "local"
    assert seen["channels"]["train"]["TrainingInputMode"] == "File"
    environment = seen["environment"]
    assert environment["COLOUR"] == "blue"
    assert environment["TRAINING_JOB_NAME"] == job
    assert environment["AWS_ENDPOINT_URL"] == machine.settings.endpoint_url
    assert machine.key.access_key_id not in environment.values()
    assert "validation:bleu=12.25" in machine.training_log(job).read_text(encoding="utf-8")


def test_a_failing_job_says_why_in_its_own_words(machine: LocalMachine) -> None:
    job = name()
    machine.client("sagemaker").create_training_job(**machine.training_request(job, do="fail"))
    done = machine.finished_training(job)
    assert done["TrainingJobStatus"] == "Failed"
    log = machine.training_log(job)
    assert done["FailureReason"] == (
        f"AlgorithmError: learning_rate must be positive, exit code: 1 (log: {log})"
    )


def test_a_job_that_breaks_without_words_shows_the_last_line_of_its_log(
    machine: LocalMachine,
) -> None:
    job = name()
    machine.client("sagemaker").create_training_job(**machine.training_request(job, do="break"))
    reason = machine.finished_training(job)["FailureReason"]
    assert reason.startswith("AlgorithmError: Segmentation fault, exit code: 3 (log: ")


def test_a_job_that_is_killed_names_the_signal(machine: LocalMachine) -> None:
    job = name()
    machine.client("sagemaker").create_training_job(**machine.training_request(job, do="die"))
    reason = machine.finished_training(job)["FailureReason"]
    assert reason.startswith(
        "AlgorithmError: killed by SIGKILL; last line: epoch 3, exit code: 137 (log: "
    )


def helper_of(machine: LocalMachine, job: str) -> int:
    def look() -> int | None:
        lines = machine.training_log(job).read_text(encoding="utf-8").splitlines()
        return next((int(line.split()[1]) for line in lines if line.startswith("helper")), None)

    return eventually(look)


def test_a_stopped_job_may_save_and_leaves_no_process(machine: LocalMachine) -> None:
    job = name()
    sagemaker = machine.client("sagemaker")
    sagemaker.create_training_job(**machine.training_request(job, do="wait"))
    helper = helper_of(machine, job)
    sagemaker.stop_training_job(TrainingJobName=job)
    done = machine.finished_training(job)
    assert done["TrainingJobStatus"] == done["SecondaryStatus"] == "Stopped"
    model = machine.get(done["ModelArtifacts"]["S3ModelArtifacts"])
    assert unpacked(model, "saved.txt") == b"saved"
    assert not alive(helper)
    with pytest.raises(ClientError, match=r"ValidationException.*is in status Stopped"):
        sagemaker.stop_training_job(TrainingJobName=job)


def test_a_job_ends_at_its_time_limit(machine: LocalMachine) -> None:
    job = name()
    request = machine.training_request(job, do="wait")
    request["StoppingCondition"] = {"MaxRuntimeInSeconds": 1}
    machine.client("sagemaker").create_training_job(**request)
    done = machine.finished_training(job)
    assert (done["TrainingJobStatus"], done["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")


def test_a_missing_channel_is_named(machine: LocalMachine) -> None:
    job = name()
    request = machine.training_request(job)
    request["InputDataConfig"] = [channel(machine, "train", f"s3://{machine.bucket}/nowhere/")]
    machine.client("sagemaker").create_training_job(**request)
    reason = machine.finished_training(job)["FailureReason"]
    assert reason.startswith("ClientError: No S3 objects found under S3 URL")
    assert "nowhere" in reason


def test_a_role_without_permission_on_the_data_fails_the_job(machine: LocalMachine) -> None:
    job = name()
    machine.put(f"{job}/train/train.rec", b"records")
    request = machine.training_request(job)
    only_logs = [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}]
    request["RoleArn"] = machine.new_role("sagemaker.amazonaws.com", only_logs)
    uri = f"s3://{machine.bucket}/{job}/train/"
    request["InputDataConfig"] = [channel(machine, "train", uri)]
    machine.client("sagemaker").create_training_job(**request)
    assert "AccessDenied" in machine.finished_training(job)["FailureReason"]


def test_what_aws_refuses_is_refused(machine: LocalMachine) -> None:
    job = name()
    sagemaker = machine.client("sagemaker")
    request = machine.training_request(job)
    sagemaker.create_training_job(**request)
    with pytest.raises(ClientError, match="ResourceInUse"):
        sagemaker.create_training_job(**request)
    for change, words in (
        ({"TrainingJobName": "no_underscores"}, "regular expression pattern"),
        ({"TrainingJobName": "x" * 64}, "regular expression pattern"),
        ({"StoppingCondition": {"MaxRuntimeInSeconds": 0}}, "greater than or equal to 1"),
        ({"RoleArn": f"{machine.role}-of-nobody"}, "Could not assume role"),
        ({"EnableManagedSpotTraining": True}, "MaxWaitTimeInSeconds"),
    ):
        with pytest.raises(ClientError, match=words):
            sagemaker.create_training_job(**{**request, "TrainingJobName": name(), **change})
    with pytest.raises(ClientError, match="ValidationException"):
        sagemaker.describe_training_job(TrainingJobName="nobody")


def test_an_image_that_cannot_run_here_is_refused(machine: LocalMachine) -> None:
    request = machine.training_request(name())
    request["AlgorithmSpecification"]["TrainingImage"] = "example.com/seq2seq:1"
    with pytest.raises(ClientError, match="cannot run on this machine"):
        machine.client("sagemaker").create_training_job(**request)


def test_a_caller_needs_permission_and_may_not_pass_any_role(machine: LocalMachine) -> None:
    iam = machine.client("iam")
    user = "user-" + uuid.uuid4().hex[:8]
    iam.create_user(UserName=user)
    allowed = {"Effect": "Allow", "Action": "sagemaker:*", "Resource": "*"}
    key = iam.create_access_key(UserName=user)["AccessKey"]
    sagemaker = machine.client(
        "sagemaker",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
    with pytest.raises(ClientError, match=r"AccessDenied.*sagemaker:CreateTrainingJob"):
        sagemaker.create_training_job(**machine.training_request(name()))
    document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=document)
    with pytest.raises(ClientError, match=r"AccessDenied.*iam:PassRole"):
        sagemaker.create_training_job(**machine.training_request(name()))


def processing_request(machine: LocalMachine, job: str, argument: str) -> dict[str, Any]:
    words = machine.put(f"{job}/in/words.txt", b"words")
    return {
        "ProcessingJobName": job,
        "RoleArn": machine.role,
        "AppSpecification": {
            "ImageUri": "local/training",
            "ContainerEntrypoint": ["python", "-m", "shout"],
            "ContainerArguments": [argument],
        },
        "ProcessingResources": {
            "ClusterConfig": {
                "InstanceCount": 1,
                "InstanceType": "ml.m5.large",
                "VolumeSizeInGB": 1,
            }
        },
        "ProcessingInputs": [
            {
                "InputName": "words",
                "S3Input": {
                    "S3Uri": words.rsplit("/", 1)[0],
                    "LocalPath": "/opt/ml/processing/input/words",
                    "S3DataType": "S3Prefix",
                    "S3InputMode": "File",
                },
            }
        ],
        "ProcessingOutputConfig": {
            "Outputs": [
                {
                    "OutputName": "upper",
                    "S3Output": {
                        "S3Uri": f"s3://{machine.bucket}/{job}/out",
                        "LocalPath": "/opt/ml/processing/output/upper",
                        "S3UploadMode": "EndOfJob",
                    },
                }
            ]
        },
    }


def finished_processing(machine: LocalMachine, job: str) -> dict[str, Any]:
    sagemaker = machine.client("sagemaker")

    def look() -> dict[str, Any] | None:
        found: dict[str, Any] = sagemaker.describe_processing_job(ProcessingJobName=job)
        return found if found["ProcessingJobStatus"] != "InProgress" else None

    return eventually(look)


def test_a_processing_job_turns_inputs_into_outputs(machine: LocalMachine) -> None:
    job = name()
    request = processing_request(machine, job, "shout")
    machine.client("sagemaker").create_processing_job(**request)
    assert finished_processing(machine, job)["ProcessingJobStatus"] == "Completed"
    assert machine.get(f"s3://{machine.bucket}/{job}/out/deep/words.txt") == b"WORDS"


def test_a_failing_processing_job_leaves_a_message(machine: LocalMachine) -> None:
    job = name()
    request = processing_request(machine, job, "refuse")
    machine.client("sagemaker").create_processing_job(**request)
    done = finished_processing(machine, job)
    assert done["ProcessingJobStatus"] == "Failed"
    assert done["ExitMessage"] == "no words wanted"
    log = machine.settings.logs / "processing-jobs" / f"{job}.log"
    assert done["FailureReason"] == f"AlgorithmError: See ExitMessage, exit code: 1 (log: {log})"
