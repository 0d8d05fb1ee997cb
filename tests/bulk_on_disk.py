"""Splits or joins with S3 in a folder and prints the process's peak of memory: STEP FOLDER."""

import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from bulk import join, split
from bulk.objects import ObjectStore

BUCKET = "bulk"
INPUT = f"s3://{BUCKET}/bulk/lines.txt"
EXECUTION = f"s3://{BUCKET}/bulk-work/executions/e"
SHARD_LINES = 2000


class StoredFiles:
    """Stands for boto3's client and holds no object in memory."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def head_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - boto's spelling
        path = self._path(Bucket, Key)
        if not path.is_file():
            raise ClientError({"Error": {"Code": "404"}}, "HeadObject")
        return {"ETag": _etag(path), "ContentLength": path.stat().st_size}

    def get_object(self, Bucket: str, Key: str, IfMatch: str = "") -> dict[str, Any]:  # noqa: N803
        path = self._path(Bucket, Key)
        if not path.is_file():
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        assert IfMatch in ("", _etag(path))
        return {"Body": path.open("rb")}

    def put_object(self, Bucket: str, Key: str, Body: bytes, **_: Any) -> None:  # noqa: N803
        self._new(Bucket, Key).write_bytes(Body)

    def upload_file(self, path: str, bucket: str, key: str) -> None:
        shutil.copyfile(path, self._new(bucket, key))

    def get_paginator(self, _operation: str) -> "StoredFiles":
        return self

    def paginate(self, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        root = self._folder / Bucket
        for path in sorted(root.rglob("*")):
            key = path.relative_to(root).as_posix()
            if path.is_file() and key.startswith(Prefix):
                item = {"Key": key, "ETag": _etag(path), "Size": path.stat().st_size}
                yield {"Contents": [item]}

    def _path(self, bucket: str, key: str) -> Path:
        return self._folder / bucket / key

    def _new(self, bucket: str, key: str) -> Path:
        path = self._path(bucket, key)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path


def _etag(path: Path) -> str:
    return f'"{path.stat().st_mtime_ns}"'


def main(arguments: Sequence[str]) -> None:
    step, name = arguments
    folder = Path(name)
    store = ObjectStore(StoredFiles(folder))
    scratch = folder / f"scratch-{step}"
    scratch.mkdir()
    shared = {
        "execution_folder": EXECUTION,
        "model_data": "s3://bulk/model.tar.gz",
        "target_language": "de",
    }
    if step == "split":
        asked = split.SplitSettings(
            input=INPUT, output=f"s3://{BUCKET}/bulk/", shard_lines=SHARD_LINES, **shared
        )
        split.split(asked, store, folder / "model", scratch)
    else:
        join.join(
            join.JoinSettings(transform_seconds=1, **shared), store, folder / "model", scratch
        )
    print(peak_kilobytes())


def peak_kilobytes() -> int:
    """Of this program alone; what getrusage tells includes the process that it was forked from."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1])


if __name__ == "__main__":
    main(sys.argv[1:])
