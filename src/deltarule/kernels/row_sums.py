"""Rows of numbers added to others, in vectors; the last takes the numbers that are left."""

from __future__ import annotations

from typing import Any

from numba import types
from numba.extending import intrinsic

from deltarule.kernels import vectors as v
from deltarule.kernels.vectors import LANES, number

__all__ = ["add_four_rows", "add_row"]


@intrinsic  # type: ignore[untyped-decorator]
def add_row(typing_context: Any, a: Any, target: Any, count: Any) -> Any:
    """Add the float32 numbers at an address to those at another."""
    return types.void(types.int64, types.int64, types.int64), _generate


@intrinsic  # type: ignore[untyped-decorator]
def add_four_rows(typing_context: Any, a: Any, b: Any, c: Any, d: Any, target: Any, count: Any) -> Any:
    """Add the float32 numbers at four addresses to those at a fifth in one pass, which is twice as fast as four."""
    return types.void(*[types.int64] * 6), _generate


def _generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    *sources, target, count = arguments
    whole = builder.and_(count, number(-LANES))
    before = builder.block
    test, body, rest, last, end = (builder.append_basic_block() for _ in range(5))
    builder.branch(test)
    builder.position_at_end(test)
    at = builder.phi(v.WHOLE)
    at.add_incoming(number(0), before)
    builder.cbranch(builder.icmp_signed("<", at, whole), body, rest)

    def places(begin: Any) -> list[Any]:
        offset = builder.mul(begin, number(4))
        return [builder.inttoptr(builder.add(row, offset), v.vector(LANES).as_pointer()) for row in (*sources, target)]

    def total(rows: list[Any]) -> Any:
        while len(rows) > 1:  # in pairs, so that sums need not wait for each other
            rows = [*(builder.fadd(*rows[i : i + 2]) for i in range(0, len(rows) - 1, 2)), *rows[len(rows) // 2 * 2 :]]
        return rows[0]

    builder.position_at_end(body)
    own = places(at)
    builder.store(total([builder.load(place, align=4) for place in own]), own[-1], align=4)
    at.add_incoming(builder.add(at, number(LANES)), body)
    builder.branch(test)

    builder.position_at_end(rest)
    builder.cbranch(builder.icmp_signed("<", whole, count), last, end)
    builder.position_at_end(last)
    mask, offset = v.entries_below(builder, builder.sub(count, whole), LANES), builder.mul(whole, number(4))
    rows = [builder.add(row, offset) for row in (*sources, target)]
    v.store(builder, [total([v.load(builder, row, [LANES], mask)[0] for row in rows])], rows[-1], [LANES], mask)
    builder.branch(end)
    builder.position_at_end(end)
    return context.get_dummy_value()
