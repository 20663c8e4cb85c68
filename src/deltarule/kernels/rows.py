"""Rows of tables: read by id, and signals added up in the rows that were read."""

from __future__ import annotations

from typing import Any

from deltarule.kernels.compiled import inlined

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
def read_rows(table: Any, ids: Any, first: int, last: int, columns: int, output: Any, stride: int) -> None:
    """Copy row ids_i of a table into row i of the output, whose rows are `stride` apart."""
    for i in range(first, last):
        source, target = ids[i] * columns, i * stride
        copy(table[source : source + columns], output[target : target + columns])


@inlined
def add_rows(values: Any, ids: Any, count: int, columns: int, stride: int, sums: Any) -> None:
    """Add row i of the values to row ids_i of the sums."""
    for i in range(count):
        source, target = i * stride, ids[i] * columns
        add(values[source : source + columns], sums[target : target + columns])


@inlined
def copy_rows(source: Any, source_stride: int, target: Any, target_stride: int, rows: int, columns: int) -> None:
    """Copy a matrix between places whose rows lie differently far apart."""
    for i in range(rows):
        at, to = i * source_stride, i * target_stride
        copy(source[at : at + columns], target[to : to + columns])


@inlined
def add_distinct_rows(
    values: Any, ids: Any, count: int, columns: int, stride: int, places: Any, distinct: Any, known: int, sums: Any
) -> int:
    """Add row i of the values to the sum of its id, and return how many ids have a sum by now.

    Parameters
    ----------
    places : where the sum of each row of the table stands, or −1
    distinct : the ids that have sums, in the order of their sums
    known : how many ids had sums before
    """
    for i in range(count):
        place = places[ids[i]]
        own = values[i * stride : i * stride + columns]
        if place < 0:
            places[ids[i]] = known
            distinct[known] = ids[i]
            copy(own, sums[known * columns : (known + 1) * columns])
            known += 1
        else:
            add(own, sums[place * columns : (place + 1) * columns])
    return known
