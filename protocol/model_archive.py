"""The `model.tar.gz` that SageMaker brings to a processing job."""

import shutil
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
            extract_files(content, folder)
    except (OSError, EOFError, zlib.error, tarfile.TarError) as error:
        raise ArchiveError(f"{archive.name} cannot be unpacked: {error}") from error


def extract_files(content: tarfile.TarFile, folder: Path) -> None:
    """Write an archive's files below a folder.

    The standard library's filters would do, but Python 3.11 has them only from 3.11.4 on.

    Raises:
        tarfile.ExtractError: a member is a link or a device, or points out of the folder.
    """
    root = folder.resolve()
    for member in content:
        target = (root / member.name).resolve()
        if not target.is_relative_to(root):
            raise tarfile.ExtractError(f"{member.name} points out of the folder")
        if member.isdir():
            target.mkdir(parents=True, exist_ok=True)
            continue
        source = content.extractfile(member) if member.isfile() else None
        if source is None:
            raise tarfile.ExtractError(f"{member.name} is neither a file nor a folder")
        target.parent.mkdir(parents=True, exist_ok=True)
        with source, target.open("wb") as file:
            shutil.copyfileobj(source, file)
