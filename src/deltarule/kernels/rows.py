"""Rows of tables: read by id, and signals added up in the rows that were read."""

from __future__ import annotations

from typing import Any

from deltarule.kernels.compiled import inlined
from deltarule.kernels.row_sums import add_row, copy_row

__all__ = ["add", "add_distinct_rows", "add_rows", "copy", "copy_rows", "fill", "read_rows"]

# A whole number that may be negative counts from the end of an array, and asking for that keeps a loop from running on
# vectors. So loops go over slices, from their first entry to their last.


@inlined
def copy(source: Any, target: Any) -> None:
    """Copy an array."""
    for j in range(len(target)):
        target[j] = source[j]


@inlined
def add(source: Any, target: Any) -> None:
    """Add an array to another."""
    for j in range(len(target)):
        target[j] += source[j]


@inlined
def fill(target: Any, number: float) -> None:
    """Set every entry to a number."""
    for j in range(len(target)):
        target[j] = number


@inlined
def read_rows(table: int, ids: Any, first: int, last: int, columns: int, output: int, stride: int) -> None:
    """Copy row ids_i of the table at an address into row i of the output, whose rows are `stride` apart."""
    for i in range(first, last):
        copy_row(table + 4 * ids[i] * columns, output + 4 * i * stride, columns)


@inlined
def add_rows(values: int, ids: Any, count: int, columns: int, stride: int, sums: int) -> None:
    """Add row i of the values at an address to row ids_i of the sums at another."""
    for i in range(count):
        add_row(values + 4 * i * stride, sums + 4 * ids[i] * columns, columns)


@inlined
def copy_rows(source: int, source_stride: int, target: int, target_stride: int, rows: int, columns: int) -> None:
    """Copy a matrix between addresses where its rows lie differently far apart."""
    for i in range(rows):
        copy_row(source + 4 * i * source_stride, target + 4 * i * target_stride, columns)


@inlined
def add_distinct_rows(
    values: int, ids: Any, count: int, columns: int, stride: int, places: Any, distinct: Any, known: int, sums: int
) -> int:
    """Add row i of the values to the sum of its id, and return how many ids have a sum by now.

    Parameters
    ----------
    values, sums : addresses
    places : where the sum of each row of the table stands, or −1
    distinct : the ids that have sums, in the order of their sums
    known : how many ids had sums before
    """
    for i in range(count):
        place = places[ids[i]]
        own = values + 4 * i * stride
        if place < 0:
            places[ids[i]] = known
            distinct[known] = ids[i]
            copy_row(own, sums + 4 * known * columns, columns)
            known += 1
        else:
            add_row(own, sums + 4 * place * columns, columns)
    return known
