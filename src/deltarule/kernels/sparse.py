"""Layers over sparse rows, given as the columns and values of their entries and where each row ends."""

from __future__ import annotations

from typing import Any

from deltarule.kernels.compiled import inlined
from deltarule.kernels.rows import copy

__all__ = ["share_sparse_rows", "share_sparse_values", "sparse_layer"]


@inlined
def begin_of(ends: Any, row: int) -> int:
    """Return where the entries of a row begin."""
    return ends[row - 1] if row > 0 else 0


@inlined
def sparse_layer(
    columns: Any, values: Any, ends: Any, table: Any, bias: Any, first: int, last: int, width: int, z: Any
) -> None:
    """z_i ← b + Σ_k v_k T[c_k]."""
    for i in range(first, last):
        target = z[i * width : (i + 1) * width]
        copy(bias, target)
        for k in range(begin_of(ends, i), ends[i]):
            value, at = values[k], columns[k] * width
            source = table[at : at + width]
            for j in range(len(target)):
                target[j] += value * source[j]


@inlined
def share_sparse_rows(values: Any, ends: Any, signal: Any, first: int, last: int, width: int, shared: Any) -> None:
    """Row k of the result ← v_k δ_i."""
    for i in range(first, last):
        source = signal[i * width : (i + 1) * width]
        for k in range(begin_of(ends, i), ends[i]):
            value, target = values[k], shared[k * width : (k + 1) * width]
            for j in range(len(target)):
                target[j] = value * source[j]


@inlined
def share_sparse_values(
    columns: Any, ends: Any, table: Any, signal: Any, first: int, last: int, width: int, shared: Any
) -> None:
    """Entry k of the result ← δ_i · T[c_k]."""
    for i in range(first, last):
        own = signal[i * width : (i + 1) * width]
        for k in range(begin_of(ends, i), ends[i]):
            at = columns[k] * width
            source, product = table[at : at + width], own[0] * 0
            for j in range(len(own)):
                product += own[j] * source[j]
            shared[k] = product
