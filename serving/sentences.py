"""What a request asks for, checked against the limits and cut into what a translator takes."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from nmt.decoding_length import decoding_length
from nmt.tokenizer import SubwordTokenizer, Tokenizer
from nmt.translator import SearchOptions
from protocol.artifacts import ModelManifest
from protocol.configuration import DEFAULTS, Configuration
from protocol.translation import Instance, RequestError
from serving.settings import RequestLimits

BYTES_PER_COMPOSED_BYTE = 4
"""Normalising to composed characters makes a text at most so many times shorter."""
ENDING = (".", "!", "?", "\u2026")
"""Marks that end a sentence where white space follows them."""
CLOSING = "\"')]\u00bb\u201d\u2019"
"""Brackets and quotation marks that may stand between such a mark and the white space."""
_AFTER_WIDE_MARK = re.compile("(?<=[\u3002\uff01\uff1f])(?![\u3002\uff01\uff1f\u300d\u300f])")
"""Chinese and Japanese marks need no white space, but belong into the quotation that they end."""


class Part(NamedTuple):
    """What is translated on its own: a whole sentence, or a sentence of a text that was split."""

    text: str
    """Empty for a record, of which only the pieces are known."""
    pieces: Sequence[str]
    options: SearchOptions


class Sentence(NamedTuple):
    """One instance, line or record of a request."""

    configuration: Configuration
    parts: tuple[Part, ...]


class SentenceReader:
    """Knows the model's tokenizer and defaults, and the endpoint's limits."""

    def __init__(
        self,
        tokenizer: Tokenizer,
        manifest: ModelManifest,
        limits: RequestLimits,
        longest_hypothesis: int | None = None,
    ) -> None:
        self._tokenizer = tokenizer
        self._manifest = manifest
        self._limits = limits
        self._options = lru_cache(maxsize=256)(self._search_options)
        self._max_decoding_length = min(
            limits.max_decoding_length, longest_hypothesis or limits.max_decoding_length
        )
        self._max_characters = _max_characters(tokenizer, limits.max_source_pieces)

    def read(self, instance: Instance) -> Sentence:
        """Check an instance and cut it into pieces.

        Raises:
            RequestError: it asks for more than this endpoint gives.
        """
        configuration = instance.configuration
        text = " ".join(instance.data.split())
        pieces = self._pieces(text)
        if pieces is not None and len(pieces) <= self._limits.max_source_pieces:
            options = self._options(configuration, self._length(configuration, pieces))
            return Sentence(configuration, (Part(text, pieces, options),))
        if not configuration.split_sentences:
            raise self._too_long("the sentence", pieces)
        parts = [self._part(sentence, configuration) for sentence in split(instance.data)]
        return Sentence(configuration, tuple(parts))

    def read_pieces(self, pieces: Sequence[str]) -> Sentence:
        """Check a source that came in pieces.

        Raises:
            RequestError: it has too many.
        """
        if len(pieces) > self._limits.max_source_pieces:
            raise self._too_long("the sentence", pieces)
        options = self._options(DEFAULTS, self._length(DEFAULTS, pieces))
        return Sentence(DEFAULTS, (Part("", pieces, options),))

    def _part(self, sentence: str, configuration: Configuration) -> Part:
        text = " ".join(sentence.split())
        pieces = self._pieces(text)
        if pieces is None or len(pieces) > self._limits.max_source_pieces:
            raise self._too_long(f"the sentence that begins {text[:40]!r}", pieces)
        options = self._options(configuration, self._length(configuration, pieces))
        return Part(text, pieces, options)

    def _pieces(self, text: str) -> Sequence[str] | None:
        """`None` for a text so long that cutting it up is not needed to know that it is."""
        if self._max_characters is not None and len(text) > self._max_characters:
            return None
        return self._tokenizer.pieces(text)

    def _too_long(self, what: str, pieces: Sequence[str] | None) -> RequestError:
        limit = self._limits.max_source_pieces
        number = f"more than {limit}" if pieces is None else str(len(pieces))
        return RequestError(f"{what} has {number} pieces; at most {limit} are translated")

    def _length(self, configuration: Configuration, pieces: Sequence[str]) -> int:
        return configuration.max_decoding_length or decoding_length(
            len(pieces), usual=self._manifest.max_decoding_length, limit=self._max_decoding_length
        )

    def _search_options(self, configuration: Configuration, length: int) -> SearchOptions:
        manifest, limits = self._manifest, self._limits
        beam_size = configuration.beam_size or min(manifest.beam_size, limits.max_beam_size)
        _check_limit("beam_size", beam_size, limits.max_beam_size)
        if configuration.alternatives > beam_size:
            raise RequestError(
                f'"alternatives" must be at most beam_size, which is {beam_size} here, '
                f"not {configuration.alternatives}"
            )
        _check_limit("max_decoding_length", length, self._max_decoding_length)
        return SearchOptions(
            beam_size=beam_size,
            max_decoding_length=length,
            num_hypotheses=configuration.alternatives,
            length_penalty=configuration.length_penalty,
            attention=configuration.attention_matrix or bool(configuration.glossary),
            scores=configuration.scores,
        )


def split(text: str) -> list[str]:
    """The sentences of a text, as its punctuation and its lines show them."""
    sentences: list[str] = []
    for line in text.splitlines():
        for stretch in _AFTER_WIDE_MARK.split(line):
            words: list[str] = []
            for word in stretch.split():
                words.append(word)
                if word.rstrip(CLOSING).endswith(ENDING):
                    sentences.append(" ".join(words))
                    words = []
            sentences.append(" ".join(words))
    return [sentence for sentence in sentences if sentence]


def _max_characters(tokenizer: Tokenizer, max_pieces: int) -> int | None:
    """A text with more characters has too many pieces; `None`: words may have any length."""
    if not isinstance(tokenizer, SubwordTokenizer):
        return None
    longest = max(len(piece) for piece in tokenizer.vocabulary)
    return longest * BYTES_PER_COMPOSED_BYTE * max_pieces


def _check_limit(name: str, value: int, limit: int) -> None:
    if value > limit:
        raise RequestError(f'"{name}" must be at most {limit} at this endpoint, not {value}')
