"""Products of matrices, by the linear-algebra library that SciPy brings."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from llvmlite.binding import get_host_cpu_features
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from deltarule.kernels.compiled import inlined

__all__ = ["multiply"]

_AS_THEY_LIE = bool(get_host_cpu_features().get("avx512vl"))
_ALL = 1 << 40


@inlined
def multiply(
    rows: int, columns: int, inner: int,
    a: int, a_stride: int, a_transposed: bool,
    b: int, b_stride: int, b_transposed: bool,
    c: int, c_stride: int, accumulate: bool,
) -> None:  # fmt: skip
    """C ← A B, or C ← C + A B, for float32 matrices.

    Parameters
    ----------
    rows, columns, inner : A is (rows, inner), B is (inner, columns)
    a, b, c : addresses; a matrix that is transposed lies in memory as its transpose
    a_stride, b_stride, c_stride : numbers from one row in memory to the next
    """
    if rows <= 0 or columns <= 0:
        return
    dots = b_transposed and not a_transposed
    tile_rows, tile_columns, tile_inner = _tile(rows, columns, inner, dots)
    down, across, through = _parts(rows, tile_rows), _parts(columns, tile_columns), _parts(inner, tile_inner)
    for j in range(across):
        left, right = columns * j // across, columns * (j + 1) // across
        for i in range(down):
            first, last = rows * i // down, rows * (i + 1) // down
            for part in range(through):
                begin, end = inner * part // through, inner * (part + 1) // through
                of_a = begin * a_stride + first if a_transposed else first * a_stride + begin
                of_b = left * b_stride + begin if b_transposed else begin * b_stride + left
                beta = 1.0 if accumulate or part > 0 else 0.0
                # The library goes down columns, where our rows lie: it computes Cᵀ = Bᵀ Aᵀ.
                _gemm(
                    b_transposed, a_transposed, right - left, last - first, end - begin, b + 4 * of_b, b_stride,
                    a + 4 * of_a, a_stride, beta, c + 4 * (first * c_stride + left), c_stride,
                )  # fmt: skip


@inlined
def _tile(rows: int, columns: int, inner: int, dots: bool) -> Any:
    """Return the most rows, columns and inner numbers of a product that the library is best at.

    Where processors have vectors of 512 bits, OpenBLAS multiplies matrices as they lie if it takes at most a million
    multiplications, or, where both are read along their rows, if at most 1,200 numbers come out. Larger ones it copies
    first, and is 5 to 50 per cent slower, which small tiles avoid.
    """
    if not _AS_THEY_LIE:
        return _ALL, _ALL, _ALL
    if not dots:
        return 64, 192, 80
    small = inner >= 256 or (inner >= 96 and rows < 160) or (inner >= 32 and columns <= 16)
    return (32, 36, 800) if small else (_ALL, _ALL, _ALL)


@inlined
def _parts(count: int, most: int) -> int:
    """Return in how many parts of at most so many to cut a number; at least one."""
    return max(1, (count + most - 1) // most)


@intrinsic  # type: ignore[untyped-decorator]
def _gemm(
    typing_context: Any, transpose_a: Any, transpose_b: Any, m: Any, n: Any, k: Any,
    a: Any, lda: Any, b: Any, ldb: Any, beta: Any, c: Any, ldc: Any,
) -> Any:  # fmt: skip
    """Call sgemm, which Numba brings into compiled code under a name of its own."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        letter, size, real = ir.IntType(8), ir.IntType(64), ir.FloatType()
        pointer = ir.PointerType(real)
        shape = [letter, letter, letter, size, size, size]
        function_type = ir.FunctionType(
            ir.IntType(32), [*shape, pointer, pointer, size, pointer, size, pointer, pointer, size]
        )
        function = cgutils.get_or_insert_function(builder.module, function_type, "numba_xxgemm")
        transpose_a, transpose_b, m, n, k, a, lda, b, ldb, beta, c, ldc = arguments
        one = cgutils.alloca_once_value(builder, ir.Constant(real, 1.0))
        beta_place = cgutils.alloca_once_value(builder, beta)

        def flag(transposed: Any) -> Any:
            yes, no = (ir.Constant(letter, ord(name)) for name in "tn")
            return builder.select(cgutils.is_true(builder, transposed), yes, no)

        a, b, c = (builder.inttoptr(address, pointer) for address in (a, b, c))
        single = ir.Constant(letter, ord("s"))
        builder.call(
            function,
            [single, flag(transpose_a), flag(transpose_b), m, n, k, one, a, lda, b, ldb, beta_place, c, ldc],
        )
        return context.get_dummy_value()

    whole, yes_or_no = types.int64, types.boolean
    signature = types.void(
        yes_or_no, yes_or_no, whole, whole, whole, whole, whole, whole, whole, types.float32, whole, whole
    )
    return signature, generate
