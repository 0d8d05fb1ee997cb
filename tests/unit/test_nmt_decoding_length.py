import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmt.decoding_length import decoding_length


@pytest.mark.parametrize(
    ("num_source_pieces", "length"),
    [(0, 40), (15, 40), (16, 80), (35, 80), (36, 160), (507, 1024), (1024, 1024)],
)
def test_the_usual_length_is_doubled_until_it_is_enough(
    num_source_pieces: int, length: int
) -> None:
    assert decoding_length(num_source_pieces, usual=40, limit=1024) == length


@given(
    num_source_pieces=st.integers(0, 2000), usual=st.integers(1, 500), limit=st.integers(1, 2000)
)
def test_it_is_enough_or_the_limit(num_source_pieces: int, usual: int, limit: int) -> None:
    length = decoding_length(num_source_pieces, usual=usual, limit=limit)
    assert length == limit or max(usual, 2 * num_source_pieces + 10) <= length < limit


def test_lengths_are_few() -> None:
    lengths = {decoding_length(n, usual=100, limit=1024) for n in range(1025)}
    assert lengths == {100, 200, 400, 800, 1024}
