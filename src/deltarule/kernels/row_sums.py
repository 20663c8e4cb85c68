"""Rows of numbers copied, or added to others, in vectors; the last takes the numbers that are left.

Where several rows are added up, or a row is added to several, that is done in one pass, so that each number is read
and written once.
"""

from __future__ import annotations

from typing import Any

from numba import types
from numba.extending import intrinsic

from deltarule.kernels import vectors as v
from deltarule.kernels.vectors import LANES, number

__all__ = ["add_row", "add_row_to_six", "copy_row", "sum_six_rows"]


@intrinsic  # type: ignore[untyped-decorator]
def copy_row(typing_context: Any, a: Any, target: Any, count: Any) -> Any:
    """Copy the float32 numbers at an address to another."""
    return types.void(types.int64, types.int64, types.int64), _write_sum


@intrinsic  # type: ignore[untyped-decorator]
def sum_six_rows(typing_context: Any, a: Any, b: Any, c: Any, d: Any, e: Any, f: Any, target: Any, count: Any) -> Any:
    """Write the sum of the float32 numbers at six addresses to a seventh."""
    return types.void(*[types.int64] * 8), _write_sum


@intrinsic  # type: ignore[untyped-decorator]
def add_row(typing_context: Any, a: Any, target: Any, count: Any) -> Any:
    """Add the float32 numbers at an address to those at another."""
    return types.void(types.int64, types.int64, types.int64), _add_to_each


@intrinsic  # type: ignore[untyped-decorator]
def add_row_to_six(typing_context: Any, own: Any, a: Any, b: Any, c: Any, d: Any, e: Any, f: Any, count: Any) -> Any:
    """Add the float32 numbers at an address to those at six others, which do not overlap."""
    return types.void(*[types.int64] * 8), _add_to_each


def _write_sum(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    """Write what puts the sum of all rows but the last into that."""
    *sources, target, count = arguments

    def write(at: Any, mask: Any) -> None:
        rows = [_vector(builder, source, at, mask) for source in sources]
        v.store(builder, [_total(builder, rows)], _place(builder, target, at), [LANES], mask)

    v.for_each_vector(builder, count, write)
    return context.get_dummy_value()


def _add_to_each(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    """Write what adds the first row to each of the others."""
    source, *targets, count = arguments

    def write(at: Any, mask: Any) -> None:
        own = _vector(builder, source, at, mask)
        for target in targets:
            total = builder.fadd(_vector(builder, target, at, mask), own)
            v.store(builder, [total], _place(builder, target, at), [LANES], mask)

    v.for_each_vector(builder, count, write)
    return context.get_dummy_value()


def _place(builder: Any, row: Any, at: Any) -> Any:
    """Return the address of a number of a row."""
    return builder.add(row, builder.mul(at, number(4)))


def _vector(builder: Any, row: Any, at: Any, mask: Any) -> Any:
    """Read the vector of a row that begins with a number."""
    return v.load(builder, _place(builder, row, at), [LANES], mask)[0]


def _total(builder: Any, vectors: list[Any]) -> Any:
    """Add vectors up in pairs, so that sums need not wait for each other."""
    while len(vectors) > 1:
        pairs = zip(vectors[::2], vectors[1::2], strict=False)
        vectors = [*(builder.fadd(*pair) for pair in pairs), *vectors[len(vectors) // 2 * 2 :]]
    return vectors[0]
