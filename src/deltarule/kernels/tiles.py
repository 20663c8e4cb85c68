"""A tile of a product of matrices, C = A B + D, that stays in the registers of the processor while A and B pass by.

A tile has a few rows, and columns for a few vectors. For each inner number k, the vectors of row k of B are read, and
each is multiplied with numbers A_ik, one after another, and added to the sums of row i. That is one multiplication and
addition of vectors for each sum, and few other instructions, so that the processor does little else than multiply.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from deltarule.kernels import vectors as v
from deltarule.kernels.vectors import FEATURES, LANES, number

__all__ = ["COLUMNS", "ROWS", "SEVERAL_BLOCKS", "multiply_tile"]


# All sums, and a row of B, fit into the registers.
ROWS, _VECTORS = (8, 3) if "+avx512f" in FEATURES or "+neon" in FEATURES else (4, 3) if "+avx2" in FEATURES else (4, 2)
COLUMNS = LANES * _VECTORS
SEVERAL_BLOCKS = ROWS == 8  # whether B may be several blocks; with fewer registers, sums would be moved out and in
_NAME = "deltarule_multiply_tile"


@intrinsic  # type: ignore[untyped-decorator]
def multiply_tile(
    typing_context: Any, rows: Any, columns: Any, inner: Any, a: Any, a_row: Any, a_step: Any, b: Any, b_row: Any,
    c: Any, c_row: Any, addend: Any, addend_row: Any, blocks: Any, b_block: Any,
) -> Any:  # fmt: skip
    """C ← A B + D for at most ROWS rows, at most COLUMNS columns, and at least one inner number.

    Parameters
    ----------
    rows, columns, inner : A is (rows, blocks × inner), and B is blocks of (inner, columns)
    a, b, c : addresses of float32 numbers
    addend : address of D, which may be C; 0 for none
    a_row, b_row, c_row, addend_row : numbers from one row to the next
    a_step : numbers from one entry of a row of A to the next; those of B and C lie side by side
    blocks, b_block : how many there are, and numbers from one to the next; one, without SEVERAL_BLOCKS
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        v.call_once_written(builder, _NAME, arguments, lambda function: _Tile(function).write())
        return context.get_dummy_value()

    return types.void(*[types.int64] * 14), generate


class _Tile:
    """Writes the function: a loop over the inner numbers for each number of rows and vectors."""

    def __init__(self, function: Any) -> None:
        self.function = function
        self.builder = ir.IRBuilder(function.append_basic_block())
        self.rows, self.columns, self.inner, self.a, a_row, a_step, self.b, b_row, self.c, c_row = function.args[:10]
        self.addend, addend_row, self.blocks, b_block = function.args[10:]
        self.a_row, self.a_step, self.b_row, self.c_row, self.addend_row, b_block = (
            self.builder.mul(numbers, number(4)) for numbers in (a_row, a_step, b_row, c_row, addend_row, b_block)
        )
        self.b_gap = self.builder.sub(b_block, self.builder.mul(self.inner, self.b_row))  # from behind a block

    def write(self) -> None:
        """Choose the loop: by rows, by vectors, and by whether half a vector is enough for the last columns."""
        builder = self.builder
        vectors = builder.sdiv(builder.add(self.columns, number(LANES - 1)), number(LANES))
        self.last = builder.sub(self.columns, builder.mul(builder.sub(vectors, number(1)), number(LANES)))
        half = builder.zext(builder.icmp_signed("<=", self.last, number(LANES // 2)), v.WHOLE)
        choice = builder.add(builder.mul(builder.add(builder.mul(self.rows, number(4)), vectors), number(2)), half)
        self.end = self.function.append_basic_block()
        switch = builder.switch(choice, self.end)
        for rows in range(1, ROWS + 1):
            for vectors in range(1, _VECTORS + 1):
                for half in (0, 1):
                    begin = self.function.append_basic_block()
                    switch.add_case(number((rows * 4 + vectors) * 2 + half), begin)
                    widths = [LANES] * (vectors - 1) + [LANES // 2 if half else LANES]
                    builder.position_at_end(begin)
                    self._loop(rows, widths)
        builder.position_at_end(self.end)
        builder.ret_void()

    def _loop(self, rows: int, widths: list[int]) -> None:
        """Write the loop for so many rows, and vectors of such widths."""
        builder, first = self.builder, self.builder.block
        mask = v.entries_below(builder, self.last, widths[-1])
        filled, loop, done, next_block, after = (self.function.append_basic_block() for _ in range(5))
        builder.cbranch(builder.icmp_signed("==", self.addend, number(0)), loop, filled)
        builder.position_at_end(filled)
        begun = [v.load(builder, v.row_at(builder, self.addend, self.addend_row, i), widths, mask) for i in range(rows)]
        builder.branch(loop)

        builder.position_at_end(loop)
        blocks, left, a, b = (builder.phi(v.WHOLE) for _ in range(4))
        sums = [[builder.phi(v.vector(width)) for width in widths] for _ in range(rows)]
        new = self._products_added(a, v.load(builder, b, widths, mask), sums, widths)
        still, a_after, b_after = (
            builder.add(left, number(-1)), builder.add(a, self.a_step), builder.add(b, self.b_row)
        )  # fmt: skip
        builder.cbranch(builder.icmp_signed(">", still, number(0)), loop, done)

        builder.position_at_end(done)
        others = builder.add(blocks, number(-1))
        more = builder.icmp_signed(">", others, number(0)) if SEVERAL_BLOCKS else v.YES_OR_NO(0)
        builder.cbranch(more, next_block, after)

        builder.position_at_end(next_block)
        zeros = [[ir.Constant(v.vector(width), [0.0] * width) for width in widths] for _ in range(rows)]
        changing = [
            (blocks, self.blocks, self.blocks, blocks, others),
            (left, self.inner, self.inner, still, self.inner),
            (a, self.a, self.a, a_after, a_after),
            (b, self.b, self.b, b_after, builder.add(b_after, self.b_gap)),
            *(
                (sums[i][j], zeros[i][j], begun[i][j], new[i][j], new[i][j])
                for i in range(rows)
                for j in range(len(widths))
            ),
        ]
        builder.branch(loop)
        for variable, *values in changing:
            for block, value in zip((first, filled, loop, next_block), values, strict=True):
                variable.add_incoming(value, block)

        builder.position_at_end(after)
        for i, vectors in enumerate(new):
            v.store(builder, vectors, v.row_at(builder, self.c, self.c_row, i), widths, mask)
        builder.branch(self.end)

    def _products_added(self, a: Any, b: list[Any], sums: list[list[Any]], widths: list[int]) -> list[list[Any]]:
        """Add to the sums of each row the products of its number of A with the vectors of B."""
        builder, new = self.builder, []
        for i, own in enumerate(sums):
            factor = builder.load(builder.inttoptr(v.row_at(builder, a, self.a_row, i), v.REAL.as_pointer()), align=4)
            new.append([
                builder.call(v.multiply_and_add(builder, width), [v.repeated(builder, factor, width), vector, total])
                for width, vector, total in zip(widths, b, own, strict=True)
            ])  # fmt: skip
        return new
