from collections.abc import Callable, Sequence
from typing import Any, cast

import pytest

from nmt.translator import SearchOptions, Translator
from serving.calls import STOPPABLE_STEPS, run, score_job, search_job
from serving.jobs import Job

LENGTH = 64


class Recorder:
    """In place of a translator: keeps what a search was called with."""

    def __init__(self) -> None:
        self.should_stop: Callable[[], bool] | None = None
        self.prefixes: Sequence[Sequence[str]] | None = None

    def search(self, sources: Any, _options: Any, *, prefixes: Any, should_stop: Any) -> list[Any]:
        self.should_stop, self.prefixes = should_stop, prefixes
        return [list(source) for source in sources]

    def log_probabilities(self, sources: Any, targets: Any) -> list[float]:
        pairs = zip(sources, targets, strict=True)
        return [-float(len(source) + len(target)) for source, target in pairs]


def ran(jobs: Sequence[Job], nobody_waits: Callable[[], bool]) -> tuple[Recorder, Sequence[Any]]:
    recorder = Recorder()
    results = run(cast("Translator", recorder), jobs[0].kind, jobs, nobody_waits)
    return recorder, results


@pytest.mark.parametrize(("more", "is_stoppable"), [(0, False), (1, True)])
def test_only_a_long_call_asks_whether_anybody_waits(*, more: int, is_stoppable: bool) -> None:
    options = SearchOptions(beam_size=1, max_decoding_length=LENGTH)
    number = STOPPABLE_STEPS // LENGTH + more

    def nobody_waits() -> bool:
        return False

    recorder, results = ran([search_job(["a"], options)] * number, nobody_waits)
    assert results == [["a"]] * number
    assert recorder.should_stop is (nobody_waits if is_stoppable else None)


def test_a_prefix_makes_a_call_of_its_own_kind() -> None:
    options = SearchOptions(beam_size=1, max_decoding_length=LENGTH)
    plain, begun = search_job(["a"], options), search_job(["a"], options, ["b"])
    assert plain.kind == search_job(["c"], options).kind != begun.kind
    assert ran([plain], lambda: False)[0].prefixes is None
    assert ran([begun], lambda: False)[0].prefixes == [["b"]]


def test_pairs_are_scored() -> None:
    jobs = [score_job(["a"], ["b"]), score_job(["a", "a"], ["b", "b"])]
    assert ran(jobs, lambda: False)[1] == [-2.0, -4.0]
