"""Text to pieces and back, by words or by subwords; knows nothing of ids, models or services.

Symbols that a user types and that look like the vocabulary's special symbols are kept apart here:
words turn into `<unk>`, and subwords never form such a piece.
"""

import codecs
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import tokenizers
from tokenizers import models, normalizers, pre_tokenizers, trainers

from protocol.artifacts import SUBWORDS
from protocol.vocabulary import SPECIAL_SYMBOLS, UNK

SMALLEST_FREQUENCY = 2
"""A pair of pieces seen once is no regularity worth a merge."""
MAX_TRAINING_WORDS = 1 << 23
"""Running words to learn from; a longer text is sampled, which bounds memory and time."""
_WORDS_AT_ONCE = 1024
MAX_KNOWN_WORDS = 1 << 16
MAX_KNOWN_CHARACTERS = 64
"""Words whose pieces are remembered, and how long they may be."""


class TokenizerError(ValueError):
    """A subword file cannot be read or was not made by `learn_subwords`."""


@dataclass(frozen=True, slots=True)
class Segmentation:
    """A text, its pieces, and which of the text's words each piece belongs to."""

    text: str
    """White space normalised: the words joined by single spaces; of subwords, characters too."""
    pieces: tuple[str, ...]
    word_of_piece: tuple[int | None, ...]
    """Index into `text.split()`; `None` for a piece that left no character in the text."""


class Tokenizer(Protocol):
    """Both ways between raw text and the pieces that a model's vocabulary lists."""

    def segment(self, text: str) -> Segmentation:
        """Cut a text into pieces, none of which crosses white space."""

    def assemble(self, pieces: Sequence[str]) -> Segmentation:
        """Join the pieces that a model produced; any sequence of pieces gives a text."""

    def pieces(self, text: str) -> tuple[str, ...]:
        """The pieces of `segment` alone, in a fraction of its time; other threads go on."""

    def text(self, pieces: Sequence[str]) -> str:
        """The text of `assemble` alone, in a fraction of its time."""


class WordTokenizer:
    """Pieces are what stands between white space, as in the Seq2Seq walk-through."""

    def segment(self, text: str) -> Segmentation:
        words = text.split()
        pieces = tuple(UNK if word in SPECIAL_SYMBOLS else word for word in words)
        return Segmentation(" ".join(words), pieces, tuple(range(len(words))))

    def assemble(self, pieces: Sequence[str]) -> Segmentation:
        words: list[str] = []
        word_of_piece: list[int | None] = []
        for piece in pieces:
            visible = [] if piece in SPECIAL_SYMBOLS and piece != UNK else piece.split()
            word_of_piece.append(len(words) if visible else None)
            words.extend(visible)
        return Segmentation(" ".join(words), tuple(pieces), tuple(word_of_piece))

    def pieces(self, text: str) -> tuple[str, ...]:
        return tuple(UNK if word in SPECIAL_SYMBOLS else word for word in text.split())

    def text(self, pieces: Sequence[str]) -> str:
        visible = (piece for piece in pieces if piece not in SPECIAL_SYMBOLS or piece == UNK)
        return " ".join(" ".join(visible).split())


class SubwordTokenizer:
    """Byte-level pair encoding inside words, so that no text lies outside its vocabulary.

    How characters are normalised is a part of the file, so that training and serving are alike.
    """

    def __init__(self, path: Path) -> None:
        """Load what `learn_subwords` saved.

        Raises:
            TokenizerError: the file is missing or is not such a file.
        """
        self._tokenizer = _load(path)
        self._piece_of_id = tuple(self.vocabulary)
        self._pieces_of_word: dict[str, tuple[str, ...]] = {}

    @property
    def vocabulary(self) -> dict[str, int]:
        """Every piece with its id, the special symbols first, ordered by id."""
        vocabulary = self._tokenizer.get_vocab()
        return dict(sorted(vocabulary.items(), key=lambda item: item[1]))

    @property
    def merges(self) -> list[tuple[str, str]]:
        """The pairs of pieces that become one, in the order in which they do."""
        model = json.loads(self._tokenizer.to_str())["model"]
        return [(left, right) for left, right in model["merges"]]

    def piece_ids(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of each text's pieces; many texts at once are cut in parallel."""
        encodings = self._tokenizer.encode_batch_fast([_marked(text) for text in texts])
        return [encoding.ids for encoding in encodings]

    def segment(self, text: str) -> Segmentation:
        return self.assemble(self._tokenizer.encode(_marked(text)).tokens)

    def assemble(self, pieces: Sequence[str]) -> Segmentation:
        decoder = _OffsetDecoder()
        characters = [decoder.add(_piece_bytes(piece)) for piece in pieces]
        decoded = decoder.finish()
        words = _word_of_character(decoded)
        word_of_piece = (
            next((words[index] for index in span if words[index] is not None), None)
            for span in characters
        )
        return Segmentation(" ".join(decoded.split()), tuple(pieces), tuple(word_of_piece))

    def pieces(self, text: str) -> tuple[str, ...]:
        words, known = text.split(), self._pieces_of_word
        new = [word for word in dict.fromkeys(words) if word not in known]
        cut = self._cut(new) if new else {}
        return tuple([piece for word in words for piece in known.get(word) or cut[word]])

    def _cut(self, words: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """The pieces of each word, which are remembered unless the word is long."""
        pieces = (tuple(map(self._piece_of_id.__getitem__, ids)) for ids in self.piece_ids(words))
        cut = dict(zip(words, pieces, strict=True))
        short = {word: cut[word] for word in words if len(word) <= MAX_KNOWN_CHARACTERS}
        if len(self._pieces_of_word) + len(short) > MAX_KNOWN_WORDS:
            # A dictionary of its own, as other threads may be reading the old one.
            self._pieces_of_word = short
        else:
            self._pieces_of_word.update(short)
        return cut

    def text(self, pieces: Sequence[str]) -> str:
        content = b"".join(map(_piece_bytes, pieces))
        return " ".join(content.decode("utf-8", "replace").split())


def load_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer of a vocabulary or model folder: subwords when it holds `subwords.json`."""
    path = folder / SUBWORDS
    return SubwordTokenizer(path) if path.exists() else WordTokenizer()


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
        vocab_size=len(_CHARACTER_OF_BYTE) + merges,
        min_frequency=SMALLEST_FREQUENCY,
        initial_alphabet=list(_CHARACTER_OF_BYTE),
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
        normalized = tokenizer.normalizer.normalize_str(_marked(word))
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


def _load(path: Path) -> tokenizers.Tokenizer:
    try:
        content = path.read_text(encoding="utf-8")
    except OSError as error:
        raise TokenizerError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise TokenizerError(f"{path}: not a subword file: {error}") from error
    try:
        tokenizer = tokenizers.Tokenizer.from_str(content)
    except Exception as error:  # the library raises nothing narrower
        raise TokenizerError(f"{path}: not a subword file: {error}") from error
    if any(tokenizer.id_to_token(index) != symbol for index, symbol in enumerate(SPECIAL_SYMBOLS)):
        raise TokenizerError(f"{path}: ids 0 to 3 must be {' '.join(SPECIAL_SYMBOLS)}")
    return tokenizer


def _marked(text: str) -> str:
    """Every word with a space before it, the first one too; Python says what white space is."""
    return "".join(f" {word}" for word in text.split())


def begins_word(piece: str) -> bool:
    """Whether a subword stands at the beginning of a word: it holds the space before it."""
    return piece.startswith(_CHARACTER_OF_BYTE[ord(" ")])


def _printable_bytes() -> Iterator[str]:
    """The byte-level alphabet: printable Latin-1 stands for itself, the rest follows U+0100."""
    unprintable = 0
    for byte in range(256):
        if chr(byte).isprintable() and byte != ord(" "):
            yield chr(byte)
        else:
            yield chr(0x100 + unprintable)
            unprintable += 1


_CHARACTER_OF_BYTE = tuple(_printable_bytes())
_BYTE_OF_CHARACTER = {character: byte for byte, character in enumerate(_CHARACTER_OF_BYTE)}


@lru_cache(maxsize=1 << 16)
def _piece_bytes(piece: str) -> bytes:
    if piece in SPECIAL_SYMBOLS:
        return b""
    try:
        return bytes(_BYTE_OF_CHARACTER[character] for character in piece)
    except KeyError:
        return piece.encode("utf-8", "replace")


class _OffsetDecoder:
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
        return "".join(self._parts) + self._decoder.decode(b"", final=True)

    def _feed(self, content: bytes) -> int:
        """The index of the character that the last of these bytes is part of."""
        decoded = self._decoder.decode(content)
        self._parts.append(decoded)
        self._length += len(decoded)
        incomplete = bool(self._decoder.getstate()[0])
        return self._length if incomplete else self._length - 1


def _word_of_character(text: str) -> list[int | None]:
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
