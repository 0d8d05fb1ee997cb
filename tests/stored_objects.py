"""S3 in a dictionary, as far as the bulk translation's jobs use it."""

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError


class StoredObjects:
    """Stands for boto3's client; keys are whole URIs."""

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}
        self.writes: list[str] = []

    def head_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - boto's spelling
        content = self._content(Bucket, Key, "404")
        return {"ETag": etag(content), "ContentLength": len(content)}

    def get_object(self, Bucket: str, Key: str, IfMatch: str | None = None) -> dict[str, Any]:  # noqa: N803
        content = self._content(Bucket, Key, "NoSuchKey")
        if IfMatch not in (None, etag(content)):
            raise ClientError({"Error": {"Code": "PreconditionFailed"}}, "GetObject")
        return {"Body": io.BytesIO(content)}

    def put_object(self, Bucket: str, Key: str, Body: bytes, **_: Any) -> None:  # noqa: N803
        self.writes.append(f"s3://{Bucket}/{Key}")
        self.contents[f"s3://{Bucket}/{Key}"] = Body

    def upload_file(self, path: str, bucket: str, key: str) -> None:
        self.put_object(bucket, key, Path(path).read_bytes())

    def delete_object(self, Bucket: str, Key: str) -> None:  # noqa: N803
        del self.contents[f"s3://{Bucket}/{Key}"]

    def get_paginator(self, _operation: str) -> "StoredObjects":
        return self

    def paginate(self, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        start = f"s3://{Bucket}/"
        for uri in sorted(self.contents):
            if uri.startswith(start + Prefix):
                content = self.contents[uri]
                key = uri.removeprefix(start)
                yield {"Contents": [{"Key": key, "ETag": etag(content), "Size": len(content)}]}

    def _content(self, bucket: str, key: str, code: str) -> bytes:
        if f"s3://{bucket}/{key}" not in self.contents:
            raise ClientError({"Error": {"Code": code}}, "GetObject")
        return self.contents[f"s3://{bucket}/{key}"]


def etag(content: bytes) -> str:
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'
