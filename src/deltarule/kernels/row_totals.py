"""Numbers that belong to whole rows: a bias put along each row, each row summed, what two rows make together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from deltarule.kernels import vectors as v
from deltarule.kernels.vectors import LANES, number

__all__ = ["product_of_rows", "put_along_rows", "squared_differences", "sum_each_row"]


@intrinsic  # type: ignore[untyped-decorator]
def put_along_rows(typing_context: Any, biases: Any, rows: Any, columns: Any, target: Any) -> Any:
    """Set each number of row j to b_j; rows lie one after another, and are whole vectors.

    Parameters
    ----------
    biases, target : addresses of float32 numbers
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        biases, rows, columns, target = arguments
        with cgutils.for_range(builder, rows) as row:
            bias = v.repeated(builder, _number_at(builder, biases, row.index), LANES)
            own = _place(builder, target, builder.mul(row.index, columns))
            v.for_each_vector(
                builder, columns, lambda at, mask: v.store(builder, [bias], _place(builder, own, at), [LANES], mask)
            )
        return context.get_dummy_value()

    return types.void(*[types.int64] * 4), generate


@intrinsic  # type: ignore[untyped-decorator]
def sum_each_row(typing_context: Any, x: Any, rows: Any, columns: Any, stride: Any, sums: Any, again: Any) -> Any:
    """Set number j to the sum of row j, or add it.

    Parameters
    ----------
    x, sums : addresses of float32 numbers
    stride : numbers from one row to the next
    again : whether to add it
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        x, rows, columns, stride, sums, again = arguments
        with cgutils.for_range(builder, rows) as row:
            begin = _place(builder, x, builder.mul(row.index, stride))
            total = _total(builder, columns, lambda at, mask: (_vector(builder, begin, at, mask), None))
            before = builder.select(again, _number_at(builder, sums, row.index), ir.Constant(v.REAL, 0.0))
            builder.store(builder.fadd(before, total), _pointer(builder, _place(builder, sums, row.index)))
        return context.get_dummy_value()

    return types.void(*[types.int64] * 5, types.boolean), generate


@intrinsic  # type: ignore[untyped-decorator]
def product_of_rows(typing_context: Any, a: Any, b: Any, columns: Any) -> Any:
    """Return Σ a_i b_i of float32 numbers at two addresses."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        a, b, columns = arguments
        return _total(builder, columns, lambda at, mask: (_vector(builder, a, at, mask), _vector(builder, b, at, mask)))

    return types.float32(*[types.int64] * 3), generate


@intrinsic  # type: ignore[untyped-decorator]
def squared_differences(typing_context: Any, a: Any, y: Any, signal: Any, columns: Any, share: Any) -> Any:
    """Return Σ (a_i − y_i)² of float32 numbers at two addresses; those at a third become (a_i − y_i) times a share."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        a, y, signal, columns, share = arguments
        shares = v.repeated(builder, share, LANES)

        def square(at: Any, mask: Any) -> tuple[Any, Any]:
            difference = builder.fsub(_vector(builder, a, at, mask), _vector(builder, y, at, mask))
            v.store(builder, [builder.fmul(difference, shares)], _place(builder, signal, at), [LANES], mask)
            return difference, difference

        return _total(builder, columns, square)

    return types.float32(*[types.int64] * 4, types.float32), generate


def _total(builder: Any, columns: Any, terms: Callable[[Any, Any], tuple[Any, Any]]) -> Any:
    """Write a loop over vectors of terms, each of which may be a product of two, and return their sum."""
    own, zero = v.vector(LANES), ir.Constant(v.REAL, 0.0)
    with builder.goto_entry_block():
        place = builder.alloca(own)
    builder.store(ir.Constant(own, [0.0] * LANES), place)

    def add(at: Any, mask: Any) -> None:
        one, other = terms(at, mask)
        before = builder.load(place)
        if other is None:
            builder.store(builder.fadd(before, one), place)
        else:
            builder.store(builder.call(v.multiply_and_add(builder, LANES), [one, other, before]), place)

    v.for_each_vector(builder, columns, add)
    function_type = ir.FunctionType(v.REAL, [v.REAL, own])
    sum_up = cgutils.get_or_insert_function(builder.module, function_type, f"llvm.vector.reduce.fadd.v{LANES}f32")
    return builder.call(sum_up, [zero, builder.load(place)], fastmath=("reassoc",))


def _vector(builder: Any, begin: Any, at: Any, mask: Any) -> Any:
    """Read the vector of a row that begins with a number."""
    return v.load(builder, _place(builder, begin, at), [LANES], mask)[0]


def _place(builder: Any, begin: Any, at: Any) -> Any:
    """Return the address of a number."""
    return builder.add(begin, builder.mul(at, number(4)))


def _pointer(builder: Any, address: Any) -> Any:
    """Return an address as a pointer."""
    return builder.inttoptr(address, v.REAL.as_pointer())


def _number_at(builder: Any, begin: Any, at: Any) -> Any:
    """Read a number."""
    return builder.load(_pointer(builder, _place(builder, begin, at)))
