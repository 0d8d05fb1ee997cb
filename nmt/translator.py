"""Pieces in, hypotheses out, through CTranslate2; knows neither text nor where a model came from.

Nothing here imports torch. Lengths are checked before any work is done, because CTranslate2 can
neither refuse a long source by itself nor stop a call that runs.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
import numpy.typing as npt

from nmt.positions import count_positions
from protocol.vocabulary import BOS, EOS, PAD, UNK

CONTROL_SYMBOLS = frozenset({PAD, BOS, EOS})
"""Symbols that steer the model; as part of a sentence they mean nothing and could end it."""


class TranslatorError(ValueError):
    """The folder does not hold a model that CTranslate2 can load here."""


class SourceTooLongError(ValueError):
    """A source has more pieces than the translator takes; it is refused, never cut."""

    def __init__(self, index: int, num_pieces: int, limit: int) -> None:
        super().__init__(f"the sentence has {num_pieces} pieces; at most {limit} are translated")
        self.index = index
        self.num_pieces = num_pieces
        self.limit = limit


@dataclass(frozen=True, kw_only=True, slots=True)
class TranslatorConfig:
    """How to run a model; the defaults suit a machine that does nothing else."""

    device: str = "auto"
    """`cpu`, `cuda`, or `auto`: CUDA when CTranslate2 sees such a device."""
    compute_type: str | None = None
    """CTranslate2's name; `None` is `int8` on a CPU and `auto` on CUDA."""
    num_threads: int | None = None
    """Translations that run in parallel, each on one core; `None` is the cores of this process."""
    max_source_length: int = 1024
    """In pieces."""
    max_batch_size: int = 32
    """Sentences of one call beyond this are sorted by length and spread over the threads."""

    def __post_init__(self) -> None:
        if self.device not in ("auto", "cpu", "cuda"):
            raise ValueError(f"device must be auto, cpu or cuda, not {self.device!r}")
        for name in ("num_threads", "max_source_length", "max_batch_size"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} must be at least 1, not {value}")


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchOptions:
    """How to look for a translation; sentences with equal options can share a call."""

    beam_size: int
    max_decoding_length: int
    """In pieces, its end among them, for which a hypothesis is ended wherever it is."""
    num_hypotheses: int = 1
    """At most `beam_size`."""
    length_penalty: float = 1.0
    attention: bool = False
    scores: bool = False


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One translation of one source."""

    pieces: tuple[str, ...]
    attention: npt.NDArray[np.float32] | None = None
    """Shape = (target pieces, source pieces); rows sum to less than 1, the rest went to EOS."""
    score: float | None = None
    """Sum of the natural logarithms of the probabilities of the pieces and of EOS, divided by
    their number to the power of the length penalty; pieces of a prefix count for nothing."""
    truncated: bool = False
    """Whether it reached the decoding length without its end."""


def available_cores() -> int:
    """The cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Translator:
    """A loaded model. Calls from several threads run side by side, up to `num_threads`."""

    def __init__(
        self, engine: Any, config: TranslatorConfig, *, longest_hypothesis: int | None = None
    ) -> None:
        self._engine = engine
        self._config = config
        self.longest_hypothesis = longest_hypothesis
        """The most pieces that it can search for and score; `None`: any number."""

    @classmethod
    def load(cls, folder: Path, config: TranslatorConfig | None = None) -> "Translator":
        """Load a CTranslate2 model folder.

        Raises:
            TranslatorError: there is no such model, or this machine cannot run it.
        """
        config = config or TranslatorConfig()
        device = config.device
        if device == "auto":
            device = "cuda" if ctranslate2.get_cuda_device_count() > 0 else "cpu"
        on_cpu = device == "cpu"
        try:
            engine = ctranslate2.Translator(
                str(folder),
                device=device,
                compute_type=config.compute_type or ("int8" if on_cpu else "auto"),
                # Two OpenMP threads on one sentence were measured to be many times slower than
                # two sentences side by side, so every translation keeps to one core.
                inter_threads=(config.num_threads or available_cores()) if on_cpu else 1,
                intra_threads=1,
            )
            positions = count_positions(folder)
        except (IndexError, MemoryError, RuntimeError, ValueError) as error:
            raise TranslatorError(f"{folder}: CTranslate2 cannot load it: {error}") from error
        # A hypothesis is scored with its start, which takes a position too.
        return cls(engine, config, longest_hypothesis=positions and positions - 1)

    @property
    def description(self) -> str:
        """Device, arithmetic and parallelism, for a log line."""
        engine = self._engine
        return f"{engine.device}, {engine.compute_type}, {engine.num_translators} in parallel"

    @property
    def num_parallel(self) -> int:
        """Calls that are worked on at the same time; more of them wait inside CTranslate2."""
        return int(self._engine.num_translators)

    def translate(
        self,
        sources: Sequence[Sequence[str]],
        *,
        beam_size: int,
        max_decoding_length: int,
        attention: bool = False,
    ) -> list[Hypothesis]:
        """The best hypothesis of every source, in their order; an empty source gives an empty one.

        Raises:
            SourceTooLongError: nothing was translated; the error names the first such source.
        """
        options = SearchOptions(
            beam_size=beam_size, max_decoding_length=max_decoding_length, attention=attention
        )
        return [hypotheses[0] for hypotheses in self.search(sources, options)]

    def search(
        self,
        sources: Sequence[Sequence[str]],
        options: SearchOptions,
        *,
        prefixes: Sequence[Sequence[str]] | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> list[list[Hypothesis]]:
        """The hypotheses of every source, best first; an empty source gives one empty hypothesis.

        Args:
            sources: pieces of each sentence.
            options: the same for all.
            prefixes: what each hypothesis begins with, whatever the model thinks of it.
            should_stop: asked at every step of a search with a beam of 1, which ends when it says
                so; what is returned then is of no use.

        Raises:
            SourceTooLongError: nothing was translated; the error names the first such source.
        """
        self.check_lengths(sources)
        filled = [index for index, pieces in enumerate(sources) if pieces]
        found = [[_empty(options)] for _ in sources]
        if not filled:
            return found
        begun = None if prefixes is None else [list(prefixes[index]) for index in filled]
        stoppable = should_stop is not None and options.beam_size == 1
        results = self._engine.translate_batch(
            [[_harmless(piece) for piece in sources[index]] for index in filled],
            begun,
            beam_size=options.beam_size,
            num_hypotheses=options.num_hypotheses,
            length_penalty=options.length_penalty,
            max_decoding_length=options.max_decoding_length,
            max_input_length=0,
            max_batch_size=self._config.max_batch_size,
            return_attention=options.attention,
            return_scores=options.scores,
            return_end_token=True,
            callback=(lambda _step: should_stop()) if should_stop and stoppable else None,
        )
        for index, result in zip(filled, results, strict=True):
            found[index] = _hypotheses(result, len(sources[index]))
        return found

    def log_probabilities(
        self, sources: Sequence[Sequence[str]], targets: Sequence[Sequence[str]]
    ) -> list[float]:
        """How likely the model finds each target: the natural logarithm, its EOS included."""
        results = self._engine.score_batch(
            [[_harmless(piece) for piece in source] for source in sources],
            [[_harmless(piece) for piece in target] for target in targets],
            max_input_length=0,
            max_batch_size=self._config.max_batch_size,
        )
        return [float(sum(result.log_probs)) for result in results]

    def check_lengths(self, sources: Sequence[Sequence[str]]) -> None:
        """Refuse sources that are too long, as `translate` does.

        Raises:
            SourceTooLongError: names the first such source.
        """
        limit = self._config.max_source_length
        for index, pieces in enumerate(sources):
            if len(pieces) > limit:
                raise SourceTooLongError(index, len(pieces), limit)


def _harmless(piece: str) -> str:
    return UNK if piece in CONTROL_SYMBOLS else piece


def _empty(options: SearchOptions) -> Hypothesis:
    attention = np.zeros((0, 0), np.float32) if options.attention else None
    return Hypothesis((), attention, 0.0 if options.scores else None)


def _hypotheses(result: Any, num_source_pieces: int) -> list[Hypothesis]:
    return [
        _hypothesis(
            pieces,
            result.attention[rank] if result.attention else None,
            float(result.scores[rank]) if result.scores else None,
            num_source_pieces,
        )
        for rank, pieces in enumerate(result.hypotheses)
    ]


def _hypothesis(
    pieces: Sequence[str], rows: Any, score: float | None, num_source_pieces: int
) -> Hypothesis:
    """Leave out the end with its attention, and what else only an untrained model writes."""
    truncated = not pieces or pieces[-1] != EOS
    body = pieces if truncated else pieces[:-1]
    if rows is None and CONTROL_SYMBOLS.isdisjoint(body):
        return Hypothesis(tuple(body), None, score, truncated)
    kept = [index for index, piece in enumerate(pieces) if piece not in CONTROL_SYMBOLS]
    attention = None
    if rows is not None:
        columns = [rows[index][:num_source_pieces] for index in kept]
        attention = np.array(columns, np.float32).reshape(len(kept), num_source_pieces)
    return Hypothesis(tuple(pieces[index] for index in kept), attention, score, truncated)
