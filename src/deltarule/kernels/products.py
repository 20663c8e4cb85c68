"""Products of matrices, tile by tile."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import int64, types
from numba.extending import intrinsic

from deltarule.kernels.compiled import called_by_name, inlined
from deltarule.kernels.memory import entry, floats, place_of
from deltarule.kernels.narrow_tiles import MOST_NARROW, NARROW_ROWS, WIDTHS, multiply_narrow_tile
from deltarule.kernels.row_sums import copy_row
from deltarule.kernels.row_totals import product_of_rows
from deltarule.kernels.rows import copy, fill
from deltarule.kernels.tiles import COLUMNS, ROWS, SEVERAL_BLOCKS, multiply_tile
from deltarule.kernels.transposition import transpose
from deltarule.kernels.vectors import LANES

__all__ = ["multiply", "multiply_blocks"]

_DEPTH = 256  # inner numbers at a time, so that what a tile reads of A and B stays near
_NARROW_DEPTH = 1024  # the same for few columns; they fit where a panel does
_WORTH_NARROW = 64  # inner numbers for which it is less work to treat the last few columns of many by themselves
_FEW = 4  # rows for which it is less work to add up products of rows of Bᵀ than to transpose it


@inlined
def _go_down(
    rows: int, columns: int, inner: int, a: int, a_row: int, a_step: int, b: int, b_stride: int, c: int, c_stride: int,
    addend: int, addend_stride: int, blocks: int, b_block: int,
) -> None:  # fmt: skip
    """Multiply tiles one below the other."""
    tiles = _parts(rows, ROWS)
    for i in range(tiles):
        first, last = _cut(rows, i, tiles), _cut(rows, i + 1, tiles)
        multiply_tile(
            last - first, columns, inner, a + 4 * first * a_row, a_row, a_step, b, b_stride, c + 4 * first * c_stride,
            c_stride, addend + 4 * first * addend_stride if addend != 0 else 0, addend_stride, blocks, b_block,
        )  # fmt: skip


@inlined
def _parts(count: int, most: int) -> int:
    """Return in how many parts of at most so many to cut a number."""
    return (count + most - 1) // most


@inlined
def _cut(count: int, i: int, parts: int) -> int:
    """Return where part i of so many begins, or the one before it ends, without a division where that is plain."""
    return 0 if i == 0 else count if i == parts else count * i // parts


@inlined
def _panel(columns: int, i: int, panels: int) -> Any:
    """Return where a panel of the columns begins and how many it has: all are about equal, as narrow ones are slow."""
    vectors = _parts(columns, LANES)
    left = LANES * _cut(vectors, i, panels)
    return left, min(LANES * _cut(vectors, i + 1, panels), columns) - left


@inlined
def _begin(rows: int, columns: int, c: int, c_stride: int, addend: int, addend_stride: int) -> None:
    """C ← D, or 0 without it: the product over nothing."""
    for i in range(0 if addend == c else rows):
        row = floats(c + 4 * i * c_stride, columns)
        if addend != 0:
            copy(floats(addend + 4 * i * addend_stride, columns), row)
        else:
            fill(row, 0)


@inlined
def _add_products_of_rows(
    rows: int, columns: int, inner: int, a: int, a_row: int, a_step: int, b: int, b_stride: int, c: int, c_stride: int,
) -> None:  # fmt: skip
    """C_ij ← C_ij + Σ_k A_ik Bᵀ_jk, along the rows of A and Bᵀ."""
    for i in range(rows):
        own, result = floats(a + 4 * i * a_row, (inner - 1) * a_step + 1), floats(c + 4 * i * c_stride, columns)
        for j in range(columns):
            row = b + 4 * j * b_stride
            if a_step == 1:
                result[j] += product_of_rows(a + 4 * i * a_row, row, inner)
            else:
                other, total = floats(row, inner), result[j]
                for k in range(inner):
                    total += own[k * a_step] * other[k]
                result[j] = total


@inlined
def _narrow_columns(rows: int, columns: int, inner: int) -> int:
    """Return how many columns, all or the last, are so few that a vector should have several inner numbers of them."""
    if rows < _FEW or inner < LANES:
        return 0
    if columns <= MOST_NARROW:
        return columns
    rest = columns % LANES
    return rest if rest <= min(WIDTHS[0], MOST_NARROW) and columns > 2 * LANES and inner >= _WORTH_NARROW else 0


@inlined
def _pack_rows(
    begin: int, end: int, b: int, b_stride: int, block: int, b_block: int, columns: int, memory: int, width: int
) -> None:  # fmt: skip
    """Put the columns of some rows of B, which is blocks of so many rows, one behind the other."""
    for number in range(begin // block, _parts(end, block)):
        first, last = max(begin, number * block), min(end, (number + 1) * block)
        for k in range(first, last):
            row = b + 4 * (number * b_block + (k - number * block) * b_stride)
            copy_row(row, memory + 4 * (k - begin) * width, columns)


@inlined
def _multiply_narrow(
    rows: int, columns: int, inner: int, a: int, a_row: int, b: int, b_stride: int, b_transposed: bool, block: int,
    b_block: int, c: int, c_stride: int, addend: int, addend_stride: int, memory: int,
) -> None:  # fmt: skip
    """C ← A B + D for few columns; B is blocks of so many rows."""
    depths, tiles = _parts(inner, _NARROW_DEPTH), _parts(rows, NARROW_ROWS)
    for left in range(0, columns, WIDTHS[-1]):
        few = min(columns - left, WIDTHS[-1])
        width = WIDTHS[0] if few <= WIDTHS[0] else WIDTHS[-1]
        for part in range(depths):
            begin, end = _cut(inner, part, depths), _cut(inner, part + 1, depths)
            fill(floats(memory + 4 * (end - begin) * width, LANES), 0)
            if b_transposed:
                transpose(b + 4 * (left * b_stride + begin), b_stride, few, end - begin, memory, width)
            else:
                _pack_rows(begin, end, b + 4 * left, b_stride, block, b_block, few, memory, width)
            d, d_stride = (addend, addend_stride) if part == 0 else (c, c_stride)
            for i in range(tiles):
                first, last = _cut(rows, i, tiles), _cut(rows, i + 1, tiles)
                multiply_narrow_tile(
                    last - first, few, width, end - begin, a + 4 * (first * a_row + begin), a_row, memory,
                    c + 4 * (first * c_stride + left), c_stride,
                    d + 4 * (first * d_stride + left) if d != 0 else 0, d_stride,
                )  # fmt: skip


@intrinsic  # type: ignore[untyped-decorator]
def _memory_of_panel(typing_context: Any) -> Any:
    """Return the address of memory on the stack for columns of B as wide as a tile."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        with builder.goto_entry_block():  # once for each call of the function, however often this is reached
            place = builder.alloca(ir.ArrayType(ir.FloatType(), _DEPTH * COLUMNS))
        place.align = 64
        return builder.ptrtoint(place, ir.IntType(64))

    return types.int64(), generate


@inlined
def multiply(
    rows: int, columns: int, inner: int,
    a: int, a_stride: int, a_transposed: bool,
    b: int, b_stride: int, b_transposed: bool,
    c: int, c_stride: int,
    addend: int, addend_stride: int,
) -> None:  # fmt: skip
    """C ← A B + D for float32 matrices.

    Parameters
    ----------
    rows, columns, inner : A is (rows, inner), B is (inner, columns)
    a, b, c : addresses; a matrix that is transposed lies in memory as its transpose
    addend : address of D, which may be C; 0 for none
    a_stride, b_stride, c_stride, addend_stride : numbers from one row in memory to the next; 0 where all rows of D are
        the same, as a bias is
    """
    _multiply(
        place_of(
            (
                rows, columns, inner, a, a_stride, int64(a_transposed), b, b_stride, int64(b_transposed), c, c_stride,
                addend, addend_stride,
            )
        )
    )  # fmt: skip


@called_by_name(int64(int64))
def _multiply(of: int) -> int:
    """Multiply two matrices; `of` is the address of the arguments of `multiply`."""
    rows, columns, inner, a, a_stride = entry(of, 0), entry(of, 1), entry(of, 2), entry(of, 3), entry(of, 4)
    b, b_stride, b_transposed, c, c_stride = entry(of, 6), entry(of, 7), entry(of, 8) != 0, entry(of, 9), entry(of, 10)
    addend, addend_stride = entry(of, 11), entry(of, 12)
    a_row, a_step = (1, a_stride) if entry(of, 5) else (a_stride, 1)
    if not b_transposed and MOST_NARROW < columns <= 2 * LANES and rows <= ROWS and 0 < inner <= _DEPTH:
        multiply_tile(rows, columns, inner, a, a_row, a_step, b, b_stride, c, c_stride, addend, addend_stride, 1, 0)
        return 0
    if b_transposed and columns == 1:
        b_stride, b_transposed = 1, False  # a column lies as its transpose does
    if inner <= 0:
        _begin(rows, columns, c, c_stride, addend, addend_stride)
    elif b_transposed and rows < _FEW:
        _begin(rows, columns, c, c_stride, addend, addend_stride)
        _add_products_of_rows(rows, columns, inner, a, a_row, a_step, b, b_stride, c, c_stride)
    else:
        panel: int = _memory_of_panel()
        narrow = _narrow_columns(rows, columns, inner) if a_step == 1 else 0
        if narrow > 0:
            columns -= narrow
            _multiply_narrow(
                rows, narrow, inner, a, a_row, b + 4 * columns * (b_stride if b_transposed else 1), b_stride,
                b_transposed, inner, 0, c + 4 * columns, c_stride, addend + 4 * columns if addend != 0 else 0,
                addend_stride, panel,
            )  # fmt: skip
        panels, depths = _parts(columns, COLUMNS), _parts(inner, _DEPTH)
        for i in range(panels):
            left, width = _panel(columns, i, panels)
            for part in range(depths):
                begin, end = _cut(inner, part, depths), _cut(inner, part + 1, depths)
                own, stride = b + 4 * (begin * b_stride + left), b_stride
                if b_transposed:
                    transpose(b + 4 * (left * b_stride + begin), b_stride, width, end - begin, panel, COLUMNS)
                    own, stride = panel, COLUMNS
                d, d_stride = (addend, addend_stride) if part == 0 else (c, c_stride)
                _go_down(
                    rows, width, end - begin, a + 4 * begin * a_step, a_row, a_step, own, stride, c + 4 * left,
                    c_stride, d + 4 * left if d != 0 else 0, d_stride, 1, 0,
                )  # fmt: skip
    return 0


@called_by_name(int64(int64, int64, int64, int64, int64, int64, int64, int64, int64, int64, int64))
def multiply_blocks(
    rows: int, columns: int, inner: int, blocks: int, a: int, a_stride: int, b: int, b_stride: int, b_block: int,
    c: int, c_stride: int,
) -> int:  # fmt: skip
    """C ← A B for float32 matrices, where B is blocks that may lie apart, or one within the other.

    Parameters
    ----------
    rows, columns, inner, blocks : A is (rows, blocks × inner), and B blocks of (inner, columns)
    a, b, c : addresses
    a_stride, b_stride, b_block, c_stride : numbers from one row in memory, or block, to the next
    """
    if inner <= 0:
        _begin(rows, columns, c, c_stride, 0, 0)
        return 0
    narrow = _narrow_columns(rows, columns, inner * blocks)
    if narrow > 0:
        columns -= narrow
        _multiply_narrow(
            rows, narrow, inner * blocks, a, a_stride, b + 4 * columns, b_stride, False, inner, b_block,
            c + 4 * columns, c_stride, 0, 0, _memory_of_panel(),
        )  # fmt: skip
    panels, together = _parts(columns, COLUMNS), max(1, _DEPTH // inner) if SEVERAL_BLOCKS else 1
    parts = _parts(blocks, together)
    for i in range(panels):
        left, width = _panel(columns, i, panels)
        to = c + 4 * left
        for part in range(parts):
            begin, end = _cut(blocks, part, parts), _cut(blocks, part + 1, parts)
            _go_down(
                rows, width, inner, a + 4 * begin * inner, a_stride, 1, b + 4 * (begin * b_block + left), b_stride, to,
                c_stride, to if part > 0 else 0, c_stride, end - begin, b_block,
            )  # fmt: skip
    return 0
