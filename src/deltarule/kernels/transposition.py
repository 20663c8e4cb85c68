"""Matrices transposed, sixteen rows and columns at a time in the registers of the processor."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from deltarule.kernels.compiled import inlined
from deltarule.kernels.memory import floats

__all__ = ["transpose"]

_SIDE = 16


@inlined
def transpose(source: int, stride: int, rows: int, columns: int, target: int, target_stride: int) -> None:
    """Write the transpose of a matrix of float32 numbers, (columns, rows).

    Parameters
    ----------
    source, target : addresses
    stride, target_stride : numbers from one row in memory to the next
    """
    whole_rows, whole_columns = rows // _SIDE * _SIDE, columns // _SIDE * _SIDE
    for i in range(0, whole_rows, _SIDE):
        for j in range(0, whole_columns, _SIDE):
            at, to = source + 4 * (i * stride + j), target + 4 * (j * target_stride + i)
            _transpose_square(at, stride, to, target_stride)
    numbers, transposed = floats(source, rows * stride), floats(target, columns * target_stride)
    for i in range(rows):
        for j in range(whole_columns if i < whole_rows else 0, columns):
            transposed[j * target_stride + i] = numbers[i * stride + j]


@intrinsic  # type: ignore[untyped-decorator]
def _transpose_square(typing_context: Any, source: Any, stride: Any, target: Any, target_stride: Any) -> Any:
    """Transpose sixteen rows of sixteen numbers: four times, each row is interleaved with that eight further on."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        source, stride, target, target_stride = arguments
        size, row_type = ir.IntType(64), ir.VectorType(ir.FloatType(), _SIDE)

        def row_at(begin: Any, step: Any, number: int) -> Any:
            offset = builder.mul(step, ir.Constant(size, 4 * number))
            return builder.inttoptr(builder.add(begin, offset), ir.PointerType(row_type))

        def interleaved(one: Any, other: Any, first: int) -> Any:
            order = [first + i // 2 + _SIDE * (i % 2) for i in range(_SIDE)]
            return builder.shuffle_vector(one, other, ir.Constant(ir.VectorType(ir.IntType(32), _SIDE), order))

        rows = [builder.load(row_at(source, stride, i), align=4) for i in range(_SIDE)]
        half = _SIDE // 2
        for _ in range(4):
            pairs = [(rows[i], rows[i + half]) for i in range(half)]
            rows = [interleaved(*pair, first) for pair in pairs for first in (0, half)]
        for i, row in enumerate(rows):
            builder.store(row, row_at(target, target_stride, i), align=4)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64, types.int64), generate
