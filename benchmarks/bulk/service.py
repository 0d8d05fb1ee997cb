"""AWS on this machine with one bucket and one role, and the steps of a bulk translation in it."""

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from benchmarks.processes import BenchmarkError, Cost, measure
from bulk.objects import ObjectStore
from local import server_process
from local.credentials import administrator_key
from local.sagemaker.hosting import free_port
from local.settings import ACCOUNT, REGION, REPOSITORY, LocalSettings
from protocol.artifacts import MODEL_ARCHIVE
from protocol.bulk import CONCURRENT_TRANSFORMS, MAX_PAYLOAD_MB, MODEL_ENVIRONMENT
from protocol.recordio import CONTENT_TYPE

BUCKET = "benchmark"
MODEL_DATA = f"s3://{BUCKET}/models/{MODEL_ARCHIVE}"
FOLDER = f"s3://{BUCKET}/bulk-work/executions/benchmark"
ROLE = "benchmark"
POLL_SECONDS = 0.5


class BulkService:
    """Runs the processing jobs as processes of this one, so that their memory is known."""

    def __init__(self, settings: LocalSettings, material: Path) -> None:
        key = administrator_key(settings.credentials_file)
        self._environ = {
            **os.environ,
            **key.environment(REGION),
            "AWS_ENDPOINT_URL": settings.endpoint_url,
            "PYTHONPATH": str(REPOSITORY),
            "SAGEMAKER_ROOT": str(material / "root"),
        }
        self._session = boto3.session.Session(
            aws_access_key_id=key.access_key_id,
            aws_secret_access_key=key.secret_access_key,
            region_name=REGION,
        )
        self._endpoint_url = settings.endpoint_url
        self._material = material
        self._store = ObjectStore(self._client("s3"))
        self._client("s3").create_bucket(Bucket=BUCKET)
        self._role = self._create_role()
        self._store.put(material / MODEL_ARCHIVE, MODEL_DATA)
        model = material / "root" / "processing" / "input" / "model"
        model.mkdir(parents=True)
        (model / MODEL_ARCHIVE).symlink_to(material / MODEL_ARCHIVE)

    def put(self, lines: int) -> str:
        """Put a file of so many lines; its URI."""
        uri = f"s3://{BUCKET}/bulk/{lines}.txt"
        self._store.put(self._material / f"{lines}.txt", uri)
        return uri

    def split(self, uri: str) -> Cost:
        """What it costs to split a file."""
        output = uri.rpartition("/")[0]
        own = ["--input", uri, "--output", f"{output}/", "--shard-lines", "10000"]
        return self._run("bulk.split", *self._shared(), *own)

    def join(self, seconds: float) -> Cost:
        """What it costs to join the answers."""
        return self._run("bulk.join", *self._shared(), "--transform-seconds", str(seconds))

    def answer(self) -> None:
        """Give every shard answers without a model."""
        split = self.told("split.json")
        self._run("benchmarks.bulk.answers", split["manifest"], split["answers"])

    def told(self, name: str) -> dict[str, Any]:
        """What a job has left for the state machine."""
        return dict(self._store.read_json(f"{FOLDER}/{name}"))

    def transform(self, instances: int) -> float:
        """Seconds of a transform job over the shards without answers.

        Raises:
            BenchmarkError: it did not translate all of them.
        """
        sagemaker, split = self._client("sagemaker"), self.told("split.json")
        sagemaker.create_model(
            ModelName="benchmark",
            ExecutionRoleArn=self._role,
            PrimaryContainer={
                "Image": "local/serving",
                "ModelDataUrl": MODEL_DATA,
                "Environment": MODEL_ENVIRONMENT,
            },
        )
        source = {"S3DataType": "ManifestFile", "S3Uri": split["manifest"]}
        sagemaker.create_transform_job(
            TransformJobName="benchmark",
            ModelName="benchmark",
            BatchStrategy="MultiRecord",
            MaxPayloadInMB=MAX_PAYLOAD_MB,
            MaxConcurrentTransforms=CONCURRENT_TRANSFORMS,
            ModelClientConfig={"InvocationsTimeoutInSeconds": 3600},
            TransformInput={
                "DataSource": {"S3DataSource": source},
                "ContentType": CONTENT_TYPE,
                "SplitType": "RecordIO",
            },
            TransformOutput={"S3OutputPath": split["answers"], "Accept": CONTENT_TYPE},
            TransformResources={"InstanceType": "ml.c6i.xlarge", "InstanceCount": instances},
        )
        return self._ended(sagemaker)

    def _ended(self, sagemaker: Any) -> float:
        while True:
            found = sagemaker.describe_transform_job(TransformJobName="benchmark")
            if found["TransformJobStatus"] == "Completed":
                times = found["TransformEndTime"], found["TransformStartTime"]
                return float((times[0] - times[1]).total_seconds())
            if found["TransformJobStatus"] != "InProgress":
                raise BenchmarkError(f"the transform job failed: {found.get('FailureReason')}")
            time.sleep(POLL_SECONDS)

    def _shared(self) -> list[str]:
        shared = ["--execution-folder", FOLDER, "--model-data", MODEL_DATA]
        return [*shared, "--target-language", "xx"]

    def _run(self, module: str, *arguments: str) -> Cost:
        command = [sys.executable, "-m", "benchmarks.bulk.cost", module, *arguments]
        measured = measure(command, folder=self._material, environ=self._environ)
        return Cost(**json.loads(measured.output))

    def _client(self, service: str) -> Any:
        config = Config(proxies={})
        return self._session.client(service, endpoint_url=self._endpoint_url, config=config)

    def _create_role(self) -> str:
        iam = self._client("iam")
        trusted = {"Service": "sagemaker.amazonaws.com"}
        trust = {"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole"}
        allowed = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
        iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=_policy(trust))
        iam.put_role_policy(RoleName=ROLE, PolicyName="s3", PolicyDocument=_policy(allowed))
        return f"arn:aws:iam::{ACCOUNT}:role/{ROLE}"


def _policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@contextmanager
def bulk_service(material: Path) -> Iterator[BulkService]:
    """AWS on this machine while the block runs, with the material's model."""
    settings = LocalSettings(
        port=free_port(), state_folder=material / "state", code_folder=REPOSITORY
    )
    server_process.start(settings)
    try:
        yield BulkService(settings, material)
    finally:
        server_process.stop(settings)
