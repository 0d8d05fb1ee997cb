"""Pieces of text as bytes in printable letters, and the way back to characters and words."""

import codecs
from collections.abc import Iterator
from functools import lru_cache

from protocol.vocabulary import SPECIAL_SYMBOLS


def _printable_bytes() -> Iterator[str]:
    """The byte-level alphabet: printable Latin-1 stands for itself, the rest follows U+0100."""
    unprintable = 0
    for byte in range(256):
        if chr(byte).isprintable() and byte != ord(" "):
            yield chr(byte)
        else:
            yield chr(0x100 + unprintable)
            unprintable += 1


CHARACTER_OF_BYTE = tuple(_printable_bytes())
_BYTE_OF_CHARACTER = {character: byte for byte, character in enumerate(CHARACTER_OF_BYTE)}


def begins_word(piece: str) -> bool:
    """Whether a subword stands at the beginning of a word: it holds the space before it."""
    return piece.startswith(CHARACTER_OF_BYTE[ord(" ")])


@lru_cache(maxsize=1 << 16)
def piece_bytes(piece: str) -> bytes:
    """The bytes that a piece stands for; a special symbol stands for none."""
    if piece in SPECIAL_SYMBOLS:
        return b""
    try:
        return bytes(_BYTE_OF_CHARACTER[character] for character in piece)
    except KeyError:
        return piece.encode("utf-8", "replace")


class OffsetDecoder:
    """Decodes UTF-8 with replacement and knows which characters came out of which bytes."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._parts: list[str] = []
        self._length = 0

    def add(self, content: bytes) -> range:
        """The indices of the characters that these bytes are part of."""
        if not content:
            return range(0)
        first = last = self._feed(content[:1])
        if len(content) > 1:
            last = self._feed(content[1:])
        return range(first, last + 1)

    def finish(self) -> str:
        """The whole text."""
        return "".join(self._parts) + self._decoder.decode(b"", final=True)

    def _feed(self, content: bytes) -> int:
        """The index of the character that the last of these bytes is part of."""
        decoded = self._decoder.decode(content)
        self._parts.append(decoded)
        self._length += len(decoded)
        incomplete = bool(self._decoder.getstate()[0])
        return self._length if incomplete else self._length - 1


def word_of_character(text: str) -> list[int | None]:
    """The number of the word that each character stands in; `None` for white space."""
    words: list[int | None] = []
    current, inside = -1, False
    for character in text:
        if character.isspace():
            inside = False
            words.append(None)
            continue
        current += not inside
        inside = True
        words.append(current)
    return words
