"""A model's archive that cannot be unpacked is told as the customer's mistake, not as a defect."""

import io
import random
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from local.sagemaker.errors import JobFailureError
from local.sagemaker.storage import unpack_archive

CONTENT = random.Random(1).randbytes(50_000)


def packed() -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        member = tarfile.TarInfo("model.bin")
        member.size = len(CONTENT)
        archive.addfile(member, io.BytesIO(CONTENT))
    return stream.getvalue()


def test_an_archive_is_unpacked(tmp_path: Path) -> None:
    (tmp_path / "model.tar.gz").write_bytes(packed())

    unpack_archive(tmp_path / "model.tar.gz", tmp_path / "model")

    assert (tmp_path / "model" / "model.bin").read_bytes() == CONTENT


@pytest.mark.parametrize(
    "damage",
    [
        lambda archive: b"no archive at all",
        lambda archive: archive[: len(archive) // 2],
        lambda archive: archive[:40] + bytes([255]) * 200 + archive[240:],
    ],
    ids=["something else", "its first half", "overwritten"],
)
def test_a_damaged_archive_is_named(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    (tmp_path / "model.tar.gz").write_bytes(damage(packed()))

    with pytest.raises(JobFailureError, match="^ClientError: model.tar.gz is not a usable .tar.gz"):
        unpack_archive(tmp_path / "model.tar.gz", tmp_path / "model")
