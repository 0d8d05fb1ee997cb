"""Turns text that Moses' tools tokenised and escaped back into text as people write it."""

import multiprocessing
import os
import re
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from functools import cache, partial
from itertools import chain, repeat

from preprocessing.text_blocks import LineTransform

LINES_AT_ONCE = 2000
"""What one process gets at a time; fewer lines are not worth another process."""


class Detokenization:
    """Detokenises with as many processes as there are cores; lines keep their order."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    def into(self, language: str) -> LineTransform:
        """What detokenises lines of a language."""
        return partial(self._detokenized, language)

    def _detokenized(self, language: str, lines: Sequence[str]) -> Sequence[str]:
        if len(lines) <= LINES_AT_ONCE:
            return detokenized(language, lines)
        parts = (lines[i : i + LINES_AT_ONCE] for i in range(0, len(lines), LINES_AT_ONCE))
        return list(chain.from_iterable(self._executor.map(detokenized, repeat(language), parts)))


@contextmanager
def detokenization() -> Iterator[Detokenization]:
    """Processes start when there is work for them and end with the block."""
    executor = ProcessPoolExecutor(
        os.cpu_count(),
        # Other threads of this process may hold locks that a forked one would wait for forever.
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_leave_interrupts_to_the_parent,
    )
    try:
        yield Detokenization(executor)
    finally:
        executor.shutdown(cancel_futures=True)


def detokenized(language: str, lines: Sequence[str]) -> list[str]:
    """Each line without Moses' tokenisation and escapes; it stays one line."""
    detokenize = _detokenizer(language)
    return [detokenize(line.split()) for line in lines]


@cache
def _detokenizer(language: str) -> Callable[[list[str]], str]:
    # Most runs do without this library, which takes a third of a second to load.
    from sacremoses import MosesDetokenizer  # noqa: PLC0415

    detokenizer = MosesDetokenizer(lang=language)
    if language == "cs":
        # In Czech, where this matches before a dash, the library fails at a rule of its own.
        detokenizer.IS_FRENCH_CONRTACTION = re.compile(r"(?!)")
    detokenize: Callable[[list[str]], str] = detokenizer.detokenize
    return detokenize


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
