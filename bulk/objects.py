"""Objects in S3: found, fetched as they were when they were found, and put whole or not at all."""

import json
import logging
import shutil
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from bulk.errors import BulkError
from protocol.bulk import bucket_and_key

logger = logging.getLogger(__name__)
MISSING_CODES = ("404", "NoSuchKey", "NotFound")
TRIES = 4
PAUSE_SECONDS = 2.0
_COPY_BYTES = 1 << 20


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredObject:
    """An object as it was found."""

    uri: str
    etag: str
    size: int


class ObjectStore:
    """What the jobs do with S3."""

    def __init__(self, client: Any = None) -> None:
        # The region, the credentials and AWS_ENDPOINT_URL come from the environment.
        config = Config(retries={"max_attempts": 8, "mode": "standard"})
        self._client = client or boto3.session.Session().client("s3", config=config)

    def find(self, uri: str) -> StoredObject | None:
        """The object at a URI, or nothing."""
        bucket, key = bucket_and_key(uri)
        try:
            found = self._client.head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if _code(error) in MISSING_CODES:
                return None
            raise _explained(uri, error) from error
        return StoredObject(uri=uri, etag=found["ETag"], size=found["ContentLength"])

    def below(self, folder: str) -> Iterator[StoredObject]:
        """Every object below a folder, in the order of their keys, a page at a time."""
        bucket, prefix = bucket_and_key(folder)
        pages = self._client.get_paginator("list_objects_v2")
        try:
            for page in pages.paginate(Bucket=bucket, Prefix=prefix):
                for item in page.get("Contents", []):
                    uri = f"s3://{bucket}/{item['Key']}"
                    yield StoredObject(uri=uri, etag=item["ETag"], size=item["Size"])
        except ClientError as error:
            raise _explained(folder, error) from error

    def fetch(self, found: StoredObject, path: Path) -> None:
        """Bring an object to this disk, as it was when it was found.

        Raises:
            BulkError: it is not that object any more, or S3 does not give it.
        """
        for attempt in range(1, TRIES + 1):
            try:
                return self._fetch(found, path)
            except ClientError as error:
                raise _explained(found.uri, error) from error
            except BotoCoreError as error:
                if attempt == TRIES:
                    raise BulkError(f"{found.uri}: cannot be fetched: {error}") from error
                logger.warning("%s: %s; once more", found.uri, error)
                time.sleep(PAUSE_SECONDS * attempt)
        return None

    def put(self, path: Path, uri: str) -> None:
        """Put a file; the object is there once all of it is."""
        bucket, key = bucket_and_key(uri)
        self._client.upload_file(str(path), bucket, key)

    def put_json(self, content: Any, uri: str) -> None:
        """Put JSON."""
        bucket, key = bucket_and_key(uri)
        body = json.dumps(content, ensure_ascii=False).encode()
        self._client.put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/json")

    def read_json(self, uri: str) -> Any:
        """The JSON in an object; nothing when there is no such object."""
        bucket, key = bucket_and_key(uri)
        try:
            with closing(self._client.get_object(Bucket=bucket, Key=key)["Body"]) as body:
                return json.load(body)
        except ClientError as error:
            if _code(error) in MISSING_CODES:
                return None
            raise _explained(uri, error) from error

    def delete(self, uri: str) -> None:
        """Remove an object."""
        bucket, key = bucket_and_key(uri)
        self._client.delete_object(Bucket=bucket, Key=key)

    def _fetch(self, found: StoredObject, path: Path) -> None:
        bucket, key = bucket_and_key(found.uri)
        answer = self._client.get_object(Bucket=bucket, Key=key, IfMatch=found.etag)
        with closing(answer["Body"]) as body, path.open("wb") as file:
            shutil.copyfileobj(body, file, _COPY_BYTES)


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _explained(uri: str, error: ClientError) -> BulkError:
    code = _code(error)
    if code in ("412", "PreconditionFailed"):
        return BulkError(f"{uri}: was changed while it was being translated; start again")
    if code in MISSING_CODES or code == "NoSuchBucket":
        return BulkError(f"{uri}: there is no such object in S3 ({code})")
    if code in ("403", "AccessDenied", "Forbidden"):
        return BulkError(f"{uri}: S3 denies access to it ({code})")
    return BulkError(f"{uri}: S3 answered {code}: {error.response['Error'].get('Message', '')}")
