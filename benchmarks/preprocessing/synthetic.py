"""Writes a parallel corpus of any size whose words are spread as those of real text.

Word frequencies follow the Zipf-Mandelbrot law, so that the number of different words grows with
the text; sentence lengths are log-normal. The same seed gives the same bytes.
`python -m benchmarks.preprocessing.synthetic PREFIX PAIRS` writes PREFIX.en and PREFIX.de.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

SEED = 1
PAIRS_TOGETHER = 250_000
_CONSONANTS = ("b", "d", "f", "g", "h", "k", "l", "m", "n", "r", "s", "t", "v", "w", "sch", "st")
_VOWELS = ("a", "e", "i", "o", "u", "ä", "ie", "ei", "ü", "er")
_LINE_FEED = 0x0A
_MEAN_LENGTH, _LENGTH_SPREAD, _MAX_LENGTH = 23.0, 0.6, 250


@dataclass(frozen=True, kw_only=True, slots=True)
class Language:
    """How rich one side's vocabulary is."""

    suffix: str
    num_words: int
    """There are no more different words than this, however long the text."""
    exponent: float


SIDES = (
    Language(suffix="en", num_words=2_000_000, exponent=1.5),
    Language(suffix="de", num_words=5_000_000, exponent=1.4),
)


def write_corpus(prefix: Path, num_pairs: int) -> None:
    """Write PREFIX.en and PREFIX.de."""
    generator = np.random.default_rng(SEED)
    source, target = (prefix.with_name(f"{prefix.name}.{side.suffix}") for side in SIDES)
    writers = [_SideWriter(side) for side in SIDES]
    with source.open("wb") as source_file, target.open("wb") as target_file:
        for start in range(0, num_pairs, PAIRS_TOGETHER):
            count = min(PAIRS_TOGETHER, num_pairs - start)
            for writer, file in zip(writers, (source_file, target_file), strict=True):
                file.write(writer.lines(count, generator))


class _SideWriter:
    def __init__(self, language: Language) -> None:
        ranks = np.arange(1, language.num_words + 1)
        self._shares = np.cumsum((ranks + 2.7) ** -language.exponent)
        self._shares /= self._shares[-1]
        self._words = _words_with_space_after(language.num_words)

    def lines(self, count: int, generator: np.random.Generator) -> memoryview:
        mean = np.log(_MEAN_LENGTH) - _LENGTH_SPREAD**2 / 2
        lengths = generator.lognormal(mean, _LENGTH_SPREAD, count).astype(np.int64)
        ends = np.cumsum(lengths.clip(1, _MAX_LENGTH))
        ranks = np.searchsorted(self._shares, generator.random(ends[-1]))
        text = self._words.take(pa.array(ranks))
        offsets = np.frombuffer(text.buffers()[1], dtype=np.int32)
        content = np.frombuffer(text.buffers()[2], dtype=np.uint8)[: offsets[len(text)]].copy()
        content[offsets[ends] - 1] = _LINE_FEED
        return content.data


def _words_with_space_after(num_words: int) -> pa.BinaryArray:
    """Frequent words are short: each is its rank, written with syllables for digits."""
    syllables = pa.array([c + v for c in _CONSONANTS for v in _VOWELS])
    rest, last = np.divmod(np.arange(num_words), len(syllables))
    words = syllables.take(pa.array(last))
    while (unfinished := rest > 0).any():
        rest, digit = np.divmod(np.maximum(rest - 1, 0), len(syllables))
        longer = pc.binary_join_element_wise(syllables.take(pa.array(digit)), words, "")
        words = pc.if_else(pa.array(unfinished), longer, words)
    return pc.binary_join_element_wise(words, " ", "").view(pa.binary())


if __name__ == "__main__":
    write_corpus(Path(sys.argv[1]), int(sys.argv[2]))
