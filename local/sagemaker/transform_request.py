"""What a transform job is asked for: checked, and its objects found."""

import json
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from local.sagemaker.batches import MULTI
from local.sagemaker.errors import JobFailureError, ValidationError
from local.sagemaker.storage import explained, parse_uri, relative_name

MAX_INSTANCES = 100
MAX_PAYLOAD_MB = 100
DEFAULT_PAYLOAD_MB = 6
BYTES_PER_MB = 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class InputObject:
    """An object to transform."""

    bucket: str
    key: str
    name: str
    """Below the input's prefix; the output's name below its own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Calling:
    """How the containers are called."""

    concurrent: int
    """Requests to one instance at once."""
    strategy: str
    max_bytes: int

    @classmethod
    def of(cls, request: dict[str, Any], container: dict[str, Any]) -> "Calling":
        """The request's wishes go over the container's, and those over SageMaker's defaults."""
        wanted = {"BatchStrategy": MULTI, **_spelled(container), **request}
        return cls(
            concurrent=int(wanted.get("MaxConcurrentTransforms") or 1),
            strategy=str(wanted["BatchStrategy"]),
            max_bytes=int(wanted.get("MaxPayloadInMB", DEFAULT_PAYLOAD_MB)) * BYTES_PER_MB,
        )


def _spelled(container: dict[str, Any]) -> dict[str, Any]:
    strategy = container.get("BatchStrategy")
    known = {"MULTI_RECORD": MULTI, "SINGLE_RECORD": "SingleRecord"}
    return {**container, **({"BatchStrategy": known[strategy]} if strategy in known else {})}


def check_transform_request(request: dict[str, Any]) -> None:
    """Refuse what this machine, or AWS beyond its model, does not take.

    Raises:
        ValidationError: names what is wrong.
    """
    payload, concurrent = request.get("MaxPayloadInMB"), request.get("MaxConcurrentTransforms")
    if (payload or 0) > MAX_PAYLOAD_MB:
        raise ValidationError(f"MaxPayloadInMB cannot be greater than {MAX_PAYLOAD_MB}")
    if concurrent and concurrent * (payload or DEFAULT_PAYLOAD_MB) > MAX_PAYLOAD_MB:
        raise ValidationError(
            f"MaxConcurrentTransforms * MaxPayloadInMB cannot exceed {MAX_PAYLOAD_MB} MB"
        )
    if request["TransformResources"]["InstanceCount"] > MAX_INSTANCES:
        raise ValidationError(f"InstanceCount cannot be greater than {MAX_INSTANCES}")
    _check_input(request)
    parse_uri(request["TransformOutput"]["S3OutputPath"])
    for key in ("DataProcessing", "DataCaptureConfig"):
        if request.get(key):
            raise ValidationError(f"{key} is not there on this machine")


def _check_input(request: dict[str, Any]) -> None:
    wanted = request["TransformInput"]
    source = wanted["DataSource"]["S3DataSource"]
    if source["S3DataType"] not in ("S3Prefix", "ManifestFile"):
        raise ValidationError("S3DataType: only S3Prefix and ManifestFile are there here")
    parse_uri(source["S3Uri"])
    if wanted.get("CompressionType", "None") != "None":
        raise ValidationError("CompressionType is not there on this machine")
    split_type = wanted.get("SplitType", "None")
    if split_type == "TFRecord":
        raise ValidationError("SplitType TFRecord is not there on this machine")
    if "BatchStrategy" in request and split_type == "None":
        raise ValidationError("BatchStrategy needs a SplitType of Line, RecordIO or TFRecord")


def input_objects(s3: Any, request: dict[str, Any]) -> list[InputObject]:
    """The objects that the request names.

    Raises:
        JobFailureError: there is none, or the manifest cannot be read.
    """
    source = request["TransformInput"]["DataSource"]["S3DataSource"]
    bucket, key = parse_uri(source["S3Uri"])
    with explained(f"cannot read {source['S3Uri']}"):
        if source["S3DataType"] == "ManifestFile":
            body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            found = _of_manifest(body, source["S3Uri"])
        else:
            found = _below(s3, bucket, key)
    if not found:
        raise JobFailureError(f"ClientError: no objects under {source['S3Uri']}")
    return found


def _of_manifest(body: bytes, uri: str) -> list[InputObject]:
    try:
        first, *names = json.loads(body)
        bucket, prefix = parse_uri(first["prefix"])
        return [InputObject(bucket=bucket, key=prefix + name, name=name) for name in names]
    except (ValueError, KeyError, TypeError) as error:
        raise JobFailureError(
            f'ClientError: {uri} is not a manifest such as [{{"prefix": "s3://…/"}}, "name", …]'
        ) from error


def _below(s3: Any, bucket: str, prefix: str) -> list[InputObject]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
    return [
        InputObject(
            bucket=bucket, key=key, name=relative_name(prefix, key) or PurePosixPath(key).name
        )
        for key in keys
        if not key.endswith("/")
    ]
