"""Error signals that are zero except in some rows.

A row lookup sends a signal to the rows that it read and to no others; an objective that is content with an example
sends none along its row. Both are kept as the rows that do carry a signal, so that the rest costs no work.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Array", "RowSignal", "Signal", "add_signals", "dense", "sum_rows", "sum_to_shape"]

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class RowSignal:
    """An array of `shape` that is zero outside the given rows of its first axis; a row named twice gets the sum.

    Attributes
    ----------
    rows : integer array of shape (k,)
    values : array of shape (k, *shape[1:])
    shape : shape of the whole array
    """

    rows: Array
    values: Array
    shape: tuple[int, ...]

    def dense(self) -> Array:
        """Return the whole array."""
        return sum_rows(self.rows, self.values, self.shape[0])

    def distinct(self) -> RowSignal:
        """Return the same signal with every row named once, in ascending order."""
        rows, inverse = np.unique(self.rows, return_inverse=True)
        if len(rows) == len(self.rows):
            order = np.empty_like(inverse)
            order[inverse] = np.arange(len(rows))
            return RowSignal(rows, self.values[order], self.shape)
        return RowSignal(rows, sum_rows(inverse, self.values, len(rows)), self.shape)


Signal = Array | RowSignal


def sum_rows(rows: Array, values: Array, count: int) -> Array:
    """Add row i of `values` into row ``rows[i]``, or into each of the rows ``rows[i, :]``, of a new array of zeros."""
    import scipy.sparse  # here, as it takes longer to load than all the rest of deltarule

    # A product with a sparse matrix of ones: np.add.at takes over ten times as long, np.add.reduceat four times.
    ones, ends = np.ones(rows.size, values.dtype), np.arange(len(rows) + 1) * prod(rows.shape[1:])
    selector = scipy.sparse.csc_matrix((ones, rows.ravel(), ends), shape=(count, len(rows)))
    flat = values.reshape(len(rows), prod(values.shape[1:]))  # not -1, which has no meaning where there are no rows
    return np.asarray(selector @ flat).reshape(count, *values.shape[1:])


def dense(signal: Signal) -> Array:
    """Return the signal as a whole array."""
    return signal.dense() if isinstance(signal, RowSignal) else signal


def add_signals(first: Signal, second: Signal) -> Signal:
    """Add two signals of one node, keeping rows as rows where both are."""
    if isinstance(first, RowSignal) and isinstance(second, RowSignal):
        if first.rows is second.rows:
            return RowSignal(first.rows, first.values + second.values, first.shape)
        rows = np.concatenate([first.rows, second.rows])
        return RowSignal(rows, np.concatenate([first.values, second.values]), first.shape)
    return np.asarray(dense(first) + dense(second))


def sum_to_shape(signal: Array, shape: tuple[int, ...]) -> Array:
    """Sum a signal over the axes along which an input of `shape` was broadcast.

    >>> sum_to_shape(np.ones((3, 2)), (2,))
    array([3., 3.])
    """
    if signal.shape == shape:
        return signal
    added = signal.ndim - len(shape)
    stretched = tuple(added + axis for axis, size in enumerate(shape) if size == 1 and signal.shape[added + axis] != 1)
    summed = signal.sum(axis=(*range(added), *stretched), keepdims=True)
    return np.asarray(summed.reshape(shape))
