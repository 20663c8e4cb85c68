"""Matrices transposed, sixteen rows at a time in the registers of the processor, and sixteen columns or four."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from deltarule.kernels import vectors as v
from deltarule.kernels.compiled import inlined
from deltarule.kernels.memory import floats

__all__ = ["transpose", "transpose_few"]

_SIDE = 16
_HAS_MASKS = v.LANES >= 8  # whether the processor reads and writes some entries of a vector in one instruction
_TOGETHER = 4  # columns
_MANY = 64  # columns from which it is faster to transpose whole squares, whose sixteen addresses take longer to find
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
        at, to, own_rows = source + 4 * i * stride, target + 4 * i, min(_SIDE, rows - i)
        if _HAS_MASKS and own_rows == _SIDE and columns >= _TOGETHER:
            squares = columns // _SIDE * _SIDE if columns >= _MANY else 0
            for j in range(0, squares, _SIDE):
                _transpose_square(at + 4 * j, stride, to + 4 * j * target_stride, target_stride)
            if squares < columns:
                rest = min(squares, columns - _TOGETHER)
                _transpose_sixteen_rows(
                    at + 4 * rest, stride, columns - rest, to + 4 * rest * target_stride, target_stride
                )
            continue
        for j in range(0, columns, _SIDE):
            own_columns = min(_SIDE, columns - j)
            if _HAS_MASKS and own_rows * own_columns > _FEW:
                _transpose_part_of_square(
                    at + 4 * j, stride, to + 4 * j * target_stride, target_stride, own_rows, own_columns
                )
            else:
                _transpose_numbers(at + 4 * j, stride, own_rows, own_columns, to + 4 * j * target_stride, target_stride)


@inlined
def transpose_few(source: int, stride: int, rows: int, columns: int, target: int, target_stride: int) -> None:
    """Do the same, sooner for a matrix of few columns, of which `transpose` has more ways to choose from."""
    whole = rows // _SIDE * _SIDE if _HAS_MASKS and columns >= _TOGETHER else 0
    for i in range(0, whole, _SIDE):
        _transpose_sixteen_rows(source + 4 * i * stride, stride, columns, target + 4 * i, target_stride)
    if whole < rows:
        transpose(source + 4 * whole * stride, stride, rows - whole, columns, target + 4 * whole, target_stride)


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


@intrinsic  # type: ignore[untyped-decorator]
def _transpose_sixteen_rows(
    typing_context: Any, source: Any, stride: Any, columns: Any, target: Any, target_stride: Any
) -> Any:
    """Transpose sixteen rows of at least four numbers, four at a time; the last four may overlap those before."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        v.call_once_written(builder, "deltarule_transpose_sixteen_rows", arguments, _write_sixteen_rows)
        return context.get_dummy_value()

    return types.void(*[types.int64] * 5), generate


def _write_sixteen_rows(function: Any) -> None:
    """Write the function: a loop over the columns, four by four."""
    source, stride, columns, target, target_stride = function.args
    builder = ir.IRBuilder(function.append_basic_block())
    before, body, end = builder.block, function.append_basic_block(), function.append_basic_block()
    last = builder.sub(columns, v.number(_TOGETHER))
    builder.branch(body)
    builder.position_at_end(body)
    column = builder.phi(v.WHOLE)
    left = builder.select(builder.icmp_signed("<", column, last), column, last)
    at = builder.add(source, builder.mul(left, v.number(4)))
    to = builder.add(target, builder.mul(builder.mul(left, target_stride), v.number(4)))
    _write_four_columns(builder, at, stride, to, target_stride)
    following = builder.add(column, v.number(_TOGETHER))
    column.add_incoming(v.number(0), before)
    column.add_incoming(following, body)
    builder.cbranch(builder.icmp_signed("<", following, columns), body, end)
    builder.position_at_end(end)
    builder.ret_void()


def _write_four_columns(builder: Any, source: Any, stride: Any, target: Any, target_stride: Any) -> None:
    """Write what transposes sixteen rows of four numbers: every fourth row side by side, then all four by four."""
    quarters = [source]
    for _ in range(3):
        quarters.append(_not_seen_through(builder, _row_at(builder, quarters[-1], stride, 4)))
    places = [_row_at(builder, quarter, stride, i) for quarter in quarters for i in range(4)]
    rows = [v.load(builder, place, [4], None)[0] for place in places]
    a, b, c, d = (_joined(builder, rows[i::4]) for i in range(4))
    low = [_from_quarters(builder, *pair, [0, 4, 1, 5]) for pair in ((a, b), (c, d))]
    high = [_from_quarters(builder, *pair, [2, 6, 3, 7]) for pair in ((a, b), (c, d))]
    columns = [_from_quarters(builder, *pair, order) for pair in (low, high) for order in ([0, 1, 4, 5], [2, 3, 6, 7])]
    for i, column in enumerate(columns):
        v.store(builder, [column], _row_at(builder, target, target_stride, i), [_SIDE], None)


def _not_seen_through(builder: Any, address: Any) -> Any:
    """Return an address that the compiler knows nothing of; else it keeps sixteen distances, too many for registers."""
    function_type = ir.FunctionType(v.WHOLE, [v.WHOLE])
    return builder.asm(function_type, "", "=r,0", [address], side_effect=False)


def _row_at(builder: Any, begin: Any, step: Any, i: int) -> Any:
    """Return the address of a row."""
    return builder.add(begin, builder.mul(step, v.number(4 * i)))


def _joined(builder: Any, vectors: list[Any]) -> Any:
    """Return vectors of four as one, side by side."""
    while len(vectors) > 1:
        width = 2 * vectors[0].type.count
        order = ir.Constant(ir.VectorType(ir.IntType(32), width), list(range(width)))
        vectors = [builder.shuffle_vector(*pair, order) for pair in zip(vectors[::2], vectors[1::2], strict=True)]
    return vectors[0]


def _from_quarters(builder: Any, one: Any, other: Any, order: list[int]) -> Any:
    """Return four numbers of each quarter of two vectors: those of one are called 0 to 3, those of the other 4 to 7."""
    places = [4 * quarter + (i if i < 4 else i - 4 + _SIDE) for quarter in range(4) for i in order]
    return builder.shuffle_vector(one, other, ir.Constant(ir.VectorType(ir.IntType(32), _SIDE), places))


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
