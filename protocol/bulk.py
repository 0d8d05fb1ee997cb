"""The bulk translation's input, where its files lie, and the limits that its jobs share."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from protocol.retraining import MAX_URI_LENGTH, InputError

DEFAULT_SHARD_LINES = 10_000
MAX_SHARD_LINES = 100_000
MAX_SOURCE_PIECES = 1024
"""Of one line; the endpoint refuses the same lengths."""
OUTPUT_FOLDER = "bulk/"
"""Below it bulk translation may write its results into the service's own bucket."""
WORK_FOLDER = "bulk-work/"
"""Shards and their translations; a lifecycle rule removes them."""
MANIFEST_SUFFIX = ".manifest.json"
MAX_PAYLOAD_MB = 1
"""Of one request of batch transform: some ten thousand sentences."""
CONCURRENT_TRANSFORMS = 2
"""The second request is read while the first one's last sentences are translated."""
INVOCATION_SECONDS = 3600
"""SageMaker's limit."""
MODEL_ENVIRONMENT = {
    # A request holds many more sentences than the endpoint lets wait.
    "SERVING_MAX_WAITING_SENTENCES": "1000000",
    "SERVING_MAX_WAITING_PIECES": "100000000",
    "SERVING_REQUEST_SECONDS": str(INVOCATION_SECONDS - 60),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class BulkInput:
    """What one bulk translation is asked for."""

    input: str
    """`s3://BUCKET/KEY` of an object, or `s3://BUCKET/FOLDER/` for every object below it."""
    output: str
    """The folder of the results, with a slash at its end; beside the input unless given."""
    shard_lines: int = DEFAULT_SHARD_LINES
    instances: int = 1

    @classmethod
    def parse(cls, content: object) -> "BulkInput":
        """Read the input of an execution.

        Raises:
            InputError: names the key, the value found and what would be right.
        """
        given = _object(content, {part.name for part in dataclasses.fields(cls)})
        source = _uri("input", given.get("input"), "s3://BUCKET/KEY, or s3://BUCKET/FOLDER/")
        beside = source[: source.rindex("/") + 1]
        output = given.get("output")
        wanted = cls(
            input=source,
            output=beside if output is None else _folder(output),
            shard_lines=_count("shard_lines", given, DEFAULT_SHARD_LINES, MAX_SHARD_LINES),
            instances=_count("instances", given, 1, 100),
        )
        wanted._check_folders()
        return wanted

    @property
    def is_folder(self) -> bool:
        return self.input.endswith("/")

    def _check_folders(self) -> None:
        if self.is_folder and self.output != self.input and self.output.startswith(self.input):
            raise InputError(
                f"output must not lie below the folder that is translated: {self.output!r} is "
                f"below {self.input!r}; give another folder or leave it out"
            )


def bucket_and_key(uri: str) -> tuple[str, str]:
    """The two parts of s3://BUCKET/KEY; the key may be empty."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def translated_name(name: str, language: str) -> str:
    """The result's name beside `name`, compressed as that is: news.txt.gz gives news.txt.de.gz."""
    stem = name.removesuffix(".gz")
    return f"{stem}.{language}{name[len(stem) :]}"


def _object(content: object, allowed: set[str]) -> dict[str, Any]:
    if not isinstance(content, Mapping):
        raise InputError(f"the input must be a JSON object, not {content!r}")
    if unknown := sorted(content.keys() - allowed):
        known = ", ".join(sorted(allowed))
        raise InputError(f"the input: unknown key {unknown[0]!r}; known keys: {known}")
    return dict(content)


def _uri(name: str, value: object, form: str) -> str:
    if value is None:
        raise InputError(f"{name} is needed: {form}")
    if not isinstance(value, str) or not value.startswith("s3://"):
        raise InputError(f"{name} must be {form}, not {value!r}")
    if len(value) > MAX_URI_LENGTH:
        raise InputError(f"{name} has {len(value)} characters; SageMaker takes {MAX_URI_LENGTH}")
    bucket, key = bucket_and_key(value)
    if not bucket or not key.strip("/"):
        raise InputError(f"{name} must be {form}, not {value!r}")
    return value


def _folder(value: object) -> str:
    uri = _uri("output", value, "s3://BUCKET/FOLDER/")
    return uri if uri.endswith("/") else f"{uri}/"


def _count(name: str, given: Mapping[str, Any], default: int, highest: int) -> int:
    value = given.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= highest:
        raise InputError(f"{name} must be a whole number from 1 to {highest:,}, not {value!r}")
    return value
