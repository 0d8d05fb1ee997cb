"""Counts the letters of words by the writing system that Unicode says they are of."""

import sys

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import regex

from preprocessing.blocks import Ids, Mask
from preprocessing.word_types import WordTypes

CodePoints = npt.NDArray[np.uint32]

_WORDS_AT_ONCE = 1 << 16


def letters_of_script(types: WordTypes, script: str) -> tuple[Ids, Ids]:
    """The letters of each word, and how many of them are of the script.

    Several scripts are joined by `+`. Digits, punctuation, symbols and combining marks are no
    letters.
    """
    of_script = "".join(rf"\p{{Script={name}}}" for name in script.split("+"))
    classes = _CharacterClass(r"\p{L}"), _CharacterClass(rf"(?V1)[\p{{L}}&&[{of_script}]]")
    num_letters = np.zeros((2, len(types)), dtype=np.int32)
    for start in range(0, len(types), _WORDS_AT_ONCE):
        words = types.utf8.slice(start, _WORDS_AT_ONCE)
        characters, first_of_word = _code_points(words)
        for counts, character_class in zip(num_letters, classes, strict=True):
            is_held = character_class.holds(characters)
            counts[start : start + len(words)] = np.add.reduceat(
                is_held, first_of_word, dtype=np.int32
            )
    return num_letters[0], num_letters[1]


class _CharacterClass:
    """Asks a regular expression about each different character only once."""

    def __init__(self, pattern: str) -> None:
        self._pattern = regex.compile(f"{pattern}+")
        self._is_asked = np.zeros(sys.maxunicode + 1, dtype=np.bool_)
        self._is_held = self._is_asked.copy()

    def holds(self, characters: CodePoints) -> Mask:
        new = np.unique(characters[~self._is_asked[characters]])
        for match in self._pattern.finditer("".join(map(chr, new.tolist()))):
            self._is_held[new[match.start() : match.end()]] = True
        self._is_asked[new] = True
        held: Mask = self._is_held[characters]
        return held


def _code_points(words: pa.BinaryArray) -> tuple[CodePoints, npt.NDArray[np.int64]]:
    """The characters of all words, and where each word begins; no word is empty."""
    text = b"".join(words.to_pylist()).decode()
    lengths = pc.utf8_length(words.view(pa.string())).to_numpy()
    characters = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)
    return characters, np.cumsum(lengths, dtype=np.int64) - lengths
