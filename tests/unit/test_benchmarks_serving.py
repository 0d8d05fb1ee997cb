"""The batches that CTranslate2 gets in the benchmark of the serving process."""

from collections import Counter

import pytest

from benchmarks.serving.engine import chosen, in_order


def sources_of(*lengths: int) -> list[list[str]]:
    return [["piece"] * length for length in lengths]


def test_batches_in_order_hold_every_sentence_once() -> None:
    sources = sources_of(*range(1, 71))

    batches = in_order(sources)

    assert [len(batch) for batch in batches] == [32, 32, 6]
    assert [source for batch in batches for source in batch] == sources


@pytest.mark.parametrize(("num_workers", "largest"), [(1, 21), (2, 16), (8, 8), (48, 2)])
def test_batches_chosen_by_length_hold_every_sentence_once(num_workers: int, largest: int) -> None:
    lengths = [1 + 37 * number % 50 for number in range(200)]

    batches = chosen(sources_of(*lengths), num_clients=64, num_workers=num_workers, beam_size=1)

    assert Counter(len(source) for batch in batches for source in batch) == Counter(lengths)
    assert max(len(batch) for batch in batches) == largest


def test_batches_are_chosen_out_of_what_other_translators_leave() -> None:
    short, long = 1, 40
    sources = sources_of(*[short, long] * 32, *[long] * 8)

    batches = chosen(sources, num_clients=64, num_workers=2, beam_size=1)

    assert {len(source) for source in batches[0]} == {short}
    assert {len(source) for source in batches[1]} == {long}
