"""Keeps a training job's checkpoint folder and its S3 prefix alike, deletions included."""

import contextlib
import threading
from pathlib import Path
from typing import Any

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError

from local.sagemaker.storage import files_of, parse_uri

SYNC_SECONDS = 1.0


class CheckpointSync:
    """Restores at the start, then uploads what changed until it is stopped."""

    def __init__(self, s3: Any, uri: str, folder: Path) -> None:
        self._s3 = s3
        self._bucket, prefix = parse_uri(uri)
        self._prefix = prefix.rstrip("/") + "/" if prefix else ""
        self._folder = folder
        self._known: dict[str, tuple[int, int]] = {}
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)

    def restore(self) -> None:
        """Fetch what an earlier job left."""
        self._folder.mkdir(parents=True, exist_ok=True)
        pages = self._s3.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self._bucket, Prefix=self._prefix):
            for item in page.get("Contents", []):
                target = self._folder / item["Key"][len(self._prefix) :]
                target.parent.mkdir(parents=True, exist_ok=True)
                self._s3.download_file(self._bucket, item["Key"], str(target))
        self._known = self._state()

    def start(self) -> None:
        """Begin to upload in the background."""
        self._thread.start()

    def stop(self) -> None:
        """Upload the last changes and end."""
        self.abandon()
        self._sync()

    def abandon(self) -> None:
        """End without the last changes, as when the host is gone."""
        self._end.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._end.wait(SYNC_SECONDS):
            self._sync()

    def _state(self) -> dict[str, tuple[int, int]]:
        state = {}
        for name, path in files_of(self._folder):
            try:
                status = path.stat()
            except FileNotFoundError:
                continue
            state[name] = (status.st_size, status.st_mtime_ns)
        return state

    def _sync(self) -> None:
        # A file that changes or goes while it is read is taken up by the next round.
        state = self._state()
        for name, stamp in sorted(state.items() - self._known.items()):
            with contextlib.suppress(OSError, Boto3Error, BotoCoreError, ClientError):
                self._s3.upload_file(str(self._folder / name), self._bucket, self._prefix + name)
                self._known[name] = stamp
        for name in [known for known in self._known if known not in state]:
            with contextlib.suppress(BotoCoreError, ClientError):
                self._s3.delete_object(Bucket=self._bucket, Key=self._prefix + name)
                del self._known[name]
