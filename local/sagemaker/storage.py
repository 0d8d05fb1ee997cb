"""Moves data between S3 and a container's folders, with the role's permissions."""

import contextlib
import os
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError

from local.sagemaker.errors import JobFailureError, ValidationError
from protocol.model_archive import extract_files


def parse_uri(uri: str) -> tuple[str, str]:
    """Bucket and key of `s3://BUCKET/KEY` or `https://s3.REGION.amazonaws.com/BUCKET/KEY`.

    Raises:
        ValidationError: the URI is neither.
    """
    parts = urlparse(uri)
    if parts.scheme == "s3" and parts.netloc:
        return parts.netloc, parts.path.lstrip("/")
    if parts.scheme == "https" and parts.netloc.startswith("s3."):
        bucket, _, key = parts.path.lstrip("/").partition("/")
        if bucket:
            return bucket, key
    raise ValidationError(f"{uri!r} is not an S3 URI such as s3://BUCKET/KEY")


@contextlib.contextmanager
def explained(what: str) -> Iterator[None]:
    """Turn failures of S3 or of this machine's disk into a job's failure reason.

    Raises:
        JobFailureError: in place of the original error, which it quotes.
    """
    try:
        yield
    except ClientError as error:
        details = error.response["Error"]
        reason = f"{details.get('Code')}: {details.get('Message')}"
        raise JobFailureError(f"ClientError: {what}: {reason}") from error
    except (OSError, EOFError, zlib.error, tarfile.TarError, Boto3Error, BotoCoreError) as error:
        raise JobFailureError(f"ClientError: {what}: {error}") from error


def download_prefix(s3: Any, uri: str, folder: Path) -> int:
    """Fetch every object under an S3 prefix; the number fetched.

    Raises:
        JobFailureError: S3 refuses, or there is nothing to fetch.
    """
    bucket, prefix = parse_uri(uri)
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    with explained(f"cannot download {uri}"):
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for item in page.get("Contents", []):
                if not item["Key"].endswith("/"):
                    _download(s3, bucket, item["Key"], folder / relative_name(prefix, item["Key"]))
                    count += 1
    if not count:
        raise JobFailureError(
            f"ClientError: No S3 objects found under S3 URL {uri!r}. Please ensure that the "
            "bucket exists and that objects exist under that S3 prefix"
        )
    return count


def relative_name(prefix: str, key: str) -> str:
    """A key below a prefix, as SageMaker names the file."""
    rest = key[len(prefix) :]
    if prefix.endswith("/") or rest.startswith("/"):
        return rest.lstrip("/")
    return key[prefix.rfind("/") + 1 :]


def _download(s3: Any, bucket: str, key: str, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(target.name + ".partial")
    s3.download_file(bucket, key, str(partial))
    partial.replace(target)


def download_object(s3: Any, uri: str, target: Path) -> None:
    """Fetch one object.

    Raises:
        JobFailureError: S3 refuses.
    """
    bucket, key = parse_uri(uri)
    with explained(f"cannot download {uri}"):
        _download(s3, bucket, key, target)


def files_of(folder: Path) -> Iterator[tuple[str, Path]]:
    """Every regular file with its path relative to the folder; links are left out, as on AWS."""
    for current, _, names in os.walk(folder):
        for name in sorted(names):
            path = Path(current, name)
            if path.is_file() and not path.is_symlink():
                yield path.relative_to(folder).as_posix(), path


def upload_folder(s3: Any, folder: Path, uri: str) -> int:
    """Put every file of a folder under an S3 prefix; the number put.

    Raises:
        JobFailureError: S3 refuses.
    """
    bucket, prefix = parse_uri(uri)
    count = 0
    with explained(f"cannot upload to {uri}"):
        for name, path in files_of(folder):
            s3.upload_file(str(path), bucket, "/".join(filter(None, (prefix.rstrip("/"), name))))
            count += 1
    return count


def upload_archive(s3: Any, folder: Path, uri: str) -> None:
    """Pack a folder as .tar.gz and put it at an S3 URI.

    Raises:
        JobFailureError: the disk or S3 refuses.
    """
    bucket, key = parse_uri(uri)
    archive = folder.with_name(folder.name + ".tar.gz")
    with explained(f"cannot pack and upload to {uri}"):
        with tarfile.open(archive, "w:gz", compresslevel=1) as packed:
            for name, path in files_of(folder):
                packed.add(path, arcname=name)
        s3.upload_file(str(archive), bucket, key)
    archive.unlink()


def unpack_archive(archive: Path, folder: Path) -> None:
    """Unpack a .tar.gz; members that point outside are refused.

    Raises:
        JobFailureError: not such an archive, or the disk refuses.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with explained(f"{archive.name} is not a usable .tar.gz"), tarfile.open(archive) as packed:
        extract_files(packed, folder)
