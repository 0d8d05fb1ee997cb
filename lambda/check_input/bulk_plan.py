"""From a bulk translation's input to the names and arguments of its jobs."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from check_input.names import folder_name, job_name
from check_input.settings import listed, required
from protocol.bulk import OUTPUT_FOLDER, WORK_FOLDER, BulkInput, bucket_and_key
from protocol.retraining import InputError


@dataclass(frozen=True, kw_only=True, slots=True)
class BulkSettings:
    """What the owner allows."""

    bucket: str
    bulk_buckets: frozenset[str]
    """Buckets besides `bucket` that may be read and written."""
    corpus_buckets: frozenset[str]
    """Buckets that may be read."""
    max_instances: int

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "BulkSettings":
        """Read the settings.

        Raises:
            ValueError: names the variable that is missing or not usable.
        """
        return cls(
            bucket=required(environ, "BUCKET"),
            bulk_buckets=listed(environ, "BULK_BUCKETS"),
            corpus_buckets=listed(environ, "CORPUS_BUCKETS"),
            max_instances=int(required(environ, "BULK_MAX_INSTANCES")),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class BulkPlan:
    """What the later states read; arguments of a job are strings."""

    job_name: str
    execution_folder: str
    """Where the jobs tell the state machine, and each other, what they did."""
    input: str
    output: str
    shard_lines: str
    instances: int


def make_bulk_plan(execution: str, content: object, settings: BulkSettings) -> dict[str, Any]:
    """Check an input and plan its jobs.

    Raises:
        InputError: names the key, the value found and what would be right.
    """
    wanted = BulkInput.parse(content)
    _check_readable(wanted.input, settings)
    _check_writable(wanted, settings)
    if wanted.instances > settings.max_instances:
        raise InputError(
            f"instances must be at most {settings.max_instances}, the setting "
            f"bulk_max_instances, not {wanted.instances}"
        )
    plan = BulkPlan(
        job_name=job_name(execution),
        execution_folder=f"{WORK_FOLDER}executions/{folder_name(execution)}",
        input=wanted.input,
        output=wanted.output,
        shard_lines=str(wanted.shard_lines),
        instances=wanted.instances,
    )
    return asdict(plan)


def _check_readable(uri: str, settings: BulkSettings) -> None:
    bucket, key = bucket_and_key(uri)
    readable = {settings.bucket} | settings.bulk_buckets | settings.corpus_buckets
    if bucket not in readable:
        raise InputError(
            f"input: the bucket {bucket!r} is not among those that may be read: "
            f"{', '.join(sorted(readable))}; name it in the setting bulk_buckets"
        )
    if bucket == settings.bucket and key.startswith(WORK_FOLDER):
        raise InputError(f"input must not lie in {WORK_FOLDER}, where shards lie: {uri!r}")


def _check_writable(wanted: BulkInput, settings: BulkSettings) -> None:
    bucket, key = bucket_and_key(wanted.output)
    if bucket in settings.bulk_buckets:
        return
    if bucket == settings.bucket and key.startswith(OUTPUT_FOLDER):
        return
    raise InputError(
        f"output: results cannot be written to {wanted.output!r}, which is beside the input "
        f"unless output is given; give a folder below s3://{settings.bucket}/{OUTPUT_FOLDER} or "
        "name the bucket in the setting bulk_buckets"
    )
