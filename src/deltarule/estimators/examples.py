"""Examples as networks take them: numbers, of whole or of sparse rows, and an id for each categorical column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from deltarule.graph import Array

__all__ = ["Examples", "SparseMinibatches"]

_ENTRIES_AT_A_TIME = 1 << 22


@dataclass(frozen=True)
class Examples:
    """Rows of numbers and of ids.

    Attributes
    ----------
    numbers : float32 of shape (rows, columns), an array or a CSR array
    ids : int32 of shape (rows,), for each categorical column
    """

    numbers: Any
    ids: tuple[Array, ...] = ()

    def __len__(self) -> int:
        return int(self.numbers.shape[0])

    @property
    def sparse(self) -> bool:
        """Whether only entries that are not zero are kept."""
        return bool(scipy.sparse.issparse(self.numbers))

    def rows(self, chosen: Any) -> Examples:
        """Return some rows."""
        return Examples(self.numbers[chosen], tuple(ids[chosen] for ids in self.ids))

    def kept_as(self, sparse: bool) -> Examples:
        """Return the same examples with sparse or with whole rows."""
        if sparse == self.sparse:
            return self
        return Examples(scipy.sparse.csr_array(self.numbers) if sparse else self.numbers.toarray(), self.ids)

    def feeds(self) -> dict[str, Array]:
        """Return arrays by the names of a network's inputs."""
        if self.sparse:
            numbers = self.numbers
            return {
                "columns": numbers.indices.astype(np.int32, copy=False),
                "values": numbers.data,
                "ends": numbers.indptr[1:].astype(np.int32),
            }
        named = {f"category{place}": ids for place, ids in enumerate(self.ids, start=1)}
        return {"inputs": self.numbers, **named} if self.numbers.shape[1] or not named else named

    def chunks(self, sparse: bool) -> Iterator[Examples]:
        """Yield all rows in turn, few enough at a time that they could be laid out with their zeros."""
        size = max(1, _ENTRIES_AT_A_TIME // max(1, self.numbers.shape[1]))
        size = len(self) if self.sparse and sparse else size
        for begin in range(0, len(self), max(1, size)):
            yield self.rows(slice(begin, begin + size)).kept_as(sparse)

    def keys(self) -> list[bytes]:
        """Return bytes for each row that are equal where rows are."""
        numbers = self.numbers
        if self.sparse:
            parts = [
                numbers.indices[begin:end].tobytes() + numbers.data[begin:end].tobytes()
                for begin, end in zip(numbers.indptr, numbers.indptr[1:], strict=False)
            ]
        else:
            parts = [row.tobytes() for row in np.ascontiguousarray(numbers)]
        return [part + b"".join(ids[row].tobytes() for ids in self.ids) for row, part in enumerate(parts)]


class SparseMinibatches:
    """Batches of sparse rows and of the arrays beside them; only the rows of a batch are ever copied.

    Parameters
    ----------
    examples : with sparse rows
    others : arrays by input name, a row an example
    batch : rows in a batch; the last may have fewer
    random : shuffles the rows
    """

    def __init__(self, examples: Examples, others: Mapping[str, Array], batch: int, random: np.random.Generator):
        self.examples, self.others, self.batch = examples, others, batch
        self.order: NDArray[np.intp] = random.permutation(len(examples))

    def __iter__(self) -> Iterator[dict[str, Array]]:
        for begin in range(0, len(self.order), self.batch):
            rows = self.order[begin : begin + self.batch]
            yield {**self.examples.rows(rows).feeds(), **{name: array[rows] for name, array in self.others.items()}}
