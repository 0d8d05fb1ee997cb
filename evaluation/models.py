"""A model from its archive, and what it makes of a text."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nmt.decoding_length import MAX_DECODING_LENGTH, decoding_length
from nmt.tokenizer import Tokenizer, load_tokenizer
from nmt.translator import Hypothesis, Translator, TranslatorConfig
from protocol.artifacts import (
    CTRANSLATE2_FOLDER,
    MANIFEST,
    SOURCE_VOCABULARY,
    ModelManifest,
)
from protocol.model_archive import unpack_only_archive
from protocol.vocabulary import UNK, load_vocabulary

SENTENCES_AT_ONCE = 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Translations:
    """A text in one model's words."""

    hypotheses: Sequence[str]
    """Empty for a source that is too long to translate."""
    num_pieces: int
    """Of all sources."""
    num_unknown_pieces: int
    """Those that the model's vocabulary does not hold."""
    num_unknown_written: int
    """Pieces of the hypotheses for which the model had no other word than `<unk>`."""
    num_too_long: int
    seconds: float


class EvaluatedModel:
    """A model as the endpoint would run it: its own beam, its own limits."""

    def __init__(
        self,
        *,
        name: str,
        folder: Path,
        manifest: ModelManifest,
        tokenizer: Tokenizer,
        translator: Translator,
    ) -> None:
        self.name = name
        self.folder = folder
        self.manifest = manifest
        self._tokenizer = tokenizer
        self._translator = translator
        self._vocabulary = load_vocabulary(folder / SOURCE_VOCABULARY)
        self._config = TranslatorConfig()

    @classmethod
    def load(cls, name: str, archives: Path, folder: Path) -> "EvaluatedModel":
        """Unpack the one archive of a folder into a folder of its own below another; load it.

        Raises:
            ValueError: the archive or a part of it cannot be read; the message names it.
        """
        folder = folder / name
        unpack_only_archive(archives, folder)
        return cls(
            name=name,
            folder=folder,
            manifest=ModelManifest.load(folder / MANIFEST),
            tokenizer=load_tokenizer(folder),
            translator=Translator.load(folder / CTRANSLATE2_FOLDER, TranslatorConfig()),
        )

    def translate(self, sources: Sequence[str]) -> Translations:
        """Translate every source, many at once; says from time to time how far it is."""
        started = time.monotonic()
        hypotheses: list[str] = []
        pieces = unknown = unknown_written = too_long = 0
        for start in range(0, len(sources), SENTENCES_AT_ONCE):
            batch = [
                self._tokenizer.pieces(text) for text in sources[start : start + SENTENCES_AT_ONCE]
            ]
            pieces += sum(map(len, batch))
            unknown += sum(piece not in self._vocabulary for text in batch for piece in text)
            fitting = [self._fitting(text) for text in batch]
            too_long += sum(
                bool(text) and not kept for text, kept in zip(batch, fitting, strict=True)
            )
            for found in self._search(fitting):
                unknown_written += found.pieces.count(UNK)
                hypotheses.append(self._tokenizer.text(found.pieces))
            self._say(len(hypotheses), len(sources), time.monotonic() - started)
        return Translations(
            hypotheses=hypotheses,
            num_pieces=pieces,
            num_unknown_pieces=unknown,
            num_unknown_written=unknown_written,
            num_too_long=too_long,
            seconds=time.monotonic() - started,
        )

    def _search(self, sources: Sequence[Sequence[str]]) -> list[Hypothesis]:
        """The best hypothesis of each source, as long as the endpoint would let it be."""
        by_length: dict[int, list[int]] = {}
        for index, pieces in enumerate(sources):
            by_length.setdefault(self._decoding_length(pieces), []).append(index)
        best: dict[int, Hypothesis] = {}
        for length, indices in by_length.items():
            found = self._translator.translate(
                [sources[index] for index in indices],
                beam_size=self.manifest.beam_size,
                max_decoding_length=length,
            )
            best.update(zip(indices, found, strict=True))
        return [best[index] for index in range(len(sources))]

    def _decoding_length(self, pieces: Sequence[str]) -> int:
        longest = self._translator.longest_hypothesis or MAX_DECODING_LENGTH
        return decoding_length(
            len(pieces),
            usual=self.manifest.max_decoding_length,
            limit=min(MAX_DECODING_LENGTH, longest),
        )

    def _fitting(self, pieces: Sequence[str]) -> Sequence[str]:
        """Nothing in place of a source that the endpoint would refuse."""
        return pieces if len(pieces) <= self._config.max_source_length else ()

    def _say(self, done: int, total: int, seconds: float) -> None:
        speed = done / max(seconds, 1e-3)
        print(f"[{self.name}] {done:,} of {total:,} sentences, {speed:,.0f}/s", flush=True)
