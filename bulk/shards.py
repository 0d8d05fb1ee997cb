"""Shards: where they lie, and what is remembered of the lines that they were made of."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from protocol.bulk import WORK_FOLDER

RECORDS_SUFFIX = ".rec"
ANSWERS_SUFFIX = ".rec.out"
"""Batch transform appends `.out` to the name of what it has translated."""


@dataclass(frozen=True, slots=True)
class WorkFolder:
    """The folder of one model's shards, `s3://BUCKET/bulk-work/<model>/`."""

    root: str

    @classmethod
    def of(cls, bucket: str, model_fingerprint: str) -> "WorkFolder":
        return cls(f"s3://{bucket}/{WORK_FOLDER}{model_fingerprint}/")

    @property
    def records_folder(self) -> str:
        return f"{self.root}source/"

    @property
    def answers_folder(self) -> str:
        return f"{self.root}target/"

    def records(self, shard: str) -> str:
        """The shard's sentences, as records of source ids."""
        return f"{self.records_folder}{shard}{RECORDS_SUFFIX}"

    def lines(self, shard: str) -> str:
        """What each line of the shard is."""
        return f"{self.root}lines/{shard}.json"

    def records_of(self, file_fingerprint: str) -> str:
        """What the records of all of a file's shards begin with."""
        return f"{self.records_folder}{file_fingerprint}-"

    def lines_of(self, file_fingerprint: str) -> str:
        """The same for what their lines are."""
        return f"{self.root}lines/{file_fingerprint}-"

    def index(self, file_fingerprint: str) -> str:
        """Says that a file has been split, once it has been."""
        return f"{self.root}files/{file_fingerprint}.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class ShardLines:
    """What the lines of a shard are, by `lines.Kind`."""

    first_line: int
    """Of the file, from 1."""
    kinds: str
    failures: tuple[str, ...]
    """Why the lines of kind `f` cannot be translated, in their order."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "ShardLines":
        return cls(**{**content, "failures": tuple(content["failures"])})


@dataclass(frozen=True, kw_only=True, slots=True)
class SplitFile:
    """One file of the input, and the shards that it became."""

    uri: str
    etag: str
    size: int
    fingerprint: str
    """Begins the names of its shards."""
    output: str
    num_lines: int
    num_failed: int
    """Lines that cannot be translated."""
    sentences: tuple[int, ...]
    """Of each shard; one without any is not sent to the model."""

    @property
    def shards(self) -> Iterator[str]:
        """The names of all shards, in the order of the lines."""
        return (shard_name(self.fingerprint, number) for number in range(len(self.sentences)))

    @property
    def sent(self) -> dict[str, int]:
        """The shards that have sentences, with their number."""
        return {
            shard: number
            for shard, number in zip(self.shards, self.sentences, strict=True)
            if number
        }

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "SplitFile":
        return cls(**{**content, "sentences": tuple(content["sentences"])})


def shard_name(file_fingerprint: str, number: int) -> str:
    """The name of a file's shard, counted from 0."""
    return f"{file_fingerprint}-{number:06d}"


def shard_of(uri: str) -> str:
    """The shard that an object of answers belongs to, wherever below its folder it lies."""
    return uri.rpartition("/")[2].removesuffix(ANSWERS_SUFFIX)


def missing_shards(files: Sequence[SplitFile], present: set[str]) -> dict[str, int]:
    """The shards that no answers are there for, with the number of their sentences."""
    return {
        shard: number
        for file in files
        for shard, number in file.sent.items()
        if shard not in present
    }
