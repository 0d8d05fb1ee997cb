"""Draws the corpus from the templates, splits it and writes it; it knows no words."""

import shutil
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from examples.phrasebook.clauses import Pair
from examples.phrasebook.demo import DEMO_SENTENCES
from examples.phrasebook.draw import Draw
from examples.phrasebook.templates import TEMPLATES, Template

_SEED = "phrasebook"
_NUM_HELD_OUT = 500
_NUM_ATTEMPTS = 60
"""Draws for each wanted pair before a template counts as too poor."""
_MIN_OCCURRENCES = 10
"""How often training must show each word of a held-out pair."""


class PhrasebookError(ValueError):
    """The grammar cannot give the corpus that was asked of it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Corpus:
    train: tuple[Pair, ...]
    validation: tuple[Pair, ...]
    test: tuple[Pair, ...]

    def splits(self) -> dict[str, tuple[Pair, ...]]:
        """What is written, by the name of its files."""
        return {
            "train": self.train,
            "validation": self.validation,
            "test": self.test,
            "demo": DEMO_SENTENCES,
        }


class _Dictionary:
    """Pairs in both directions: a sentence of either language has one translation."""

    def __init__(self) -> None:
        self._by_source: dict[str, Pair] = {}
        self._by_target: dict[str, Pair] = {}

    def add(self, pair: Pair) -> bool:
        """Say whether the pair is new."""
        known = self._by_source.get(pair.source) or self._by_target.get(pair.target)
        if known == pair:
            return False
        if known is not None:
            raise PhrasebookError(f"two translations of one sentence: {known} and {pair}")
        self._by_source[pair.source] = self._by_target[pair.target] = pair
        return True


def draw_pairs(templates: Sequence[Template] = TEMPLATES) -> dict[str, list[Pair]]:
    """The pairs of each template, by its name; the same at every call.

    Raises:
        PhrasebookError: a template is too poor for its share, or a sentence has two translations.
    """
    dictionary = _Dictionary()
    return {template.name: _draw(template, dictionary) for template in templates}


def generate() -> Corpus:
    """The whole corpus; the same at every call."""
    pairs = [pair for drawn in draw_pairs().values() for pair in drawn]
    return _split(Draw(_SEED).shuffled(pairs))


def write(corpus: Corpus, folder: Path) -> None:
    """Write two files for each split; on failure the folder is left as it was."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".phrasebook-") as partial:
        for name, pairs in corpus.splits().items():
            _write_lines(Path(partial, f"{name}.en"), [pair.source for pair in pairs])
            _write_lines(Path(partial, f"{name}.de"), [pair.target for pair in pairs])
        for written in sorted(Path(partial).iterdir()):
            shutil.move(written, folder / written.name)


def _draw(template: Template, dictionary: _Dictionary) -> list[Pair]:
    draw = Draw(f"{_SEED} {template.name}")
    drawn: list[Pair] = []
    for _ in range(template.num_pairs * _NUM_ATTEMPTS):
        pair = template.sentence(draw)
        if not is_demo(pair.source) and dictionary.add(pair):
            drawn.append(pair)
        if len(drawn) == template.num_pairs:
            return drawn
    raise PhrasebookError(
        f"template {template.name}: {len(drawn)} distinct pairs, {template.num_pairs} wanted; "
        "widen its lexicon or ask for fewer"
    )


def is_demo(source: str) -> bool:
    """Whether this is a demo sentence, whatever mark it ends with."""
    return _without_mark(source) in _DEMO_SOURCES


def _without_mark(sentence: str) -> str:
    return sentence.removesuffix(" .").removesuffix(" !").removesuffix(" ?")


_DEMO_SOURCES = frozenset(_without_mark(pair.source) for pair in DEMO_SENTENCES)


def _split(pairs: Sequence[Pair]) -> Corpus:
    """Hold out pairs whose words are common enough to be learned from the rest."""
    occurrences = Counter(word for pair in pairs for word in _tokens(pair))
    held_out: list[Pair] = []
    train: list[Pair] = []
    for pair in pairs:
        words = Counter(_tokens(pair))
        is_known = all(occurrences[w] - n >= _MIN_OCCURRENCES for w, n in words.items())
        if len(held_out) < 2 * _NUM_HELD_OUT and is_known:
            held_out.append(pair)
            occurrences -= words
        else:
            train.append(pair)
    return Corpus(
        train=tuple(train),
        validation=tuple(held_out[:_NUM_HELD_OUT]),
        test=tuple(held_out[_NUM_HELD_OUT:]),
    )


def _tokens(pair: Pair) -> list[tuple[str, str]]:
    """The words of both sides, each marked with its language."""
    source = [("en", word) for word in pair.source.split()]
    return source + [("de", word) for word in pair.target.split()]


def _write_lines(path: Path, lines: Sequence[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")
