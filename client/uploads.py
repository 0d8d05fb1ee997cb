"""Puts local corpus files into the service's bucket, where its jobs may read them."""

import hashlib
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError as AwsError

from client.failures import ClientError

MAX_FILE_BYTES = 5 * 1024**3
"""S3's limit for one PUT."""
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def upload_local_files(
    corpus: Mapping[str, str], bucket: Callable[[], str], s3: Any
) -> dict[str, str]:
    """The corpus with every local file replaced by its address in the bucket.

    The key holds a fingerprint of the content, so that a file is sent once and never changes.

    Raises:
        ClientError: a file is missing or too large.
    """
    return {
        part: uri if "://" in uri else _upload(uri, part, bucket(), s3)
        for part, uri in corpus.items()
    }


def _upload(value: str, part: str, bucket: str, s3: Any) -> str:
    path, member = _split(value)
    if not path.is_file():
        raise ClientError(f"{part}: there is no file {value}; give a file or an http(s) or s3 URI")
    if (size := path.stat().st_size) > MAX_FILE_BYTES:
        raise ClientError(f"{part}: {path} has {size / 1024**3:.1f} GB; compress it to below 5 GB")
    key = f"corpora/{_fingerprint(path)}/{_UNSAFE.sub('_', path.name)}"
    if not _exists(s3, bucket, key, size):
        with path.open("rb") as content:
            s3.put_object(Bucket=bucket, Key=key, Body=content)
    return f"s3://{bucket}/{key}" + (f"#{member}" if member else "")


def _split(value: str) -> tuple[Path, str]:
    """`archive.tgz#member` names a file in an archive, unless a file is really called so."""
    whole = Path(value).expanduser()
    if whole.exists() or "#" not in value:
        return whole, ""
    name, _, member = value.rpartition("#")
    return Path(name).expanduser(), member


def _fingerprint(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()[:16]


def _exists(s3: Any, bucket: str, key: str, size: int) -> bool:
    try:
        return bool(s3.head_object(Bucket=bucket, Key=key)["ContentLength"] == size)
    except AwsError as error:
        if error.response.get("Error", {}).get("Code") in {"404", "NoSuchKey", "NotFound"}:
            return False
        raise
