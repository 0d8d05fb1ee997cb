"""SageMaker's transform jobs on this machine, through boto3 and in state machines."""

import io
import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from protocol.recordio import write_frame
from tests.functional.local_machine import LocalMachine, alive, eventually
from tests.functional.test_local_state_machines import Execution

TRANSFORM = "arn:aws:states:::sagemaker:createTransformJob.sync"


def name(start: str = "job") -> str:
    return f"{start}-{uuid.uuid4().hex[:8]}"


def frames(*payloads: bytes) -> bytes:
    stream = io.BytesIO()
    for payload in payloads:
        write_frame(stream, payload)
    return stream.getvalue()


@pytest.fixture(scope="module")
def model(machine: LocalMachine) -> str:
    """A model whose stand-in for serving answers every request with x."""
    created = name("model")
    machine.client("sagemaker").create_model(
        ModelName=created,
        ExecutionRoleArn=machine.role,
        PrimaryContainer={"Image": "local/serving", "ModelDataUrl": machine.put_model("x")},
    )
    return created


def request(machine: LocalMachine, job: str, model: str, **changes: Any) -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{machine.bucket}/{job}/in/"}
    return {
        "TransformJobName": job,
        "ModelName": model,
        "BatchStrategy": "MultiRecord",
        "TransformInput": {"DataSource": {"S3DataSource": source}, "SplitType": "RecordIO"},
        "TransformOutput": {"S3OutputPath": f"s3://{machine.bucket}/{job}/out"},
        "TransformResources": {"InstanceType": "ml.c6i.xlarge", "InstanceCount": 1},
        **changes,
    }


def ended(machine: LocalMachine, job: str) -> dict[str, Any]:
    sagemaker = machine.client("sagemaker")

    def look() -> dict[str, Any] | None:
        found: dict[str, Any] = sagemaker.describe_transform_job(TransformJobName=job)
        running = found["TransformJobStatus"] in ("InProgress", "Stopping")
        return None if running else found

    return eventually(look)


def outputs(machine: LocalMachine, job: str) -> dict[str, bytes]:
    found = machine.client("s3").list_objects_v2(Bucket=machine.bucket, Prefix=f"{job}/out/")
    keys = [item["Key"] for item in found.get("Contents", [])]
    return {key.partition("/out/")[2]: machine.get(f"s3://{machine.bucket}/{key}") for key in keys}


def test_every_object_gets_its_output(machine: LocalMachine, model: str) -> None:
    job = name()
    machine.put(f"{job}/in/a.rec", frames(b"one", b"two"))
    machine.put(f"{job}/in/deep/b.rec", frames(b"three"))
    machine.client("sagemaker").create_transform_job(**request(machine, job, model))
    done = ended(machine, job)
    assert done["TransformJobStatus"] == "Completed", done
    assert outputs(machine, job) == {"a.rec.out": b"x", "deep/b.rec.out": b"x"}
    assert done["TransformStartTime"] <= done["TransformEndTime"]
    listed = machine.client("sagemaker").list_transform_jobs(NameContains=job)
    (summary,) = listed["TransformJobSummaries"]
    assert summary["TransformJobStatus"] == "Completed"


@pytest.mark.parametrize(
    ("changes", "output"),
    [
        ({"MaxPayloadInMB": 1}, b"xx"),
        ({"BatchStrategy": "SingleRecord"}, b"xxxxx"),
        ({"MaxPayloadInMB": 2, "MaxConcurrentTransforms": 3}, b"x"),
    ],
)
def test_records_are_put_together_as_the_strategy_says(
    machine: LocalMachine, model: str, changes: dict[str, Any], output: bytes
) -> None:
    job = name()
    machine.put(f"{job}/in/a.rec", frames(*[b"." * 300_000] * 5))
    machine.client("sagemaker").create_transform_job(**request(machine, job, model, **changes))
    ended(machine, job)
    assert outputs(machine, job) == {"a.rec.out": output}


def test_lines_and_whole_objects_are_transformed_too(machine: LocalMachine, model: str) -> None:
    for split_type, strategy, output in (
        ("Line", {"BatchStrategy": "SingleRecord"}, b"x\nx\n"),
        ("None", {}, b"x\n"),
    ):
        job = name()
        machine.put(f"{job}/in/a.txt", b"one\ntwo\n")
        wanted = request(machine, job, model)
        wanted["TransformInput"]["SplitType"] = split_type
        wanted["TransformOutput"]["AssembleWith"] = "Line"
        del wanted["BatchStrategy"]
        machine.client("sagemaker").create_transform_job(**wanted, **strategy)
        ended(machine, job)
        assert outputs(machine, job) == {"a.txt.out": output}


def test_a_manifest_names_the_objects_and_instances_share_them(
    machine: LocalMachine, model: str
) -> None:
    job = name()
    for number in range(5):
        machine.put(f"{job}/in/{number}.rec", frames(b"one"))
    manifest = [{"prefix": f"s3://{machine.bucket}/{job}/in/"}, "0.rec", "3.rec", "4.rec"]
    uri = machine.put(f"{job}/shards.manifest", json.dumps(manifest).encode())
    wanted = request(machine, job, model)
    wanted["TransformInput"]["DataSource"]["S3DataSource"] = {
        "S3DataType": "ManifestFile",
        "S3Uri": uri,
    }
    wanted["TransformResources"]["InstanceCount"] = 2
    machine.client("sagemaker").create_transform_job(**wanted)
    assert ended(machine, job)["TransformJobStatus"] == "Completed"
    assert set(outputs(machine, job)) == {"0.rec.out", "3.rec.out", "4.rec.out"}
    logs = machine.settings.logs / "transform-jobs" / job
    assert sorted(log.name for log in logs.iterdir()) == ["algo-1.log", "algo-2.log"]


def test_an_object_that_fails_fails_the_job_and_no_other_object(
    machine: LocalMachine, model: str
) -> None:
    job = name()
    machine.put(f"{job}/in/a.rec", frames(b"one"))
    machine.put(f"{job}/in/b.rec", b"no records at all")
    machine.put(f"{job}/in/c.rec", frames(b"." * 1_100_000))
    machine.put(f"{job}/in/d.rec", frames(b"four"))
    wanted = request(machine, job, model, MaxPayloadInMB=1)
    machine.client("sagemaker").create_transform_job(**wanted)
    done = ended(machine, job)
    assert done["TransformJobStatus"] == "Failed"
    assert done["FailureReason"].startswith(
        "AlgorithmError: 2 of 4 objects failed, the first of them b.rec: the object is not RecordIO"
    )
    assert set(outputs(machine, job)) == {"a.rec.out", "d.rec.out"}
    log = (machine.settings.logs / "transform-jobs" / f"{job}.log").read_text(encoding="utf-8")
    assert "larger than MaxPayloadInMB allows" in log


def test_what_the_container_refuses_fails_the_object(machine: LocalMachine, model: str) -> None:
    job = name()
    machine.put(f"{job}/in/a.txt", b"refuse")
    wanted = request(machine, job, model)
    wanted["TransformInput"]["SplitType"] = "None"
    del wanted["BatchStrategy"]
    machine.client("sagemaker").create_transform_job(**wanted)
    assert '400: {"message": "no"' in ended(machine, job)["FailureReason"]


def test_a_model_that_cannot_be_loaded_fails_the_job(machine: LocalMachine) -> None:
    broken = name("model")
    machine.client("sagemaker").create_model(
        ModelName=broken,
        ExecutionRoleArn=machine.role,
        PrimaryContainer={"Image": "local/serving", "ModelDataUrl": machine.put_model("broken")},
    )
    job = name()
    machine.put(f"{job}/in/a.rec", frames(b"one"))
    machine.client("sagemaker").create_transform_job(**request(machine, job, broken))
    assert "the model cannot be loaded" in ended(machine, job)["FailureReason"]


def test_a_stopped_job_leaves_no_process(machine: LocalMachine, model: str) -> None:
    job = name()
    machine.put(f"{job}/in/a.txt", b"sleep 60")
    wanted = request(machine, job, model)
    wanted["TransformInput"]["SplitType"] = "None"
    del wanted["BatchStrategy"]
    sagemaker = machine.client("sagemaker")
    sagemaker.create_transform_job(**wanted)
    eventually(lambda: processes_of(job) or None)
    sagemaker.stop_transform_job(TransformJobName=job)
    assert ended(machine, job)["TransformJobStatus"] == "Stopped"
    assert not processes_of(job)


def processes_of(job: str) -> list[int]:
    """The processes that work in a job's folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environment = (process / "environ").read_bytes()
        except OSError:
            continue
        if f"transform-jobs/{job}".encode() in environment and alive(int(process.name)):
            found.append(int(process.name))
    return found


def test_what_aws_refuses_is_refused(machine: LocalMachine, model: str) -> None:
    sagemaker = machine.client("sagemaker")
    for change, words in (
        ({"ModelName": "nobody"}, "Could not find model"),
        ({"MaxPayloadInMB": 101}, "MaxPayloadInMB cannot be greater than 100"),
        ({"MaxPayloadInMB": 20, "MaxConcurrentTransforms": 6}, "cannot exceed 100 MB"),
        (
            {"TransformResources": {"InstanceType": "ml.c6i.xlarge", "InstanceCount": 101}},
            "InstanceCount cannot be greater than 100",
        ),
        ({"TransformJobName": "no_underscores"}, "regular expression pattern"),
        ({"BatchStrategy": "AllRecords"}, "enum value set"),
    ):
        with pytest.raises(ClientError, match=words):
            sagemaker.create_transform_job(**{**request(machine, name(), model), **change})
    with pytest.raises(ClientError, match="ValidationException"):
        sagemaker.describe_transform_job(TransformJobName="nobody")


def test_a_state_machine_waits_for_the_job_and_needs_permission(
    machine: LocalMachine, model: str
) -> None:
    job = name()
    machine.put(f"{job}/in/a.rec", frames(b"one"))
    task = {"Resource": TRANSFORM, "Arguments": request(machine, job, model)}
    done = Execution(machine, task).ended()
    assert done["status"] == "SUCCEEDED", done
    assert json.loads(done["output"])["TransformJobStatus"] == "Completed"

    task["Arguments"] = request(machine, name(), model)
    failed = Execution(machine, task).ended()
    assert failed["error"] == "States.TaskFailed"
    assert "no objects under" in json.loads(failed["cause"])["FailureReason"]

    allowed = {"Effect": "Allow", "Action": "sagemaker:CreateTransformJob", "Resource": "*"}
    refused = Execution(machine, task, statements=[allowed]).ended()
    assert "is not authorized to perform: sagemaker:AddTags" in refused["cause"]
