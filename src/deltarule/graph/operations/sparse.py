"""The affine map of sparse rows: only entries that are not zero are multiplied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from deltarule.errors import InputError, ShapeError
from deltarule.graph.operation import Operation, Sample
from deltarule.graph.operations.arrangement import check_ids
from deltarule.graph.shapes import Shape, format_shape
from deltarule.graph.signals import Array, RowSignal, Signal

__all__ = ["SparseAffine"]


class SparseAffine(Operation):
    """z_i = b + Σ_k v_k T[c_k] over the entries k of row i: x T + b for sparse rows x, T being Wᵀ.

    Rows are given as in a CSR matrix: the column c_k and the value v_k of each entry, and where the entries of each row
    end. The signal of T is kept as the rows that were read: ∂J/∂T[c] = Σ v_k δ_i over the entries with c_k = c.
    """

    name, symbol = "sparse_affine", "x Wᵀ + b"
    integer_inputs = (0, 2)

    def output_shape(self, columns: Shape, values: Shape, ends: Shape, table: Shape, bias: Shape) -> Shape:
        """Columns and values (entries,), ends (batch,), T of (features, m) and b of (m,) give (batch, m)."""
        if len(columns) != 1 or columns != values or len(ends) != 1:
            raise ShapeError(
                f"expected a column and a value for each entry, and one end a row, not {format_shape(columns)},"
                f" {format_shape(values)} and {format_shape(ends)}"
            )
        if len(table) != 2 or bias != table[1:]:
            raise ShapeError("the weight must be of shape (features, outputs), and the bias of shape (outputs,)")
        return (ends[0], table[1])

    def forward(self, columns: Array, values: Array, ends: Array, table: Array, bias: Array) -> Array:
        """Multiply the sparse rows with T and add b."""
        import scipy.sparse  # here, as it takes longer to load than all the rest of deltarule

        check_ids(columns, len(table), "columns of sparse rows")
        check_ends(ends, len(columns))
        rows = scipy.sparse.csr_array((values, columns, np.append(0, ends)), shape=(len(ends), len(table)))
        return np.asarray(rows @ table) + bias

    def backward(
        self, signal: Array, output: Array, columns: Array, values: Array, ends: Array, table: Array, bias: Array
    ) -> tuple[Signal | None, ...]:
        """δ · T[c] for each value, v δ for each row of T that was read, δ."""
        of_entries = np.repeat(signal, np.diff(ends, prepend=0), axis=0)
        shared = np.einsum("km,km->k", of_entries, table[columns])
        gradient = RowSignal(columns, values[:, None] * of_entries, table.shape)
        return None, shared, None, gradient, signal.sum(axis=0)

    @classmethod
    def samples(cls, random: Any) -> Sequence[Sample]:
        """Draw rows with several entries, with one, with none, and with two in one column."""
        samples: list[Sample] = []
        for columns, ends in (([0, 3, 2, 2, 1], [2, 2, 4, 5]), ([1], [0, 1]), ([4, 0], [2])):
            values, table = random.normal(size=len(columns)), random.normal(size=(5, 3))
            samples.append((cls(), [np.array(columns), values, np.array(ends), table, random.normal(size=3)]))
        return samples


def check_ends(ends: Array, entries: int) -> None:
    """Refuse ends of rows that go backwards or beyond the entries."""
    if len(ends) and (ends[-1] != entries or (np.diff(ends, prepend=0) < 0).any()):
        raise InputError(f"the ends of sparse rows must rise from 0 to the number of entries, {entries}")
