"""Text to pieces and back, by words or by subwords; knows nothing of ids, models or services.

Symbols that a user types and that look like the vocabulary's special symbols are kept apart here:
words turn into `<unk>`, and subwords never form such a piece.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import tokenizers

from nmt.byte_pieces import OffsetDecoder, piece_bytes, word_of_character
from nmt.subwords import marked
from protocol.artifacts import SUBWORDS
from protocol.vocabulary import SPECIAL_SYMBOLS, UNK

MAX_KNOWN_WORDS = 1 << 16
MAX_KNOWN_CHARACTERS = 64
"""Words whose pieces are remembered, and how long they may be."""


class TokenizerError(ValueError):
    """A subword file cannot be read or was not made by `nmt.subwords.learn_subwords`."""


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
        """Load what `nmt.subwords.learn_subwords` saved.

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
        encodings = self._tokenizer.encode_batch_fast([marked(text) for text in texts])
        return [encoding.ids for encoding in encodings]

    def segment(self, text: str) -> Segmentation:
        return self.assemble(self._tokenizer.encode(marked(text)).tokens)

    def assemble(self, pieces: Sequence[str]) -> Segmentation:
        decoder = OffsetDecoder()
        characters = [decoder.add(piece_bytes(piece)) for piece in pieces]
        decoded = decoder.finish()
        words = word_of_character(decoded)
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
        content = b"".join(map(piece_bytes, pieces))
        return " ".join(content.decode("utf-8", "replace").split())


def load_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer of a vocabulary or model folder: subwords when it holds `subwords.json`."""
    path = folder / SUBWORDS
    return SubwordTokenizer(path) if path.exists() else WordTokenizer()


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
