"""A tile of a product C = A B + D with few columns, of which a vector of the processor has several inner numbers.

Rows of B that are a quarter or a half of a vector wide lie one behind the other, so that a vector takes some of them at
once. It is multiplied with as many numbers of a row of A, each repeated for all columns; where they meet, at the end,
the parts of each sum are added up. Else most of a vector would be empty.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from deltarule.kernels import vectors as v
from deltarule.kernels.vectors import LANES, number

__all__ = ["MOST_NARROW", "NARROW_ROWS", "WIDTHS", "multiply_narrow_tile"]

NARROW_ROWS = 8  # as many sums as a processor needs to be busy
WIDTHS = (4, 8) if LANES == 16 else (4,)  # columns of which a vector has several inner numbers
MOST_NARROW = {16: 12, 8: 4}.get(LANES, 0)  # columns that are sooner multiplied so
_NAME = "deltarule_multiply_narrow_tile"


@intrinsic  # type: ignore[untyped-decorator]
def multiply_narrow_tile(
    typing_context: Any, rows: Any, columns: Any, width: Any, inner: Any, a: Any, a_row: Any, b: Any, c: Any,
    c_row: Any, addend: Any, addend_row: Any,
) -> Any:  # fmt: skip
    """C ← A B + D for at most NARROW_ROWS rows, and columns for which a width is enough.

    Parameters
    ----------
    rows, columns, inner : A is (rows, inner), B is (inner, columns)
    width : one of WIDTHS
    a, b, c : addresses of float32 numbers; rows of B are `width` apart, with zeros to the end of the last vector
    addend : address of D, which may be C; 0 for none
    a_row, c_row, addend_row : numbers from one row to the next
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        v.call_once_written(builder, _NAME, arguments, lambda function: _NarrowTile(function).write())
        return context.get_dummy_value()

    return types.void(*[types.int64] * 11), generate


class _NarrowTile:
    """Writes the function: a loop over the inner numbers for each number of rows and each width."""

    def __init__(self, function: Any) -> None:
        self.function = function
        self.builder = ir.IRBuilder(function.append_basic_block())
        self.rows, self.columns, self.width, self.inner, self.a, a_row, self.b, self.c, c_row = function.args[:9]
        self.addend, addend_row = function.args[9:]
        self.a_row, self.c_row, self.addend_row = (
            self.builder.mul(numbers, number(4)) for numbers in (a_row, c_row, addend_row)
        )

    def write(self) -> None:
        """Choose the loop by rows and width."""
        builder = self.builder
        self.end = self.function.append_basic_block()
        choice = builder.add(builder.mul(self.rows, number(LANES)), self.width)
        switch = builder.switch(choice, self.end)
        for rows in range(1, NARROW_ROWS + 1):
            for width in WIDTHS:
                begin = self.function.append_basic_block()
                switch.add_case(number(rows * LANES + width), begin)
                builder.position_at_end(begin)
                self._loop(rows, width)
        builder.position_at_end(self.end)
        builder.ret_void()

    def _loop(self, rows: int, width: int) -> None:
        """Write the loop for so many rows and columns of a width, and what takes the inner numbers that are left."""
        builder, first, together = self.builder, self.builder.block, LANES // width
        test, body, rest, last, after = (self.function.append_basic_block() for _ in range(5))
        builder.branch(test)
        builder.position_at_end(test)
        left, a, b = (builder.phi(v.WHOLE) for _ in range(3))
        sums = [builder.phi(v.vector(LANES)) for _ in range(rows)]
        builder.cbranch(builder.icmp_signed(">=", left, number(together)), body, rest)

        builder.position_at_end(body)
        new = self._products_added(a, b, sums, together, None)
        zero = ir.Constant(v.vector(LANES), [0.0] * LANES)
        for variable, begun, next_one in [
            (left, self.inner, builder.sub(left, number(together))),
            (a, self.a, builder.add(a, number(4 * together))),
            (b, self.b, builder.add(b, number(4 * LANES))),
            *((own, zero, own_new) for own, own_new in zip(sums, new, strict=True)),
        ]:
            variable.add_incoming(begun, first)
            variable.add_incoming(next_one, body)
        builder.branch(test)

        builder.position_at_end(rest)
        builder.cbranch(builder.icmp_signed(">", left, number(0)), last, after)
        builder.position_at_end(last)
        final = self._products_added(a, b, sums, together, v.entries_below(builder, left, together))
        builder.branch(after)
        builder.position_at_end(after)
        totals = []
        for own, own_final in zip(sums, final, strict=True):
            total = builder.phi(v.vector(LANES))
            total.add_incoming(own, rest)
            total.add_incoming(own_final, last)
            totals.append(total)
        self._write_rows(totals, width)
        builder.branch(self.end)

    def _products_added(self, a: Any, b: Any, sums: list[Any], together: int, mask: Any) -> list[Any]:
        """Add to the sums of each row the products of some of its numbers of A with their rows of B."""
        builder, new = self.builder, []
        order = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [i * together // LANES for i in range(LANES)])
        factors = v.load(builder, b, [LANES], None)[0]
        for i, own in enumerate(sums):
            few = v.load(builder, v.row_at(builder, a, self.a_row, i), [together], mask)[0]
            spread = builder.shuffle_vector(few, ir.Constant(few.type, ir.Undefined), order)
            new.append(builder.call(v.multiply_and_add(builder, LANES), [spread, factors, own]))
        return new

    def _write_rows(self, totals: list[Any], width: int) -> None:
        """Add up the parts of each sum, and D; write a row of C for each."""
        builder = self.builder
        columns = v.entries_below(builder, self.columns, width)
        # Without D, no number of C is read in its place: to read none at address 0 takes a processor long.
        there = builder.icmp_signed("!=", self.addend, number(0))
        addend, count = builder.select(there, self.addend, self.c), builder.select(there, self.columns, number(0))
        read = v.entries_below(builder, count, width)
        for i, total in enumerate(totals):
            row = v.load(builder, v.row_at(builder, addend, self.addend_row, i), [width], read)[0]
            for begin in range(0, LANES, width):
                order = ir.Constant(ir.VectorType(ir.IntType(32), width), list(range(begin, begin + width)))
                row = builder.fadd(row, builder.shuffle_vector(total, ir.Constant(total.type, ir.Undefined), order))
            v.store(builder, [row], v.row_at(builder, self.c, self.c_row, i), [width], columns)
