"""Unpacking a model's archive: its files and folders come out, and nothing goes elsewhere."""

import io
import tarfile
from pathlib import Path

import pytest

from protocol.model_archive import ArchiveError, unpack_only_archive


def archive(folder: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    folder.mkdir()
    with tarfile.open(folder / "model.tar.gz", "w:gz") as packed:
        for member, content in members:
            member.size = len(content)
            packed.addfile(member, io.BytesIO(content))
    return folder


def member(name: str, kind: bytes = tarfile.REGTYPE, linkname: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = kind
    info.linkname = linkname
    return info


def test_files_come_out_below_their_folders(tmp_path: Path) -> None:
    source = archive(
        tmp_path / "archive",
        (member("./translator", tarfile.DIRTYPE), b""),
        (member("./translator/model.bin"), b"weights"),
        (member("manifest.json"), b"{}"),
        (member("vocab/deep/target.json"), b"[]"),
    )
    unpack_only_archive(source, tmp_path / "model")
    found = {
        str(path.relative_to(tmp_path / "model")): path.read_bytes()
        for path in (tmp_path / "model").rglob("*")
        if path.is_file()
    }
    assert found == {
        "translator/model.bin": b"weights",
        "manifest.json": b"{}",
        "vocab/deep/target.json": b"[]",
    }


@pytest.mark.parametrize(
    ("refused", "reason"),
    [
        (member("../escaped"), "../escaped points out of the folder"),
        (member("/escaped"), "/escaped points out of the folder"),
        (member("link", tarfile.SYMTYPE, "/etc/passwd"), "link is neither a file nor a folder"),
        (member("hard", tarfile.LNKTYPE, "../escaped"), "hard is neither a file nor a folder"),
        (member("pipe", tarfile.FIFOTYPE), "pipe is neither a file nor a folder"),
    ],
)
def test_what_points_elsewhere_is_refused(
    tmp_path: Path, refused: tarfile.TarInfo, reason: str
) -> None:
    source = archive(tmp_path / "archive", (refused, b""))
    with pytest.raises(ArchiveError, match=reason):
        unpack_only_archive(source, tmp_path / "model")
    assert not (tmp_path / "escaped").exists()


def test_a_damaged_archive_is_named(tmp_path: Path) -> None:
    source = archive(tmp_path / "archive", (member("model.bin"), bytes(range(256)) * 400))
    whole = (source / "model.tar.gz").read_bytes()
    (source / "model.tar.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ArchiveError, match=r"model\.tar\.gz cannot be unpacked"):
        unpack_only_archive(source, tmp_path / "model")


def test_two_archives_are_too_many(tmp_path: Path) -> None:
    source = archive(tmp_path / "archive", (member("manifest.json"), b"{}"))
    (source / "other.tar.gz").write_bytes(b"")
    with pytest.raises(ArchiveError, match=r"found model\.tar\.gz, other\.tar\.gz"):
        unpack_only_archive(source, tmp_path / "model")
