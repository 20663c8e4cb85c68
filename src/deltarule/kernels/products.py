"""Products of matrices, by the linear-algebra library that SciPy brings."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from deltarule.kernels.compiled import inlined

__all__ = ["multiply"]


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
    if rows > 0 and columns > 0:
        # The library goes down columns, where our rows lie: it computes Cᵀ = Bᵀ Aᵀ.
        beta = 1.0 if accumulate else 0.0
        _gemm(b_transposed, a_transposed, columns, rows, inner, b, b_stride, a, a_stride, beta, c, c_stride)


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
