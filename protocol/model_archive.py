"""The `model.tar.gz` that SageMaker brings to a processing job."""

import tarfile
import zlib
from pathlib import Path

from protocol.artifacts import MODEL_ARCHIVE


class ArchiveError(ValueError):
    """There is no model archive that can be unpacked; the message names it."""


def unpack_only_archive(source: Path, folder: Path) -> None:
    """Unpack the one archive of a folder as SageMaker does, but nothing that points elsewhere.

    A pretrained model's archive keeps the name that its owner gave it.

    Raises:
        ArchiveError: there is none, or more than one, or it is damaged.
    """
    found = sorted(source.glob("*.tar.gz"))
    if len(found) != 1:
        names = ", ".join(path.name for path in found) or "none"
        raise ArchiveError(
            f"{source.name}: one .tar.gz is needed, such as {MODEL_ARCHIVE}; found {names}"
        )
    (archive,) = found
    try:
        with tarfile.open(archive, "r:gz") as content:
            content.extractall(folder, filter="data")
    except (OSError, EOFError, zlib.error, tarfile.TarError) as error:
        raise ArchiveError(f"{archive.name} cannot be unpacked: {error}") from error
