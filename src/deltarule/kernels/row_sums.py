"""Rows of numbers copied, or added to others, in vectors; the last takes the numbers that are left."""

from __future__ import annotations

from typing import Any

from numba import types
from numba.extending import intrinsic

from deltarule.kernels import vectors as v
from deltarule.kernels.vectors import LANES, number

__all__ = ["add_four_rows", "add_row", "copy_row"]


@intrinsic  # type: ignore[untyped-decorator]
def copy_row(typing_context: Any, a: Any, target: Any, count: Any) -> Any:
    """Copy the float32 numbers at an address to another."""
    return types.void(types.int64, types.int64, types.int64), _writing(added=False)


@intrinsic  # type: ignore[untyped-decorator]
def add_row(typing_context: Any, a: Any, target: Any, count: Any) -> Any:
    """Add the float32 numbers at an address to those at another."""
    return types.void(types.int64, types.int64, types.int64), _writing(added=True)


@intrinsic  # type: ignore[untyped-decorator]
def add_four_rows(typing_context: Any, a: Any, b: Any, c: Any, d: Any, target: Any, count: Any) -> Any:
    """Add the float32 numbers at four addresses to those at a fifth in one pass, which is twice as fast as four."""
    return types.void(*[types.int64] * 6), _writing(added=True)


def _writing(added: bool) -> Any:
    """Return what writes a loop over whole vectors, and what takes the numbers that are left, if any."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        *sources, target, count = arguments
        whole = builder.and_(count, number(-LANES))
        before = builder.block
        test, body, rest, last, end = (builder.append_basic_block() for _ in range(5))
        builder.branch(test)
        builder.position_at_end(test)
        at = builder.phi(v.WHOLE)
        at.add_incoming(number(0), before)
        builder.cbranch(builder.icmp_signed("<", at, whole), body, rest)

        def write(begin: Any, mask: Any) -> None:
            offset = builder.mul(begin, number(4))
            rows = [builder.add(row, offset) for row in (*sources, target)]
            vectors = [v.load(builder, row, [LANES], mask)[0] for row in (rows if added else rows[:-1])]
            v.store(builder, [_total(builder, vectors)], rows[-1], [LANES], mask)

        builder.position_at_end(body)
        write(at, None)
        at.add_incoming(builder.add(at, number(LANES)), body)
        builder.branch(test)

        builder.position_at_end(rest)
        builder.cbranch(builder.icmp_signed("<", whole, count), last, end)
        builder.position_at_end(last)
        write(whole, v.entries_below(builder, builder.sub(count, whole), LANES))
        builder.branch(end)
        builder.position_at_end(end)
        return context.get_dummy_value()

    return generate


def _total(builder: Any, vectors: list[Any]) -> Any:
    """Add vectors up in pairs, so that sums need not wait for each other."""
    while len(vectors) > 1:
        pairs = zip(vectors[::2], vectors[1::2], strict=False)
        vectors = [*(builder.fadd(*pair) for pair in pairs), *vectors[len(vectors) // 2 * 2 :]]
    return vectors[0]
