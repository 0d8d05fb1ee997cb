"""The bulk translation's jobs and a transform job on this machine, with the code that serves."""

import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local import server_process
from local.sagemaker.hosting import free_port
from local.settings import REPOSITORY, LocalSettings
from protocol.recordio import CONTENT_TYPE
from tests.copying_model import build_word_model
from tests.functional.local_machine import LocalMachine, eventually

SENTENCES = [
    "you are so good !",
    "this is unheard of",
    "are </s> you <pad> cool",
    "  you   are\tcool  ",
    "nothing",
    "so\u2028good \U0001f600",
]


class BulkMachine:
    """This machine, one model, and the three jobs of a bulk translation."""

    def __init__(self, machine: LocalMachine, model: Path) -> None:
        self.machine = machine
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            archive.add(model, arcname=".")
        self.model_data = machine.put("models/job/output/model.tar.gz", packed.getvalue())
        self.folder = f"s3://{machine.bucket}/bulk-work/executions/e"
        self._sagemaker = machine.client("sagemaker")
        self._number = 0
        self._sagemaker.create_model(
            ModelName="bulk",
            ExecutionRoleArn=machine.role,
            PrimaryContainer={"Image": "local/serving", "ModelDataUrl": self.model_data},
            EnableNetworkIsolation=True,
        )

    def split(self, uri: str) -> dict[str, Any]:
        output = uri[: uri.rindex("/") + 1]
        own = ["--input", uri, "--output", output, "--shard-lines", "3"]
        return self._process("bulk.split", own, "split.json")

    def join(self) -> dict[str, Any]:
        return self._process("bulk.join", ["--transform-seconds", "1.5"], "joined.json")

    def transform(self, split: dict[str, Any]) -> dict[str, Any]:
        name = self._name()
        source = {"S3DataType": "ManifestFile", "S3Uri": split["manifest"]}
        self._sagemaker.create_transform_job(
            TransformJobName=name,
            ModelName="bulk",
            BatchStrategy="MultiRecord",
            MaxPayloadInMB=1,
            TransformInput={
                "DataSource": {"S3DataSource": source},
                "ContentType": CONTENT_TYPE,
                "SplitType": "RecordIO",
            },
            TransformOutput={"S3OutputPath": split["answers"], "Accept": CONTENT_TYPE},
            TransformResources={"InstanceType": "ml.c6i.xlarge", "InstanceCount": 2},
        )
        return self._ended("Transform", name)

    def translated_by_the_endpoint(self, sentences: list[str]) -> list[str]:
        variant = {
            "VariantName": "one",
            "ModelName": "bulk",
            "InitialInstanceCount": 1,
            "InstanceType": "ml.c6i.xlarge",
        }
        self._sagemaker.create_endpoint_config(
            EndpointConfigName="bulk", ProductionVariants=[variant]
        )
        self._sagemaker.create_endpoint(EndpointName="bulk", EndpointConfigName="bulk")
        eventually(
            lambda: (
                self._sagemaker.describe_endpoint(EndpointName="bulk")["EndpointStatus"]
                == "InService"
            )
        )
        body = {"instances": [{"data": sentence} for sentence in sentences]}
        answer = self.machine.client("sagemaker-runtime").invoke_endpoint(
            EndpointName="bulk", ContentType="application/json", Body=json.dumps(body)
        )
        predictions = json.loads(answer["Body"].read())["predictions"]
        return [prediction["target"] for prediction in predictions]

    def _process(self, module: str, own: list[str], told: str) -> dict[str, Any]:
        name = self._name()
        shared = ["--execution-folder", self.folder, "--model-data", self.model_data]
        model = {
            "S3Uri": self.model_data,
            "LocalPath": "/opt/ml/processing/input/model",
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
        }
        cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
        self._sagemaker.create_processing_job(
            ProcessingJobName=name,
            RoleArn=self.machine.role,
            AppSpecification={
                "ImageUri": "local/training",
                "ContainerEntrypoint": ["python", "-m", module],
                "ContainerArguments": [*shared, "--target-language", "de", *own],
            },
            ProcessingResources={"ClusterConfig": cluster},
            ProcessingInputs=[{"InputName": "model", "S3Input": model}],
        )
        done = self._ended("Processing", name)
        assert done["ProcessingJobStatus"] == "Completed", done
        return dict(json.loads(self.machine.get(f"{self.folder}/{told}")))

    def _ended(self, kind: str, name: str) -> dict[str, Any]:
        describe = getattr(self._sagemaker, f"describe_{kind.lower()}_job")

        def look() -> dict[str, Any] | None:
            found: dict[str, Any] = describe(**{f"{kind}JobName": name})
            return found if found[f"{kind}JobStatus"] != "InProgress" else None

        return eventually(look, 60)

    def _name(self) -> str:
        self._number += 1
        return f"job-{self._number}"


@pytest.fixture(scope="module")
def bulk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BulkMachine]:
    folder = tmp_path_factory.mktemp("bulk")
    settings = LocalSettings(
        port=free_port(), state_folder=folder / "state", code_folder=REPOSITORY
    )
    server_process.start(settings)
    try:
        yield BulkMachine(LocalMachine(settings), build_word_model(folder / "model"))
    finally:
        server_process.stop(settings)


def test_a_failed_shard_is_all_that_the_next_execution_translates(bulk: BulkMachine) -> None:
    machine = bulk.machine
    lines = [*SENTENCES[:2], "", *SENTENCES[2:], "good\n"]
    uri = machine.put("bulk/news.txt", "\n".join(lines).encode())
    result = f"s3://{machine.bucket}/bulk/news.txt.de"
    split = bulk.split(uri)
    assert (split["shards"], split["missing"]) == (3, 3)
    prefix, _, second, _ = json.loads(machine.get(split["manifest"]))
    shard = prefix["prefix"] + second
    records = machine.get(shard)
    machine.put(shard.removeprefix(f"s3://{machine.bucket}/"), b"broken by somebody")

    done = bulk.transform(split)
    assert done["TransformJobStatus"] == "Failed"
    assert f"1 of 3 objects failed, the first of them {second}" in done["FailureReason"]
    joined = bulk.join()
    assert joined["missing_shards"] == 1
    assert joined["failed_shards"][0]["shard"] == second.removesuffix(".rec")
    assert joined["transform"]["sentences"] == 4

    machine.put(shard.removeprefix(f"s3://{machine.bucket}/"), records)
    again = bulk.split(uri)
    assert json.loads(machine.get(again["manifest"]))[1:] == [second]
    assert bulk.transform(again)["TransformJobStatus"] == "Completed"
    assert bulk.join()["outputs"] == [result]

    found = machine.get(result).decode().split("\n")
    expected = bulk.translated_by_the_endpoint([line for line in lines if line])
    assert found[2] == ""
    assert found[:2] + found[3:-1] == expected
    assert expected[0] == "du bist so gut !"
    manifest = json.loads(machine.get(f"{result}.manifest.json"))
    assert (manifest["lines"], manifest["sentences"], manifest["failed_lines"]) == (8, 7, 0)
