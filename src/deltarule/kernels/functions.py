"""Activation functions of one float32 number, written so that loops over them run on vectors of numbers.

They are right to a few units in the last place, and NaN stays NaN. A kernel calls them by name; what is compiled into
it is plain arithmetic without branches.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from deltarule.kernels.vectors import LANES

__all__ = ["exp", "hard_tanh", "leaky_relu", "relu", "sigmoid", "soft_sign", "tanh"]

# Not `inlined`, which lets sums be reordered: here the second of two terms holds the digits that the first has lost.
_inlined = njit(nogil=True, error_model="numpy", fastmath={"contract"}, inline="never")

_SCALES = LANES == 16  # whether the processor multiplies with powers of two in one instruction
_LEAST, _MOST = np.float32(-104.0), np.float32(89.0)  # beyond them e^x is 0 or infinite in float32
_LOG2_E = np.float32(1.44269504)
# ln 2 in two parts; the first has so few digits that its products with whole numbers are exact.
_LN2_HIGH, _LN2_LOW = np.float32(0.693359375), np.float32(-2.12194440e-4)
# (e^r − 1 − r) / r² on |r| ≤ ln 2 / 2, the highest power first (Moshier, Cephes).
_E5, _E4, _E3, _E2, _E1, _E0 = (
    np.float32(c)
    for c in (1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1)
)

_TANH_LIMIT = np.float32(7.99881172)  # beyond it tanh x is 1 in float32
# tanh x = x N(x²) / D(x²), the highest powers first (Eigen).
_N6, _N5, _N4, _N3, _N2, _N1, _N0 = (
    np.float32(c)
    for c in (
        -2.76076847742355e-16,
        2.00018790482477e-13,
        -8.60467152213735e-11,
        5.12229709037114e-08,
        1.48572235717979e-05,
        6.37261928875436e-04,
        4.89352455891786e-03,
    )
)
_D3, _D2, _D1, _D0 = (
    np.float32(c) for c in (1.19825839466702e-06, 1.18534705686654e-04, 2.26843463243900e-03, 4.89352518554385e-03)
)
_SLOPE = np.float32(0.01)


def _reinterpret(typing_context: Any, bits: Any) -> Any:
    """Take the 32 bits of a whole number for those of a float32."""

    def generate(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.FloatType())

    return types.float32(types.int32), generate


_float_of_bits: Any = intrinsic(_reinterpret)


@_inlined
def _power_of_two(n: Any) -> Any:
    """2ⁿ for −126 ≤ n ≤ 127."""
    return _float_of_bits(np.int32((n + np.int32(127)) << np.int32(23)))


def _scale(typing_context: Any, x: Any, n: Any) -> Any:
    """Return x · 2ⁿ, rounded once."""

    def generate(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        real, whole = ir.FloatType(), ir.IntType(32)
        function_type = ir.FunctionType(real, [real, whole])
        function = cgutils.get_or_insert_function(builder.module, function_type, "llvm.ldexp.f32.i32")
        return builder.call(function, arguments)

    return types.float32(types.float32, types.int32), generate


_scaled: Any = intrinsic(_scale)


@_inlined
def exp(x: Any) -> Any:
    """e^x = 2ⁿ e^r with n whole and |r| ≤ ln 2 / 2, where a polynomial gives e^r."""
    cut = _LEAST if x < _LEAST else (_MOST if x > _MOST else x)
    whole = np.rint(cut * _LOG2_E)
    r = cut - whole * _LN2_HIGH - whole * _LN2_LOW
    polynomial = ((((_E5 * r + _E4) * r + _E3) * r + _E2) * r + _E1) * r + _E0
    e_r = np.float32(polynomial * (r * r) + r + np.float32(1))
    n = np.int32(whole if whole == whole else np.float32(0))  # no whole number is NaN
    if _SCALES:
        return _scaled(e_r, n)
    half = n >> np.int32(1)  # in two steps, as 2ⁿ itself may be too large where the result is not
    return e_r * _power_of_two(half) * _power_of_two(np.int32(n - half))


@_inlined
def sigmoid(z: Any) -> Any:
    """σ(z) = 1 / (1 + e⁻ᶻ), from e^−|z|, which never overflows."""
    small = exp(-abs(z))
    return (small if z < np.float32(0) else np.float32(1)) / (np.float32(1) + small) if z == z else z


@_inlined
def tanh(z: Any) -> Any:
    """Hyperbolic tangent of z."""
    x = -_TANH_LIMIT if z < -_TANH_LIMIT else (_TANH_LIMIT if z > _TANH_LIMIT else z)
    square = x * x
    numerator = (((((_N6 * square + _N5) * square + _N4) * square + _N3) * square + _N2) * square + _N1) * square + _N0
    denominator = ((_D3 * square + _D2) * square + _D1) * square + _D0
    return x * numerator / denominator


@_inlined
def hard_tanh(z: Any) -> Any:
    """Cut z to [−1, 1]."""
    return np.float32(-1) if z < np.float32(-1) else (np.float32(1) if z > np.float32(1) else z)


@_inlined
def soft_sign(z: Any) -> Any:
    """Return z / (1 + |z|)."""
    return z / (np.float32(1) + abs(z))


@_inlined
def relu(z: Any) -> Any:
    """Return max(0, z)."""
    return np.float32(0) if z < np.float32(0) else z


@_inlined
def leaky_relu(z: Any) -> Any:
    """Return z, or z / 100 below 0."""
    return z * _SLOPE if z < np.float32(0) else z
