"""Vocabulary files: JSON objects from token to id, with the four special symbols first."""

import json
from collections.abc import Mapping
from pathlib import Path

PAD, UNK, BOS, EOS = "<pad>", "<unk>", "<s>", "</s>"
SPECIAL_SYMBOLS = (PAD, UNK, BOS, EOS)
PAD_ID, UNK_ID, BOS_ID, EOS_ID = range(4)


class VocabularyError(ValueError):
    """A vocabulary file is missing, is not JSON, or its ids are not usable."""


def load_vocabulary(path: Path) -> dict[str, int]:
    """Read a vocabulary; the dictionary is ordered by id.

    Raises:
        VocabularyError: the message names the file and what is wrong with it.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise VocabularyError(f"{path}: cannot be read: {error.strerror}") from error
    return parse_vocabulary(text, path)


def parse_vocabulary(text: bytes, path: Path | str) -> dict[str, int]:
    """Read a vocabulary's JSON, ordered by id; `path` only names it in messages.

    Raises:
        VocabularyError: as `load_vocabulary`.
    """
    try:
        content = json.loads(text.decode("utf-8"))
    except ValueError as error:
        raise VocabularyError(f"{path}: not a JSON vocabulary: {error}") from error
    return _checked(content, path)


def save_vocabulary(path: Path, vocabulary: Mapping[str, int]) -> None:
    """Write the walk-through's form: indent 4, not ASCII-escaped, UTF-8; whole or not at all."""
    partial = path.with_name(path.name + ".partial")
    # An indent would take json's slow path; this separator gives the same text.
    entries = json.dumps(vocabulary, ensure_ascii=False, separators=(",\n    ", ": "))
    partial.write_text(f"{{\n    {entries[1:-1]}\n}}", encoding="utf-8")
    partial.replace(path)


def tokens_by_id(vocabulary: Mapping[str, int]) -> list[str]:
    """The tokens in the order of their ids."""
    return sorted(vocabulary, key=vocabulary.__getitem__)


def _checked(content: object, path: Path | str) -> dict[str, int]:
    if not isinstance(content, dict) or not all(type(i) is int for i in content.values()):
        raise VocabularyError(f"{path}: a vocabulary is a JSON object from token to integer id")
    if sorted(content.values()) != list(range(len(content))):
        raise VocabularyError(f"{path}: ids must be 0 to {len(content) - 1}, each used once")
    ordered = {token: content[token] for token in tokens_by_id(content)}
    if tuple(ordered)[: len(SPECIAL_SYMBOLS)] != SPECIAL_SYMBOLS:
        raise VocabularyError(f"{path}: ids 0 to 3 must be {' '.join(SPECIAL_SYMBOLS)}")
    return ordered
