import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from nmt.alignment import AlignmentError, word_matrix
from nmt.tokenizer import Segmentation


def segmentation(word_of_piece: list[int | None], num_words: int | None = None) -> Segmentation:
    known = [word for word in word_of_piece if word is not None]
    words = [f"w{i}" for i in range(num_words or max(known, default=-1) + 1)]
    pieces = tuple(f"p{i}" for i in range(len(word_of_piece)))
    return Segmentation(" ".join(words), pieces, tuple(word_of_piece))


@st.composite
def segmentations(draw: st.DrawFn) -> Segmentation:
    """Some words of one to three pieces, among pieces and words that have no counterpart."""
    word_of_piece: list[int | None] = []
    num_words = draw(st.integers(0, 6))
    for word in range(num_words):
        word_of_piece += [word] * draw(st.integers(0, 3))
        word_of_piece += [None] * draw(st.integers(0, 1))
    return segmentation(word_of_piece, num_words or None)


@st.composite
def aligned(
    draw: st.DrawFn,
) -> tuple[npt.NDArray[np.float32], Segmentation, Segmentation]:
    source, target = draw(segmentations()), draw(segmentations())
    eos_row, eos_column = draw(st.integers(0, 1)), draw(st.integers(0, 1))
    shape = (len(target.pieces) + eos_row, len(source.pieces) + eos_column)
    values = st.floats(0, 1, width=32)
    return draw(arrays.arrays(np.float32, shape, elements=values)), source, target


@given(aligned())
def test_every_row_is_a_distribution_over_the_source_words(
    case: tuple[npt.NDArray[np.float32], Segmentation, Segmentation],
) -> None:
    attention, source, target = case
    matrix = word_matrix(attention, source, target)
    if not source.text or not target.text:
        assert matrix == ()
        return
    assert len(matrix) == len(target.text.split())
    for row in matrix:
        assert len(row) == len(source.text.split())
        assert min(row) >= 0
        assert sum(row) == pytest.approx(1, abs=1e-6)


@given(aligned())
def test_mass_goes_only_to_words_that_were_attended_to(
    case: tuple[npt.NDArray[np.float32], Segmentation, Segmentation],
) -> None:
    attention, source, target = case
    for word, row in enumerate(word_matrix(attention, source, target)):
        pieces = [piece for piece, owner in enumerate(target.word_of_piece) if owner == word]
        totals = np.zeros(len(row))
        for column, owner in enumerate(source.word_of_piece):
            if owner is not None and pieces:
                totals[owner] += attention[pieces, column].astype(float).sum()
        if totals.sum() == 0:
            assert max(row) - min(row) <= 1e-6 + 1e-12
        else:
            assert np.array(row) == pytest.approx(totals / totals.sum(), abs=2e-6)


def test_columns_are_summed_and_rows_averaged() -> None:
    attention = np.array([[0.5, 0.25, 0.25], [0.1, 0.1, 0.2], [0.0, 0.0, 0.5]])
    source, target = segmentation([0, 0, 1]), segmentation([0, 0, 1])
    # The first word's rows average to 0.3, 0.175, 0.225, of which 0.475 of 0.7 is on word 0.
    assert word_matrix(attention, source, target) == ((0.678571, 0.321429), (0.0, 1.0))


def test_eos_on_either_side_is_dropped() -> None:
    attention = np.array([[0.2, 0.2, 0.6], [0.3, 0.1, 0.6], [0.0, 0.0, 1.0]])
    expected = ((0.5, 0.5), (0.75, 0.25))
    assert word_matrix(attention, segmentation([0, 1]), segmentation([0, 1])) == expected


def test_pieces_without_a_character_count_for_nothing() -> None:
    attention = np.array([[0.1, 0.8, 0.1], [0.9, 0.0, 0.1]])
    source, target = segmentation([0, None, 1]), segmentation([0, None])
    assert word_matrix(attention, source, target) == ((0.5, 0.5),)


def test_a_row_without_mass_becomes_uniform() -> None:
    matrix = word_matrix(np.zeros((1, 3)), segmentation([0, 1, 2]), segmentation([0]))
    assert matrix == ((0.333334, 0.333333, 0.333333),)


def test_long_rows_still_sum_to_one_after_rounding() -> None:
    attention = np.random.default_rng(0).dirichlet(np.ones(5000), size=3)
    matrix = word_matrix(attention, segmentation(list(range(5000))), segmentation([0, 1, 2]))
    for row in matrix:
        assert sum(row) == pytest.approx(1, abs=1e-9)
        assert all(value == round(value, 6) for value in row)


def test_a_tiny_mass_keeps_its_proportions() -> None:
    attention = np.array([[3e-310, 1e-310]])
    assert word_matrix(attention, segmentation([0, 1]), segmentation([0])) == ((0.75, 0.25),)


@pytest.mark.parametrize("shape", [(1, 4), (4, 2), (2, 1), (0, 0), (2,), (2, 2, 1)])
def test_attention_of_other_pieces_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(AlignmentError, match="does not belong to 2 target and 2 source pieces"):
        word_matrix(np.ones(shape), segmentation([0, 1]), segmentation([0, 1]))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_that_are_not_finite_are_refused(value: float) -> None:
    with pytest.raises(AlignmentError, match="not finite"):
        word_matrix(np.array([[value]]), segmentation([0]), segmentation([0]))
