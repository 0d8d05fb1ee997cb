"""The calls of the translator that batches are made of."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from nmt.translator import SearchOptions, Translator
from serving.jobs import Job

STOPPABLE_STEPS = 8192
"""A call of fewer sentences times steps ends soon by itself, and is quicker without a callback."""


@dataclass(frozen=True, slots=True)
class Search:
    """Look for translations; jobs with equal options share a call."""

    options: SearchOptions
    is_begun: bool = False
    """Whether each job's `target` is what its hypotheses begin with."""


@dataclass(frozen=True, slots=True)
class Score:
    """Say how likely each job's `target` is."""


SCORE = Score()
_search = lru_cache(maxsize=256)(Search)


def search_job(
    source: Sequence[str], options: SearchOptions, prefix: Sequence[str] | None = None
) -> Job:
    """A source to translate; the result is a list of hypotheses."""
    call = _search(options, is_begun=prefix is not None)
    return Job(source, call, width=options.beam_size, target=prefix)


def score_job(source: Sequence[str], target: Sequence[str]) -> Job:
    """A pair to score; the result is the natural logarithm of the target's probability."""
    return Job(source, SCORE, target=target)


def run(
    translator: Translator, call: Hashable, jobs: Sequence[Job], nobody_waits: Callable[[], bool]
) -> Sequence[Any]:
    """The results of jobs of one kind, in their order."""
    sources = [job.source for job in jobs]
    targets = [job.target or () for job in jobs]
    if not isinstance(call, Search):
        return translator.log_probabilities(sources, targets)
    is_long = len(jobs) * call.options.max_decoding_length > STOPPABLE_STEPS
    return translator.search(
        sources,
        call.options,
        prefixes=targets if call.is_begun else None,
        should_stop=nobody_waits if is_long else None,
    )
