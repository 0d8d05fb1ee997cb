"""Learns a byte-pair encoding inside words from counted words."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tokenizers
from tokenizers import models, normalizers, pre_tokenizers, trainers

from nmt.byte_pieces import CHARACTER_OF_BYTE
from protocol.vocabulary import SPECIAL_SYMBOLS

SMALLEST_FREQUENCY = 2
"""A pair of pieces seen once is no regularity worth a merge."""
MAX_TRAINING_WORDS = 1 << 23
"""Running words to learn from; a longer text is sampled, which bounds memory and time."""
_WORDS_AT_ONCE = 1024


def learn_subwords(
    words: Iterable[str],
    counts: Sequence[int] | npt.NDArray[np.int64],
    *,
    merges: int,
    path: Path,
    max_words: int = MAX_TRAINING_WORDS,
) -> None:
    """Learn at most `merges` merges from counted words and save them, whole or not at all.

    The same words and counts give the same file, whatever the process or the number of cores.

    Args:
        words: each different word once; none holds white space.
        counts: how often each of them stands in the text.
        merges: of pieces; fewer are learned where no pair comes twice.
        path: where the file is saved.
        max_words: a longer text is sampled at even distances.
    """
    trainer = trainers.BpeTrainer(
        vocab_size=len(CHARACTER_OF_BYTE) + merges,
        min_frequency=SMALLEST_FREQUENCY,
        initial_alphabet=list(CHARACTER_OF_BYTE),
        show_progress=False,
    )
    learner = tokenizers.Tokenizer(models.BPE())
    learner.pre_tokenizer = pre_tokenizers.CharDelimiterSplit(" ")
    chosen = zip(words, _at_even_distances(counts, max_words).tolist(), strict=True)
    learner.train_from_iterator(_spelled(chosen), trainer=trainer)
    trained = json.loads(learner.to_str())["model"]
    partial = path.with_name(path.name + ".partial")
    _untrained(_with_special_symbols(trained)).save(str(partial))
    partial.replace(path)


def _at_even_distances(
    counts: Sequence[int] | npt.NDArray[np.int64], max_words: int
) -> npt.NDArray[np.int64]:
    """The counts in a sample: every second running word, or every third, or as few as it takes."""
    running = np.cumsum(counts, dtype=np.int64)
    distance = -(-int(running[-1]) // max_words) if len(running) else 1
    return np.diff(running // max(distance, 1), prepend=np.int64(0))


def _spelled(counted: Iterable[tuple[str, int]]) -> Iterator[str]:
    """The words in the letters of the pieces, as often as they count, many in a string.

    The trainer takes no counts but is quick at repetitions.
    """
    tokenizer = _untrained(models.BPE())
    line: list[str] = []
    for word, count in counted:
        if not count:
            continue
        normalized = tokenizer.normalizer.normalize_str(marked(word))
        for letters, _ in tokenizer.pre_tokenizer.pre_tokenize_str(normalized):
            for start in range(0, count, _WORDS_AT_ONCE):
                line += [letters] * min(count - start, _WORDS_AT_ONCE)
                if len(line) >= _WORDS_AT_ONCE:
                    yield " ".join(line)
                    line.clear()
    yield " ".join(line)


def _untrained(model: models.BPE) -> tokenizers.Tokenizer:
    # A special symbol's angle bracket always ends a piece, so that no merge can produce the symbol.
    names = "|".join(symbol[1:] for symbol in SPECIAL_SYMBOLS)
    bracket = tokenizers.Regex(f" ?<(?=(?:{names}))")
    tokenizer = tokenizers.Tokenizer(model)
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(" ", "merged_with_next"),
            pre_tokenizers.Split(bracket, "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    return tokenizer


def _with_special_symbols(trained: Mapping[str, Any]) -> models.BPE:
    pieces = sorted(trained["vocab"], key=trained["vocab"].__getitem__)
    vocabulary = {piece: index for index, piece in enumerate((*SPECIAL_SYMBOLS, *pieces))}
    return models.BPE(vocab=vocabulary, merges=[(left, right) for left, right in trained["merges"]])


def marked(text: str) -> str:
    """Every word with a space before it, the first one too; Python says what white space is."""
    return "".join(f" {word}" for word in text.split())
