"""Adds up what belongs to the words of each line."""

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from preprocessing.blocks import Ids

Number = TypeVar("Number", np.int64, np.uint64)


def line_sums(
    values: npt.NDArray[np.integer | np.bool_], lengths: Ids, kind: type[Number]
) -> npt.NDArray[Number]:
    """The sum of each line's values, of which there are as many as `lengths` says; zero for none.

    Sums wrap around, and as differences of running sums they are right even then.
    """
    running = np.zeros(len(values) + 1, dtype=kind)
    np.cumsum(values, out=running[1:])
    return np.diff(running[np.cumsum(lengths)], prepend=kind(0))
