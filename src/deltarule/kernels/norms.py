"""Σ x² of gradients, in double precision, as squares overflow single precision long before x does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from deltarule.kernels import vectors as v
from deltarule.kernels.compiled import inlined
from deltarule.kernels.memory import place_of
from deltarule.kernels.vectors import LANES, number

__all__ = ["NO_SQUARES", "add_squares", "squared_norm", "sum_of_squares"]

NO_SQUARES = (0,) * LANES  # the bits of as many zeros
_AT_ONCE = 4  # as many sums as a processor needs to be busy
_REAL = ir.DoubleType()
_WIDE = ir.VectorType(_REAL, LANES)


@inlined
def squared_norm(x: int, count: int) -> float:
    """Return Σ x² of the float32 numbers at an address."""
    squares: int = place_of(NO_SQUARES)
    part = count // (_AT_ONCE * LANES) * LANES
    _add_squares_of_parts(x, part, squares)
    add_squares(x + 4 * _AT_ONCE * part, count - _AT_ONCE * part, squares)
    return sum_of_squares(squares)  # type: ignore[no-any-return]


def _adding(parts: int) -> Callable[..., Any]:
    """Return what writes a loop over so many parts of numbers at once, each of which lies behind the one before."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address, count, squares = arguments
        with builder.goto_entry_block():
            places = [builder.alloca(_WIDE) for _ in range(parts)]
        for place in places:
            builder.store(ir.Constant(_WIDE, [0.0] * LANES), place)

        def write(at: Any, mask: Any) -> None:
            for i, place in enumerate(places):
                begin = builder.add(at, builder.mul(count, number(i)))
                own = v.load(builder, builder.add(address, builder.mul(begin, number(4))), [LANES], mask)[0]
                x = builder.fpext(own, _WIDE)
                square = builder.fmul(x, x, flags=("contract",))
                builder.store(builder.fadd(builder.load(place), square, flags=("contract",)), place)

        v.for_each_vector(builder, count, write)
        sums = builder.inttoptr(squares, _WIDE.as_pointer())
        total = builder.load(sums, align=8)
        for place in places:
            total = builder.fadd(total, builder.load(place))
        builder.store(total, sums, align=8)
        return context.get_dummy_value()

    return generate


@intrinsic  # type: ignore[untyped-decorator]
def add_squares(typing_context: Any, x: Any, count: Any, squares: Any) -> Any:
    """Add the squares of the numbers at an address to as many float64 sums at another as a vector has numbers."""
    return types.void(*[types.int64] * 3), _adding(1)


@intrinsic  # type: ignore[untyped-decorator]
def _add_squares_of_parts(typing_context: Any, x: Any, count: Any, squares: Any) -> Any:
    """Add the squares of the numbers of some parts, each of so many."""
    return types.void(*[types.int64] * 3), _adding(_AT_ONCE)


@intrinsic  # type: ignore[untyped-decorator]
def sum_of_squares(typing_context: Any, squares: Any) -> Any:
    """Return the sum of as many float64 sums as a vector has numbers."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        function_type = ir.FunctionType(_REAL, [_REAL, _WIDE])
        total = cgutils.get_or_insert_function(builder.module, function_type, f"llvm.vector.reduce.fadd.v{LANES}f64")
        sums = builder.load(builder.inttoptr(arguments[0], _WIDE.as_pointer()), align=8)
        return builder.call(total, [ir.Constant(_REAL, 0.0), sums], fastmath=("reassoc",))

    return types.float64(types.int64), generate
