"""Streams over HTTP and from S3 whose length is verified, so that a cut download is an error."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import BinaryIO, cast
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3

from preprocessing.errors import SourceError

CONNECT_TIMEOUT_SECONDS = 10
READ_TIMEOUT_SECONDS = 60
TRANSIENT_STATUSES = (429, 500, 502, 503, 504)
RETRIES = urllib3.Retry(
    total=4,
    backoff_factor=0.25,
    status_forcelist=TRANSIENT_STATUSES,
    raise_on_status=False,
)
DENIED_CODES = ("403", "AccessDenied", "Forbidden")
MISSING_CODES = ("404", "NoSuchKey", "NoSuchBucket")


@contextmanager
def open_http(url: str) -> Iterator[BinaryIO]:
    """The body of a GET as the server sends it; transient failures to open are retried."""
    response = _pool(url).request(
        "GET",
        url,
        headers={"Accept-Encoding": "identity"},
        preload_content=False,
        decode_content=False,
        retries=RETRIES,
        timeout=urllib3.Timeout(connect=CONNECT_TIMEOUT_SECONDS, read=READ_TIMEOUT_SECONDS),
    )
    try:
        if response.status != 200:
            reason = f" {response.reason}" if response.reason else ""
            raise SourceError(f"the server answered HTTP {response.status}{reason}")
        yield cast("BinaryIO", response)
    finally:
        response.close()


@contextmanager
def open_s3(uri: str, environ: Mapping[str, str] = os.environ) -> Iterator[BinaryIO]:
    """An S3 object's content; the client reads AWS_ENDPOINT_URL and the usual credentials."""
    # boto3 takes half a second to import, which a corpus of local files need not wait for.
    import boto3  # noqa: PLC0415
    from botocore.exceptions import ClientError  # noqa: PLC0415

    bucket, _, key = uri.removeprefix("s3://").partition("/")
    if not bucket or not key:
        raise SourceError("an S3 URI is s3://BUCKET/KEY")
    region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION")
    try:
        client = boto3.Session().client("s3", region_name=region)
        body = client.get_object(Bucket=bucket, Key=key)["Body"]
        with body:
            yield cast("BinaryIO", body)
    except ClientError as error:
        raise SourceError(_s3_reason(error.response.get("Error", {}))) from error


def _s3_reason(error: Mapping[str, str]) -> str:
    code = error.get("Code", "unknown")
    if code in MISSING_CODES:
        return f"there is no such object in S3 ({code})"
    if code in DENIED_CODES:
        return f"S3 denies access to it ({code})"
    return f"S3 refuses it: {code}: {error.get('Message', '')}"


def _pool(url: str) -> urllib3.PoolManager:
    parts = urlsplit(url)
    proxy = getproxies().get(parts.scheme)
    if proxy and not proxy_bypass(parts.hostname or ""):
        return urllib3.ProxyManager(proxy)
    return urllib3.PoolManager()
