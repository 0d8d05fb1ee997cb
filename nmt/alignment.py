"""From attention between pieces to the matrix between words that callers get."""

import numpy as np
import numpy.typing as npt

from nmt.tokenizer import Segmentation

DECIMALS = 6
Array = npt.NDArray[np.float64]
Matrix = tuple[tuple[float, ...], ...]


class AlignmentError(ValueError):
    """The attention does not belong to these pieces, or is not made of finite numbers."""


def word_matrix(
    attention: npt.NDArray[np.floating], source: Segmentation, target: Segmentation
) -> Matrix:
    """One row per word of the target, one column per word of the source; every row sums to 1.

    Columns are summed over the pieces of a source word and rows averaged over the pieces of a
    target word; pieces that left no character in the text count for nothing. A row without any
    mass becomes uniform. No words on either side: no matrix.

    Args:
        attention: shape = (target pieces, source pieces), optionally with EOS last on both sides.
        source: the sentence that was translated.
        target: the translation, assembled from the pieces that the rows belong to.

    Raises:
        AlignmentError: the shape does not fit the pieces, or a number is not finite.
    """
    num_source_words, num_target_words = len(source.text.split()), len(target.text.split())
    if not num_source_words or not num_target_words:
        return ()
    pieces = _without_eos(np.asarray(attention, np.float64), source, target)
    columns = _membership(source, num_source_words)
    rows = _membership(target, num_target_words)
    averaging = rows / np.maximum(rows.sum(axis=0), 1)
    matrix = _rounded(_normalised(averaging.T @ pieces @ columns))
    return tuple(tuple(row) for row in matrix.tolist())


def _without_eos(attention: Array, source: Segmentation, target: Segmentation) -> Array:
    num_target, num_source = len(target.pieces), len(source.pieces)
    height, width = attention.shape if attention.ndim == 2 else (-1, -1)
    if height - num_target not in (0, 1) or width - num_source not in (0, 1):
        raise AlignmentError(
            f"attention of shape {attention.shape} does not belong to "
            f"{num_target} target and {num_source} source pieces"
        )
    kept = attention[:num_target, :num_source]
    if not np.isfinite(kept).all():
        raise AlignmentError("the attention holds numbers that are not finite")
    return kept


def _membership(segmentation: Segmentation, num_words: int) -> Array:
    """Shape = (pieces, words): 1 where the piece belongs to the word."""
    membership = np.zeros((len(segmentation.pieces), num_words))
    for piece, word in enumerate(segmentation.word_of_piece):
        if word is not None:
            membership[piece, word] = 1
    return membership


def _normalised(matrix: Array) -> Array:
    matrix = np.maximum(matrix, 0)
    # Dividing by the largest number first keeps a row of denormals from losing its proportions.
    peaks = matrix.max(axis=1, keepdims=True)
    matrix = np.divide(matrix, peaks, out=np.ones_like(matrix), where=peaks > 0)
    totals: Array = matrix.sum(axis=1, keepdims=True)
    return np.divide(matrix, totals)


def _rounded(matrix: Array) -> Array:
    """Round to `DECIMALS` so that rows still sum to 1: the largest remainders are rounded up."""
    whole = 10**DECIMALS
    units = np.floor(matrix * whole)
    remainders = matrix * whole - units
    missing = whole - units.sum(axis=1, keepdims=True)
    ranks = np.argsort(np.argsort(-remainders, axis=1, kind="stable"), axis=1, kind="stable")
    rounded: Array = (units + (ranks < missing)) / whole
    return rounded
