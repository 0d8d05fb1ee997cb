"""`python -m bulk.join`: the answers of all shards become files of lines beside their input.

A file whose shards are not all there is left for the next execution; every other one is written.
"""

import argparse
import logging
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from bulk.errors import BulkError, WrongAnswersError
from bulk.job import run_job
from bulk.lines import Answer, form_of
from bulk.model import BulkModel
from bulk.objects import ObjectStore, StoredObject
from bulk.results import ResultWriter, Written, result_stream
from bulk.shards import ANSWERS_SUFFIX, ShardLines, SplitFile, WorkFolder, shard_of
from bulk.split import FILES
from protocol.bulk import MANIFEST_SUFFIX
from protocol.recordio import RecordIOError, decode_record, read_frames

SUMMARY = "joined.json"
MAX_TOLD_SHARDS = 1000
MAX_SHOWN = 20
"""What the state machine passes on has a limit."""
MANIFEST_FORMAT_VERSION = 1

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class JoinSettings:
    """What one execution asks for, and how long its transform job took."""

    execution_folder: str
    model_data: str
    target_language: str
    transform_seconds: float
    """Zero when nothing was left to translate, or the job did not say."""


@dataclass(frozen=True, kw_only=True, slots=True)
class JoinedFile:
    """What became of one file."""

    output: str | None
    num_missing: int
    """Shards without answers."""
    failed_shards: Sequence[dict[str, str]]
    """The first of them."""


def join(settings: JoinSettings, store: ObjectStore, model_folder: Path, scratch: Path) -> None:
    """Write the result of every file that is complete, and a manifest for each.

    Raises:
        ValueError: the model or what the split left cannot be used.
    """
    unpacked = scratch / "model"
    unpacked.mkdir()
    model = BulkModel.load(
        model_folder,
        unpacked,
        model_data=settings.model_data,
        target_language=settings.target_language,
    )
    content = store.read_json(f"{settings.execution_folder}/{FILES}")
    if content is None:
        raise BulkError(f"{settings.execution_folder}: the input has not been split")
    joiner = Joiner(settings, store, model, WorkFolder(content["work"]), scratch)
    transform = _speed(joiner.num_present(content["missing"]), settings.transform_seconds)
    files = [SplitFile.from_json(file) for file in content["files"]]
    joined = [joiner.join(file, transform) for file in files]
    summary = _summary(files, joined) | {"transform": transform}
    store.put_json(summary, f"{settings.execution_folder}/{SUMMARY}")


class Joiner:
    """Joins the files of one execution."""

    def __init__(
        self,
        settings: JoinSettings,
        store: ObjectStore,
        model: BulkModel,
        work: WorkFolder,
        scratch: Path,
    ) -> None:
        self._settings = settings
        self._store = store
        self._model = model
        self._work = work
        self._scratch = scratch
        self._answers = {
            shard_of(found.uri): found
            for found in store.below(work.answers_folder)
            if found.uri.endswith(ANSWERS_SUFFIX)
        }

    def num_present(self, shards: Mapping[str, int]) -> int:
        """The sentences of those shards that have answers by now."""
        return sum(number for name, number in shards.items() if name in self._answers)

    def join(self, file: SplitFile, transform: Mapping[str, Any]) -> JoinedFile:
        """Write a file's result, unless shards are missing, and its manifest."""
        failed = {name: "has no answers" for name in file.sent if name not in self._answers}
        written = None if failed else self._write(file, failed)
        shards = [
            {"shard": name, "reason": reason}
            for name, reason in islice(failed.items(), MAX_TOLD_SHARDS)
        ]
        manifest = {
            **self._described(file),
            **_result(file, written),
            "missing_shards": len(failed),
            "failed_shards": shards,
            "transform": transform,
        }
        self._store.put_json(manifest, file.output + MANIFEST_SUFFIX)
        logger.info("%s: %s", file.uri, file.output if written else f"{len(failed)} shards missing")
        return JoinedFile(
            output=file.output if written else None,
            num_missing=len(failed),
            failed_shards=[{"input": file.uri, **shard} for shard in shards[:MAX_SHOWN]],
        )

    def _write(self, file: SplitFile, failed: dict[str, str]) -> Written | None:
        """The result, or nothing when a shard's answers turn out to be wrong."""
        path = self._scratch / "result"
        with result_stream(path, file.output) as stream:
            writer = ResultWriter(form_of(file.uri), stream)
            for shard in file.shards:
                answers = self._answers_of(shard) if shard in file.sent else iter(())
                try:
                    writer.write(self._lines(shard), answers)
                except WrongAnswersError as error:
                    # Without them the shard is translated again by the next execution.
                    self._store.delete(self._answers[shard].uri)
                    failed[shard] = f"has {error}"
                    return None
        written = Written.of(path, writer)
        self._store.put(path, file.output)
        path.unlink()
        return written

    def _lines(self, shard: str) -> ShardLines:
        content = self._store.read_json(self._work.lines(shard))
        if content is None:
            raise BulkError(f"{self._work.lines(shard)}: is gone; start again")
        return ShardLines.from_json(content)

    def _answers_of(self, shard: str) -> Iterator[Answer]:
        found: StoredObject = self._answers[shard]
        path = self._scratch / "answers"
        self._store.fetch(found, path)
        with path.open("rb") as stream:
            try:
                for payload in read_frames(stream):
                    record = decode_record(payload)
                    yield Answer(self._model.decode(record.target), record.is_truncated)
            except RecordIOError as error:
                raise WrongAnswersError(f"answers that are no records: {error}") from error

    def _described(self, file: SplitFile) -> dict[str, Any]:
        return {
            "format_version": MANIFEST_FORMAT_VERSION,
            "input": file.uri,
            "etag": file.etag,
            "model": self._settings.model_data,
            "model_fingerprint": self._model.fingerprint,
            "target_language": self._model.target_language,
            "lines": file.num_lines,
            "sentences": sum(file.sentences),
            "failed_lines": file.num_failed,
            "shards": len(file.sent),
        }


def _result(file: SplitFile, written: Written | None) -> dict[str, Any]:
    return {
        "output": file.output if written else None,
        "sha256": written.sha256 if written else None,
        "bytes": written.num_bytes if written else None,
        "failures": list(written.failures) if written else [],
        "truncated_lines": written.num_truncated if written else 0,
        "truncated": list(written.truncated) if written else [],
    }


def _speed(sentences: int, seconds: float) -> dict[str, Any]:
    known = sentences > 0 and seconds > 0
    return {
        "sentences": sentences,
        "seconds": seconds,
        "sentences_per_second": round(sentences / seconds, 1) if known else None,
    }


def _summary(files: Sequence[SplitFile], joined: Sequence[JoinedFile]) -> dict[str, Any]:
    """What the state machine returns, or fails with."""
    failed = [shard for file in joined for shard in file.failed_shards]
    return {
        "files": len(files),
        "lines": sum(file.num_lines for file in files),
        "sentences": sum(sum(file.sentences) for file in files),
        "failed_lines": sum(file.num_failed for file in files),
        "missing_shards": sum(file.num_missing for file in joined),
        "failed_shards": failed[:MAX_SHOWN],
        "outputs": [file.output for file in joined if file.output][:MAX_SHOWN],
    }


def main(arguments: Sequence[str]) -> int:
    """Run the job."""
    parser = argparse.ArgumentParser(prog="python -m bulk.join", allow_abbrev=False)
    for name in ("execution-folder", "model-data", "target-language"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--transform-seconds", type=float, required=True)
    settings = JoinSettings(**vars(parser.parse_args(arguments)))
    return run_job(lambda model, scratch: join(settings, ObjectStore(), model, scratch))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
