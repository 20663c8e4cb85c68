"""Products of matrices, tile by tile."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import boolean, int64, types
from numba.extending import intrinsic

from deltarule.kernels.compiled import called_by_name, inlined
from deltarule.kernels.memory import floats
from deltarule.kernels.rows import copy, fill
from deltarule.kernels.tiles import COLUMNS, ROWS, multiply_tile
from deltarule.kernels.transposition import transpose
from deltarule.kernels.vectors import LANES

__all__ = ["multiply"]

_DEPTH = 256  # inner numbers at a time, so that what a tile reads of A and B stays near
_FEW = 4  # rows for which it is less work to add up products of rows of Bᵀ than to transpose it


@inlined
def _go_down(
    rows: int, columns: int, inner: int, a: int, a_row: int, a_step: int, b: int, b_stride: int, c: int, c_stride: int,
    addend: int, addend_stride: int,
) -> None:  # fmt: skip
    """Multiply tiles one below the other."""
    tiles = _parts(rows, ROWS)
    for i in range(tiles):
        first, last = rows * i // tiles, rows * (i + 1) // tiles
        multiply_tile(
            last - first, columns, inner, a + 4 * first * a_row, a_row, a_step, b, b_stride, c + 4 * first * c_stride,
            c_stride, addend + 4 * first * addend_stride if addend != 0 else 0, addend_stride,
        )  # fmt: skip


@inlined
def _parts(count: int, most: int) -> int:
    """Return in how many parts of at most so many to cut a number."""
    return (count + most - 1) // most


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
            other = floats(b + 4 * j * b_stride, inner)
            total = result[j]
            if a_step == 1:
                for k in range(inner):
                    total += own[k] * other[k]
            else:
                for k in range(inner):
                    total += own[k * a_step] * other[k]
            result[j] = total


@intrinsic  # type: ignore[untyped-decorator]
def _memory_of_panel(typing_context: Any) -> Any:
    """Return the address of memory on the stack for columns of B as wide as a tile."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        with builder.goto_entry_block():  # once for each call of the function, however often this is reached
            place = builder.alloca(ir.ArrayType(ir.FloatType(), _DEPTH * COLUMNS))
        place.align = 64
        return builder.ptrtoint(place, ir.IntType(64))

    return types.int64(), generate


@called_by_name(int64(int64, int64, int64, int64, int64, boolean, int64, int64, boolean, int64, int64, int64, int64))
def multiply(
    rows: int, columns: int, inner: int,
    a: int, a_stride: int, a_transposed: bool,
    b: int, b_stride: int, b_transposed: bool,
    c: int, c_stride: int,
    addend: int, addend_stride: int,
) -> int:  # fmt: skip
    """C ← A B + D for float32 matrices.

    Parameters
    ----------
    rows, columns, inner : A is (rows, inner), B is (inner, columns)
    a, b, c : addresses; a matrix that is transposed lies in memory as its transpose
    addend : address of D, which may be C; 0 for none
    a_stride, b_stride, c_stride, addend_stride : numbers from one row in memory to the next; 0 where all rows of D are
        the same, as a bias is
    """
    a_row, a_step = (1, a_stride) if a_transposed else (a_stride, 1)
    if b_transposed and columns == 1:
        b_stride, b_transposed = 1, False  # a column lies as its transpose does
    if inner <= 0:
        _begin(rows, columns, c, c_stride, addend, addend_stride)
    elif b_transposed and rows < _FEW:
        _begin(rows, columns, c, c_stride, addend, addend_stride)
        _add_products_of_rows(rows, columns, inner, a, a_row, a_step, b, b_stride, c, c_stride)
    else:
        panel: int = _memory_of_panel()
        vectors, panels, depths = _parts(columns, LANES), _parts(columns, COLUMNS), _parts(inner, _DEPTH)
        for i in range(panels):  # equal ones, as narrow ones are slow
            left = LANES * (vectors * i // panels)
            width = min(LANES * (vectors * (i + 1) // panels), columns) - left
            for part in range(depths):
                begin, end = inner * part // depths, inner * (part + 1) // depths
                own, stride = b + 4 * (begin * b_stride + left), b_stride
                if b_transposed:
                    transpose(b + 4 * (left * b_stride + begin), b_stride, width, end - begin, panel, COLUMNS)
                    own, stride = panel, COLUMNS
                d, d_stride = (addend, addend_stride) if part == 0 else (c, c_stride)
                _go_down(
                    rows, width, end - begin, a + 4 * begin * a_step, a_row, a_step, own, stride, c + 4 * left,
                    c_stride, d + 4 * left if d != 0 else 0, d_stride,
                )  # fmt: skip
    return 0
