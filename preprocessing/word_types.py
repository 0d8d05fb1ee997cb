"""Numbers the different words of a text in the order of their first appearance."""

import re
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from preprocessing.blocks import Ids
from preprocessing.expansion import Expansion

_SPACE_BEYOND_ASCII = re.compile(
    "[" + "".join(re.escape(chr(code)) for code in range(0x80, 0x3001) if chr(code).isspace()) + "]"
)


class WordTypes:
    """The different words of a text; a word's number is its place."""

    def __init__(self, words: pa.BinaryArray) -> None:
        """The words are UTF-8."""
        self.utf8 = words

    def __len__(self) -> int:
        return len(self.utf8)

    def __iter__(self) -> Iterator[str]:
        return iter(self.utf8.view(pa.string()).to_pylist())

    def parts(self, size: int) -> Iterator["WordTypes"]:
        """The words in order, at most so many at once."""
        for start in range(0, len(self), size):
            yield WordTypes(self.utf8.slice(start, size))

    def joined_with(self, other: "WordTypes") -> tuple["WordTypes", Ids]:
        """These words and then the other's that are new, and the new numbers of the other's."""
        words, (_, numbers) = _number([self.utf8, other.utf8])
        return WordTypes(words), numbers


class WordNumbering:
    """Collects the words of block after block; each keeps the number that it got first."""

    def __init__(self) -> None:
        self._words: pa.BinaryArray = pa.array([], pa.binary())
        self._irregular: dict[int, list[str]] = {}

    def number(self, blocks: Sequence[pa.BinaryArray]) -> list[Ids]:
        """The number of each word of each block."""
        num_known = len(self._words)
        self._words, (_, *numbers) = _number([self._words, *blocks])
        self._find_irregular(num_known)
        return numbers

    def finish(self) -> tuple[WordTypes, Expansion | None]:
        """The words as Python's `split` finds them, and how numbers turn into theirs.

        The expansion is `None` where every number already is that of one word.
        """
        if not self._irregular:
            return WordTypes(self._words), None
        sizes = np.ones(len(self._words), dtype=np.int64)
        irregular = np.fromiter(self._irregular, dtype=np.int64)
        sizes[irregular] = [len(words) for words in self._irregular.values()]
        regular = np.ones(len(sizes), dtype=np.bool_)
        regular[irregular] = False
        found = [word.encode() for words in self._irregular.values() for word in words]
        types, (regular_numbers, found_numbers) = _number(
            [self._words.filter(pa.array(regular)), pa.array(found, pa.binary())]
        )
        is_regular = np.repeat(regular, sizes)
        values = np.empty(len(is_regular), dtype=np.int32)
        values[is_regular], values[~is_regular] = regular_numbers, found_numbers
        return WordTypes(types), Expansion(sizes, values)

    def _find_irregular(self, start: int) -> None:
        """Find what is not UTF-8 or holds white space after all among the words from `start`."""
        new = self._words.slice(start)
        if _is_regular(new):
            return
        for number, word in enumerate(new.to_pylist(), start=start):
            text = word.decode("utf-8", "replace")
            if (parts := text.split()) != [text] or "\ufffd" in text:
                self._irregular[number] = parts


def _is_regular(words: pa.BinaryArray) -> bool:
    try:
        text = words.cast(pa.string())
    except pa.ArrowInvalid:
        return False
    return not _SPACE_BEYOND_ASCII.search(_joined(text))


def _joined(text: pa.StringArray) -> str:
    offsets = np.frombuffer(text.buffers()[1], dtype=np.int32)[text.offset :][: len(text) + 1]
    return str(text.buffers()[2][int(offsets[0]) : int(offsets[-1])], "utf-8")


def _number(arrays: Sequence[pa.BinaryArray]) -> tuple[pa.BinaryArray, list[Ids]]:
    """The different entries in the order of their first appearance, and each entry's number."""
    encoded = pa.concat_arrays(arrays).dictionary_encode()
    ends = np.cumsum([len(array) for array in arrays])
    return encoded.dictionary, np.split(encoded.indices.to_numpy(), ends[:-1])
