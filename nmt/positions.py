"""How many positions a CTranslate2 model knows, which its engine does not tell.

Our own exports have none of their own: CTranslate2 then computes as many as it needs. A model with
a table fails beyond the table's end, and with it every sentence of the same call.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

MODEL_FILE = "model.bin"
FORMAT_VERSIONS = range(4, 7)
"""Their variables are laid out alike."""
TABLE = "position_encodings/encodings"


def count_positions(folder: Path) -> int | None:
    """The rows of the smallest position table; `None` where the model has no table.

    Raises:
        ValueError: the file has another format; the message names it.
    """
    path = folder / MODEL_FILE
    with path.open("rb") as stream:
        try:
            tables = [shape[0] for name, shape in _variables(stream) if name.endswith(TABLE)]
        except (ValueError, struct.error) as error:
            raise ValueError(f"{path}: its positions cannot be read: {error}") from error
    return min(tables, default=None)


def _variables(stream: BinaryIO) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Name and shape of each; a table that two parts share is there once."""
    (version,) = _read(stream, "I")
    if version not in FORMAT_VERSIONS:
        raise ValueError(
            f"format version {version} is not one of {FORMAT_VERSIONS.start} to "
            f"{FORMAT_VERSIONS.stop - 1}"
        )
    _string(stream)
    _revision, number = _read(stream, "II")
    for _ in range(number):
        name = _string(stream)
        (rank,) = _read(stream, "B")
        shape = _read(stream, f"{rank}I")
        _type, num_bytes = _read(stream, "BI")
        stream.seek(num_bytes, 1)
        yield name, shape


def _string(stream: BinaryIO) -> str:
    (length,) = _read(stream, "H")
    return stream.read(length).rstrip(b"\0").decode()


def _read(stream: BinaryIO, layout: str) -> tuple[int, ...]:
    return struct.unpack(f"<{layout}", stream.read(struct.calcsize(f"<{layout}")))
