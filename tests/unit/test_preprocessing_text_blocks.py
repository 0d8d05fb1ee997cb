import io

import pytest

from preprocessing.errors import CorpusError
from preprocessing.text_blocks import first_lines, line_blocks


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("preprocessing.text_blocks.BLOCK_BYTES", 4)
    monkeypatch.setattr("preprocessing.text_blocks.MAX_LINE_BYTES", 12)


def blocks(content: bytes) -> list[bytes]:
    return list(line_blocks(io.BytesIO(content), "text.en"))


def test_a_line_end_of_two_characters_may_lie_on_a_border() -> None:
    assert b"".join(blocks(b"abc\r\ndef\rg\r\n")) == b"abc\ndef\ng\n"


def test_the_last_line_needs_no_end() -> None:
    assert blocks(b"a\nb") == [b"a\n", b"b\n"]
    assert blocks(b"") == []


def test_a_line_that_is_no_sentence_is_refused() -> None:
    with pytest.raises(CorpusError, match="text.en: line 3 is longer than"):
        blocks(b"a\nb\n" + b"x" * 40)


def test_only_the_first_lines_are_read() -> None:
    stream = io.BytesIO(b"a\nb\nc\nd\n" * 10)
    assert b"".join(first_lines(line_blocks(stream, "text.en"), 3)) == b"a\nb\nc\n"
    assert stream.tell() == 8
