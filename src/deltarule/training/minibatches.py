"""Batches of examples: some rows of whole arrays at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import InputError
from deltarule.graph import Array

__all__ = ["Minibatches"]


class Minibatches:
    """Named arrays of equally many rows, cut into batches.

    Parameters
    ----------
    data : the arrays
    batch : rows in a batch; the last may have fewer
    random : shuffles the rows; without it they are taken in order

    Attributes
    ----------
    rows : how many rows there are
    shuffled : whether they are taken in another order than that of the arrays

    Examples
    --------
    >>> import numpy as np
    >>> [feeds["inputs"].tolist() for feeds in Minibatches({"inputs": np.arange(5)}, batch=2)]
    [[0, 1], [2, 3], [4]]
    """

    def __init__(self, data: Mapping[str, Array], batch: int, random: np.random.Generator | None = None) -> None:
        rows = {*map(len, data.values())}
        if len(rows) != 1:
            sizes = {name: len(array) for name, array in data.items()}
            raise InputError(f"the arrays must have equally many rows, but have: {sizes}")
        if batch < 1:
            raise InputError(f"a batch needs at least one example, not {batch}")
        self.rows = rows.pop()
        self.data, self.batch, self.shuffled = data, batch, random is not None
        self._order = None if random is None else random.permutation(self.rows)

    @property
    def order(self) -> NDArray[np.intp]:
        """Rows in the order in which they are taken."""
        if self._order is None:
            self._order = np.arange(self.rows)
        return self._order

    def __iter__(self) -> Iterator[dict[str, Array]]:
        for begin in range(0, self.rows, self.batch):
            yield self.feeds(self.order[begin : begin + self.batch])

    def feeds(self, rows: NDArray[np.intp]) -> dict[str, Array]:
        """Return the arrays of some rows."""
        return {name: array[rows] for name, array in self.data.items()}
