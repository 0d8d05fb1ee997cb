"""Objects in S3, whole or from an offset on."""

import os
from collections.abc import Mapping
from typing import Any, NoReturn

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004, botocore's own
    HTTPClientError,
    IncompleteReadError,
    ReadTimeoutError,
    ResponseStreamingError,
    SSLError,
)
from urllib3.exceptions import HTTPError

from preprocessing.errors import SourceError
from preprocessing.sources.remote import (
    CUT,
    STALLED,
    TRANSIENT_STATUSES,
    ChangedError,
    Patience,
    TransferInterruptedError,
    Version,
    require_identity,
)

DENIED_CODES = ("403", "AccessDenied", "Forbidden")
MISSING_CODES = ("404", "NoSuchKey", "NoSuchBucket")
CUT_SHORT = (HTTPError, IncompleteReadError, ResponseStreamingError)
READ_SIZE = 1 << 15
"""A cut loses what has arrived of one read, so that reads are short."""


class S3Remote:
    """A `Remote` behind s3://BUCKET/KEY; boto3 reads AWS_ENDPOINT_URL and the usual credentials."""

    def __init__(
        self, uri: str, patience: Patience, environ: Mapping[str, str] = os.environ
    ) -> None:
        self._bucket, _, self._key = uri.removeprefix("s3://").partition("/")
        if not self._bucket or not self._key:
            raise SourceError("an S3 URI is s3://BUCKET/KEY")
        region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION")
        config = Config(
            connect_timeout=patience.connect_timeout_seconds,
            read_timeout=patience.read_timeout_seconds,
            # The download asks again by itself.
            retries={"total_max_attempts": 1},
        )
        try:
            self._client = boto3.Session().client("s3", region_name=region, config=config)
        except BotoCoreError as error:
            _fail(error)

    def open(self, *, unless: Version | None = None) -> "S3Body | None":
        known = unless.etag if unless else None
        answer = self._get({"IfNoneMatch": known} if known else {})
        return S3Body(answer, answer.get("ContentLength")) if answer else None

    def resume(self, version: Version, offset: int) -> "S3Body":
        if not version.etag:
            answer = self._get({})
            return S3Body(answer, answer.get("ContentLength"))
        answer = self._get({"Range": f"bytes={offset}-", "IfMatch": version.etag})
        start, _, total = answer.get("ContentRange", "").removeprefix("bytes ").partition("/")
        if not start.startswith(f"{offset}-") or not total.isdecimal():
            raise SourceError(f"S3 was asked to go on at byte {offset} and did not")
        return S3Body(answer, int(total), offset)

    def _get(self, conditions: Mapping[str, str]) -> dict[str, Any]:
        """The answer; empty where the object is the one that must not be sent again."""
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=self._key, **conditions)
        except ClientError as error:
            if "IfNoneMatch" in conditions and _status(error) == 304:
                return {}
            _refuse(error)
        except BotoCoreError as error:
            _fail(error)
        require_identity(answer.get("ContentEncoding"), self._key)
        return dict(answer)


class S3Body:
    """The `Body` of an answer to GetObject."""

    def __init__(self, answer: Mapping[str, Any], num_bytes: int | None, offset: int = 0) -> None:
        modified = answer.get("LastModified")
        self.version = Version(
            etag=answer.get("ETag"),
            last_modified=modified.isoformat() if modified else None,
            num_bytes=num_bytes,
        )
        self.offset = offset
        self._stream = answer["Body"]

    def read(self, num_bytes: int) -> bytes:
        try:
            return bytes(self._stream.read(min(num_bytes, READ_SIZE)))
        except ReadTimeoutError as error:
            raise TransferInterruptedError(STALLED) from error
        except CUT_SHORT as error:
            raise TransferInterruptedError(CUT) from error
        except BotoCoreError as error:
            _fail(error)

    def close(self) -> None:
        self._stream.close()


def _fail(error: BotoCoreError) -> NoReturn:
    passes = isinstance(error, HTTPClientError | ConnectionError)
    if passes and not isinstance(error, SSLError):
        raise TransferInterruptedError(str(error)) from error
    raise SourceError(f"cannot be fetched: {error}") from error


def _refuse(error: ClientError) -> NoReturn:
    status = _status(error)
    if status in (412, 416):
        raise ChangedError from error
    reason = _reason(error.response.get("Error", {}))
    if status in TRANSIENT_STATUSES:
        raise TransferInterruptedError(reason) from error
    raise SourceError(reason) from error


def _status(error: ClientError) -> int | None:
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return status if isinstance(status, int) else None


def _reason(error: Mapping[str, str]) -> str:
    code = error.get("Code", "unknown")
    if code in MISSING_CODES:
        return f"there is no such object in S3 ({code})"
    if code in DENIED_CODES:
        return f"S3 denies access to it ({code})"
    return f"S3 answered {code}: {error.get('Message') or 'it gives no reason'}"
