"""`python -m bulk.split`: the lines of the input become shards of records of source ids.

What is in S3 already is not made again: a file that was split for this model stays split, and only
shards without answers are listed for the transform job.
"""

import argparse
import gzip
import logging
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import BinaryIO, cast

from bulk.errors import CORRUPT_GZIP, BulkError
from bulk.inputs import InputFile, find_inputs
from bulk.job import run_job
from bulk.lines import Kind, Line, form_of, read_lines
from bulk.model import BulkModel, fingerprint
from bulk.objects import ObjectStore
from bulk.shards import (
    ANSWERS_SUFFIX,
    RECORDS_SUFFIX,
    ShardLines,
    SplitFile,
    WorkFolder,
    missing_shards,
    shard_name,
    shard_of,
)
from protocol.bulk import MAX_SOURCE_PIECES, bucket_and_key
from protocol.recordio import encode_record, write_frame

FORMAT_VERSION = 1
"""Part of the fingerprints: a change of what shards hold makes new ones."""
FILES = "files.json"
SUMMARY = "split.json"
TRANSFORM_MANIFEST = "shards.manifest"
MAX_FAILURE_CHARACTERS = 200

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class SplitSettings:
    """What one execution asks for."""

    input: str
    output: str
    execution_folder: str
    model_data: str
    target_language: str
    shard_lines: int


def split(settings: SplitSettings, store: ObjectStore, model_folder: Path, scratch: Path) -> None:
    """Split every file, and say in the execution's folder what is left to translate.

    Raises:
        ValueError: the input or the model cannot be used.
    """
    unpacked = scratch / "model"
    unpacked.mkdir()
    model = BulkModel.load(
        model_folder,
        unpacked,
        model_data=settings.model_data,
        target_language=settings.target_language,
    )
    bucket, _ = bucket_and_key(settings.execution_folder)
    splitter = Splitter(
        store, model, WorkFolder.of(bucket, model.fingerprint), settings.shard_lines, scratch
    )
    inputs = find_inputs(store, settings.input, settings.output, language=model.target_language)
    files = [splitter.split(file) for file in inputs]
    _report(settings, store, splitter.work, files)


class Splitter:
    """Splits files for one model."""

    def __init__(
        self,
        store: ObjectStore,
        model: BulkModel,
        work: WorkFolder,
        shard_lines: int,
        scratch: Path,
    ) -> None:
        self.work = work
        self._store = store
        self._model = model
        self._shard_lines = shard_lines
        self._scratch = scratch

    def split(self, file: InputFile) -> SplitFile:
        """The shards of a file, which are made unless they are there.

        Raises:
            BulkError: the file cannot be read.
        """
        found = file.found
        name = fingerprint(FORMAT_VERSION, found.uri, found.etag, found.size, self._shard_lines)
        index = self.work.index(name)
        known = self._store.read_json(index)
        if known is not None and self._is_whole(done := SplitFile.from_json(known)):
            logger.info("%s: has been split", found.uri)
            return replace(done, output=file.output)
        done = self._split(file, name)
        # Last, so that a file counts as split when all of its shards are there.
        self._store.put_json(done.as_json(), index)
        logger.info("%s: %d lines, %d shards", found.uri, done.num_lines, len(done.sentences))
        return done

    def _is_whole(self, file: SplitFile) -> bool:
        """Whether all that was made of a file is still there; a lifecycle rule removes it."""
        lines = sum(1 for _ in self._store.below(self.work.lines_of(file.fingerprint)))
        records = sum(1 for _ in self._store.below(self.work.records_of(file.fingerprint)))
        return (lines, records) == (len(file.sentences), len(file.sent))

    def _split(self, file: InputFile, name: str) -> SplitFile:
        content = self._scratch / "input"
        self._store.fetch(file.found, content)
        num_lines = num_failed = 0
        sentences: list[int] = []
        try:
            with _opened(content, file.found.uri) as stream:
                lines = read_lines(stream, form_of(file.found.uri))
                for shard in self._shards(lines):
                    made = self._put(shard, shard_name(name, len(sentences)), num_lines + 1)
                    sentences.append(made.kinds.count(Kind.SENTENCE))
                    num_lines += len(made.kinds)
                    num_failed += len(made.failures)
        except (*CORRUPT_GZIP, gzip.BadGzipFile) as error:
            raise BulkError(f"{file.found.uri}: is not a whole .gz file: {error}") from error
        finally:
            content.unlink(missing_ok=True)
        return SplitFile(
            uri=file.found.uri,
            etag=file.found.etag,
            size=file.found.size,
            fingerprint=name,
            output=file.output,
            num_lines=num_lines,
            num_failed=num_failed,
            sentences=tuple(sentences),
        )

    def _shards(self, lines: Iterator[Line]) -> Iterator[Iterable[Line]]:
        for first in lines:
            yield _chained(first, islice(lines, self._shard_lines - 1))

    def _put(self, lines: Iterable[Line], shard: str, first_line: int) -> ShardLines:
        records = self._scratch / "shard"
        kinds: list[Kind] = []
        failures: list[str] = []
        with records.open("wb") as stream:
            for line in lines:
                kind, failure = self._write(line, stream)
                kinds.append(kind)
                if kind is Kind.FAILED:
                    failures.append(failure[:MAX_FAILURE_CHARACTERS])
        made = ShardLines(first_line=first_line, kinds="".join(kinds), failures=tuple(failures))
        if Kind.SENTENCE in kinds:
            self._store.put(records, self.work.records(shard))
        self._store.put_json(made.as_json(), self.work.lines(shard))
        return made

    def _write(self, line: Line, stream: BinaryIO) -> tuple[Kind, str]:
        """Append a sentence's record; what the line is, and why where it is no sentence."""
        if line.kind is not Kind.SENTENCE:
            return line.kind, line.text
        ids = self._model.encode(line.text)
        if len(ids) > MAX_SOURCE_PIECES:
            limit = f"at most {MAX_SOURCE_PIECES} are translated"
            return Kind.FAILED, f"the sentence has {len(ids)} pieces; {limit}"
        write_frame(stream, encode_record(ids, ()))
        return Kind.SENTENCE, ""


def _chained(first: Line, rest: Iterator[Line]) -> Iterator[Line]:
    yield first
    yield from rest


def _opened(path: Path, uri: str) -> BinaryIO:
    if uri.endswith(".gz"):
        return cast("BinaryIO", gzip.open(path, "rb"))
    return path.open("rb")


def _report(
    settings: SplitSettings, store: ObjectStore, work: WorkFolder, files: Sequence[SplitFile]
) -> None:
    present = {
        shard_of(found.uri)
        for found in store.below(work.answers_folder)
        if found.uri.endswith(ANSWERS_SUFFIX)
    }
    missing = missing_shards(files, present)
    folder = settings.execution_folder
    manifest = [{"prefix": work.records_folder}, *(f"{name}{RECORDS_SUFFIX}" for name in missing)]
    store.put_json(manifest, f"{folder}/{TRANSFORM_MANIFEST}")
    content = {
        "work": work.root,
        "files": [file.as_json() for file in files],
        "missing": missing,
    }
    store.put_json(content, f"{folder}/{FILES}")
    summary = {
        "shards": sum(len(file.sent) for file in files),
        "missing": len(missing),
        "manifest": f"{folder}/{TRANSFORM_MANIFEST}",
        "answers": work.answers_folder,
    }
    store.put_json(summary, f"{folder}/{SUMMARY}")
    logger.info("%(missing)d of %(shards)d shards are to be translated", summary)


def main(arguments: Sequence[str]) -> int:
    """Run the job."""
    parser = argparse.ArgumentParser(prog="python -m bulk.split", allow_abbrev=False)
    for name in ("input", "output", "execution-folder", "model-data", "target-language"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--shard-lines", type=int, required=True)
    settings = SplitSettings(**vars(parser.parse_args(arguments)))
    return run_job(lambda model, scratch: split(settings, ObjectStore(), model, scratch))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
