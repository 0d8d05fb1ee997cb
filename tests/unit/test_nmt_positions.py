from pathlib import Path

import pytest

from nmt.positions import MODEL_FILE, count_positions
from tests.copying_model import NUM_POSITIONS, build_word_model


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return build_word_model(tmp_path) / "ctranslate2"


def test_the_rows_of_a_table_are_counted(folder: Path) -> None:
    assert count_positions(folder) == NUM_POSITIONS


def test_another_format_is_named(folder: Path) -> None:
    content = (folder / MODEL_FILE).read_bytes()
    (folder / MODEL_FILE).write_bytes(b"\x07" + content[1:])
    with pytest.raises(ValueError, match=f"{MODEL_FILE}: .* format version 7 is not one of 4 to 6"):
        count_positions(folder)


@pytest.mark.parametrize("num_bytes", [0, 3, 20, 100])
def test_a_file_that_is_cut_short_is_named(folder: Path, num_bytes: int) -> None:
    content = (folder / MODEL_FILE).read_bytes()
    (folder / MODEL_FILE).write_bytes(content[:num_bytes])
    with pytest.raises(ValueError, match=f"{MODEL_FILE}: its positions cannot be read"):
        count_positions(folder)
