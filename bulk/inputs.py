"""Which files an input names, and where each one's result belongs."""

from collections.abc import Iterator
from dataclasses import dataclass

from bulk.errors import BulkError
from bulk.objects import ObjectStore, StoredObject
from protocol.bulk import MANIFEST_SUFFIX, translated_name

MAX_FILES = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class InputFile:
    """A file to translate."""

    found: StoredObject
    output: str
    """The result's URI."""


def find_inputs(store: ObjectStore, source: str, output: str, *, language: str) -> list[InputFile]:
    """The files that an input names, in the order of their names.

    Raises:
        BulkError: there is none, there are too many, or a file that is not a result of ours lies
            where a result belongs.
    """
    files = list(_files(store, source, output, language))
    if not files:
        raise BulkError(f"{source}: there is no file to translate")
    for file in files:
        _check_free(store, file.output)
    return files


def _files(store: ObjectStore, source: str, output: str, language: str) -> Iterator[InputFile]:
    if not source.endswith("/"):
        found = store.find(source)
        if found is None:
            raise BulkError(
                f"{source}: there is no such object; a folder is given with a slash at its end"
            )
        name = source.rpartition("/")[2]
        yield InputFile(found=found, output=output + translated_name(name, language))
        return
    listed = _listed(store, source)
    results = {
        name.removesuffix(MANIFEST_SUFFIX) for name in listed if name.endswith(MANIFEST_SUFFIX)
    }
    for name, found in listed.items():
        if not name.endswith(MANIFEST_SUFFIX) and name not in results:
            yield InputFile(found=found, output=output + translated_name(name, language))


def _listed(store: ObjectStore, folder: str) -> dict[str, StoredObject]:
    listed: dict[str, StoredObject] = {}
    for found in store.below(folder):
        if not found.uri.endswith("/"):
            listed[found.uri.removeprefix(folder)] = found
        if len(listed) > 3 * MAX_FILES:
            raise BulkError(
                f"{folder}: holds more than {MAX_FILES:,} files with their results; translate its "
                "subfolders one by one"
            )
    return listed


def _check_free(store: ObjectStore, output: str) -> None:
    """A result of ours has a manifest beside it and may be written again."""
    if store.find(output) is not None and store.find(output + MANIFEST_SUFFIX) is None:
        raise BulkError(
            f"{output}: a file that no bulk translation wrote lies where the result belongs; "
            "give another output, or move it away"
        )
