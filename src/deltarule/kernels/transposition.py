"""Matrices transposed, sixteen rows and columns at a time in the registers of the processor."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from deltarule.kernels import vectors as v
from deltarule.kernels.compiled import inlined
from deltarule.kernels.memory import floats

__all__ = ["transpose"]

_SIDE = 16
_HAS_MASKS = v.LANES >= 8  # whether the processor reads and writes some entries of a vector in one instruction
_FEW = 24  # numbers that are sooner transposed one by one


@inlined
def transpose(source: int, stride: int, rows: int, columns: int, target: int, target_stride: int) -> None:
    """Write the transpose of a matrix of float32 numbers, (columns, rows).

    Parameters
    ----------
    source, target : addresses
    stride, target_stride : numbers from one row in memory to the next
    """
    for i in range(0, rows, _SIDE):
        for j in range(0, columns, _SIDE):
            at, to = source + 4 * (i * stride + j), target + 4 * (j * target_stride + i)
            own_rows, own_columns = min(_SIDE, rows - i), min(_SIDE, columns - j)
            if own_rows == _SIDE and own_columns == _SIDE:
                _transpose_square(at, stride, to, target_stride)
            elif _HAS_MASKS and own_rows * own_columns > _FEW:
                _transpose_part_of_square(at, stride, to, target_stride, own_rows, own_columns)
            else:
                _transpose_numbers(at, stride, own_rows, own_columns, to, target_stride)


@inlined
def _transpose_numbers(source: int, stride: int, rows: int, columns: int, target: int, target_stride: int) -> None:
    """Transpose number by number."""
    numbers, transposed = floats(source, rows * stride), floats(target, columns * target_stride)
    for i in range(rows):
        for j in range(columns):
            transposed[j * target_stride + i] = numbers[i * stride + j]


@intrinsic  # type: ignore[untyped-decorator]
def _transpose_square(typing_context: Any, source: Any, stride: Any, target: Any, target_stride: Any) -> Any:
    """Transpose sixteen rows of sixteen numbers: four times, each row is interleaved with that eight further on."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        _write_square(builder, *arguments)
        return context.get_dummy_value()

    return types.void(*[types.int64] * 4), generate


@intrinsic  # type: ignore[untyped-decorator]
def _transpose_part_of_square(
    typing_context: Any, source: Any, stride: Any, target: Any, target_stride: Any, rows: Any, columns: Any
) -> Any:
    """Transpose at most sixteen rows of at most sixteen numbers."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        *places, rows, columns = arguments
        _write_square(builder, *places, rows, columns)
        return context.get_dummy_value()

    return types.void(*[types.int64] * 6), generate


def _write_square(
    builder: Any, source: Any, stride: Any, target: Any, target_stride: Any, rows: Any = None, columns: Any = None
) -> None:
    """Write the instructions for a whole square, or for some rows and columns of one.

    What is beyond the last row or column is read from it, and written to it before its own numbers are.
    """

    def row_at(begin: Any, step: Any, i: int, count: Any) -> Any:
        number: Any = v.number(i)
        if count is not None:
            last = builder.sub(count, v.number(1))
            number = builder.select(builder.icmp_signed("<", number, last), number, last)
        return builder.add(begin, builder.mul(builder.mul(step, number), v.number(4)))

    def entries(count: Any) -> Any:
        return None if count is None else v.entries_below(builder, count, _SIDE)

    def interleaved(one: Any, other: Any, first: int) -> Any:
        order = [first + i // 2 + _SIDE * (i % 2) for i in range(_SIDE)]
        return builder.shuffle_vector(one, other, ir.Constant(ir.VectorType(ir.IntType(32), _SIDE), order))

    own = [v.load(builder, row_at(source, stride, i, rows), [_SIDE], entries(columns))[0] for i in range(_SIDE)]
    half = _SIDE // 2
    for _ in range(4):
        pairs = [(own[i], own[i + half]) for i in range(half)]
        own = [interleaved(*pair, first) for pair in pairs for first in (0, half)]
    for i in reversed(range(_SIDE)):
        v.store(builder, [own[i]], row_at(target, target_stride, i, columns), [_SIDE], entries(rows))
