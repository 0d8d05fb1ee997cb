"""An input that lies in the bucket: executions that a schedule or an event starts name it."""

import json
import os
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from protocol.retraining import InputError

MAX_BYTES = 262_144
"""What Step Functions takes as an execution's input."""
_ABSENT = {"NoSuchKey", "AccessDenied", "404", "403"}
"""Without the right to list a bucket, S3 refuses what it would otherwise call missing."""


def resolve(content: object, uri: str, s3: Any) -> object:
    """The input itself, or what the manifest that it names says.

    Args:
        content: an execution's input.
        uri: the one manifest that may be read, or empty.
        s3: gives a client when it is called.

    Raises:
        InputError: another manifest, keys beside it, or a manifest that is missing or not JSON.
    """
    if not uri or not isinstance(content, Mapping) or "manifest" not in content:
        return content
    if len(content) > 1:
        other = next(key for key in sorted(content) if key != "manifest")
        raise InputError(f"a manifest holds the whole input: put {other} into it, or leave one out")
    if content["manifest"] != uri:
        raise InputError(f"manifest must be {uri}, not {content['manifest']!r}")
    return _parsed(uri, _read(uri, s3()))


def _read(uri: str, s3: Any) -> bytes:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    try:
        found = s3.get_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") not in _ABSENT:
            raise
        raise InputError(
            f"there is no {uri}: put a JSON object with the keys of an execution's input there"
        ) from error
    if found["ContentLength"] > MAX_BYTES:
        raise InputError(
            f"{uri} has {found['ContentLength']:,} bytes; at most {MAX_BYTES:,} are read"
        )
    return bytes(found["Body"].read())


def _parsed(uri: str, text: bytes) -> object:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{uri} is not JSON: {error}") from error
    if isinstance(content, Mapping) and "manifest" in content:
        raise InputError(f"{uri}: a manifest names no other manifest")
    return content


def s3_client() -> Any:
    """Made only for executions that have a manifest; it costs a cold start a third of a second."""
    import botocore.session  # noqa: PLC0415 - see above

    region = os.environ.get("AWS_REGION")
    return botocore.session.get_session().create_client("s3", region_name=region)
