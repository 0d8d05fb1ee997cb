"""A folder translated in bulk by the deployed service, with a shard that fails in between."""

import gzip
import json
import os
from typing import Any
from uuid import uuid4

import boto3
import pytest

from tests.e2e.deployment import Deployment, Execution

SENTENCES = [
    "you are so good !",
    "can you drive a car ?",
    "",
    "this is so cool",
    "it is a xylophon",
]
TITLES = '{"source": "this is so cool"}\nno JSON\n'


def translate(deployment: Deployment, **content: Any) -> Execution:
    started = boto3.client("stepfunctions").start_execution(
        stateMachineArn=os.environ["BULK_STATE_MACHINE_ARN"],
        name=f"e2e-{uuid4().hex[:12]}",
        input=json.dumps(content),
    )
    return deployment.wait(str(started["executionArn"]))


def read(deployment: Deployment, uri: str) -> bytes:
    key = uri.removeprefix(f"s3://{deployment.bucket}/")
    body: bytes = boto3.client("s3").get_object(Bucket=deployment.bucket, Key=key)["Body"].read()
    return body


@pytest.mark.timeout(900)  # three executions of five jobs
@pytest.mark.usefixtures("first_model")
def test_a_failed_shard_fails_the_run_by_name_and_is_all_that_the_next_one_translates(
    deployment: Deployment,
) -> None:
    s3, bucket = boto3.client("s3"), deployment.bucket
    folder = f"bulk/{uuid4().hex}"
    name = f"{folder}/news.txt.gz"
    s3.put_object(Bucket=bucket, Key=name, Body=gzip.compress("\n".join(SENTENCES).encode()))
    s3.put_object(Bucket=bucket, Key=f"{folder}/titles.jsonl", Body=TITLES.encode())
    wanted = {"input": f"s3://{bucket}/{folder}/", "shard_lines": 2, "instances": 2}

    done = translate(deployment, **wanted)

    assert done.status == "SUCCEEDED", f"{done.error}: {done.cause}"
    result, titles = done.output["outputs"]
    assert result == f"s3://{bucket}/{name.removesuffix('.gz')}.de.gz"
    found = gzip.decompress(read(deployment, result)).decode().split("\n")
    expected = [answer["target"] for answer in deployment.api.translate(*filter(None, SENTENCES))]
    assert found == [*expected[:2], "", *expected[2:], ""]
    manifest = json.loads(read(deployment, f"{result}.manifest.json"))
    assert (manifest["lines"], manifest["shards"], manifest["failed_lines"]) == (5, 3, 0)
    assert manifest["transform"]["sentences_per_second"] > 0
    assert titles == f"s3://{bucket}/{folder}/titles.jsonl.de"
    answered = [json.loads(line) for line in read(deployment, titles).splitlines()]
    assert answered[0] == {"target": expected[2]}
    assert answered[1]["target"] == ""
    assert "not JSON" in answered[1]["error"]

    work = f"bulk-work/{manifest['model_fingerprint']}"
    sources = s3.list_objects_v2(Bucket=bucket, Prefix=f"{work}/source/")["Contents"]
    (broken,) = [one["Key"] for one in sources if one["Key"].endswith("-000001.rec")]
    shard = broken.rpartition("/")[2].removesuffix(".rec")
    records = read(deployment, broken)
    s3.put_object(Bucket=bucket, Key=broken, Body=b"broken by somebody")
    s3.delete_object(Bucket=bucket, Key=f"{work}/target/{shard}.rec.out")

    failed = translate(deployment, **wanted)

    assert (failed.status, failed.error) == ("FAILED", "ShardsFailed")
    assert f"1 of 4 shards are not translated, the first of them {shard}" in failed.cause
    assert boto3.client("sagemaker").list_transform_jobs(StatusEquals="Failed")

    s3.put_object(Bucket=bucket, Key=broken, Body=records)
    again = translate(deployment, **wanted)

    assert again.status == "SUCCEEDED", f"{again.error}: {again.cause}"
    assert again.output["transform"]["sentences"] == 1
    assert gzip.decompress(read(deployment, result)).decode().split("\n") == found


def test_a_bulk_translation_that_cannot_be_is_refused_at_once(deployment: Deployment) -> None:
    for content, words in (
        ({"input": f"s3://{deployment.bucket}/corpora/x.txt"}, "bulk_buckets"),
        ({"input": f"s3://{deployment.bucket}/bulk/x.txt", "instances": 99}, "bulk_max_instances"),
    ):
        refused = translate(deployment, **content)
        assert (refused.status, refused.error) == ("FAILED", "InvalidInput")
        assert words in refused.cause
