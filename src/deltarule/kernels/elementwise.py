"""Functions of one number, mapped over arrays, and their derivatives; arithmetic of two arrays, broadcast."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import float32, float64, int64

from deltarule.kernels import functions
from deltarule.kernels.compiled import called_by_name, inlined
from deltarule.kernels.memory import floats

__all__ = [
    "ABSOLUTE", "ADD", "DIVIDE", "EXP", "HARD_TANH", "IDENTITY", "LEAKY_RELU", "LOG", "MAXIMUM", "MULTIPLY", "NEGATE",
    "POWER", "RELU", "SIGMOID", "SOFT_SIGN", "SQUARE", "SUBTRACT", "TANH", "combine", "map_function", "scale_by_slope",
    "share_combination",
]  # fmt: skip

(
    IDENTITY, SIGMOID, TANH, HARD_TANH, SOFT_SIGN, RELU, LEAKY_RELU, NEGATE, EXP, LOG, ABSOLUTE, SQUARE, POWER
) = range(13)  # fmt: skip
ADD, SUBTRACT, MULTIPLY, DIVIDE, MAXIMUM = range(5)


_BELOW_1 = np.float32(1 - 2**-22)  # a 1 that dropout scaled, scaled back, may end a unit or two short


@inlined
def map_function(code: int, parameter: float, x: Any) -> None:
    """x_i ← f(x_i)."""
    _map_function(code, parameter, x.ctypes.data, len(x))


@inlined
def scale_by_slope(code: int, parameter: float, signal: Any, x: Any, y: Any, y_scale: float) -> None:
    """signal_i ← signal_i f′(x_i), where `y` times `y_scale` is f(x).

    Activation functions find their slope from y alone, so that x need not be kept.
    """
    _scale_by_slope(code, parameter, signal.ctypes.data, x.ctypes.data, y.ctypes.data, len(signal), y_scale)


@called_by_name(int64(int64, float64, int64, int64))
def _map_function(code: int, parameter: float, address: int, n: int) -> int:
    """x_i ← f(x_i); each function has a loop of its own, which runs on vectors."""
    p, x = float32(parameter), floats(address, n)
    if code == SIGMOID:
        for i in range(n):
            x[i] = functions.sigmoid(x[i])
    elif code == TANH:
        for i in range(n):
            x[i] = functions.tanh(x[i])
    elif code == HARD_TANH:
        for i in range(n):
            x[i] = functions.hard_tanh(x[i])
    elif code == SOFT_SIGN:
        for i in range(n):
            x[i] = functions.soft_sign(x[i])
    elif code == RELU:
        for i in range(n):
            x[i] = functions.relu(x[i])
    elif code == LEAKY_RELU:
        for i in range(n):
            x[i] = x[i] if x[i] > 0 else x[i] * p
    elif code == NEGATE:
        for i in range(n):
            x[i] = -x[i]
    elif code == EXP:
        for i in range(n):
            x[i] = functions.exp(x[i])
    elif code == LOG:
        for i in range(n):
            x[i] = np.log(x[i])
    elif code == ABSOLUTE:
        for i in range(n):
            x[i] = abs(x[i])
    elif code == SQUARE:
        for i in range(n):
            x[i] = x[i] * x[i]
    elif code == POWER:
        for i in range(n):
            x[i] = np.power(x[i], p)
    return 0


@called_by_name(int64(int64, float64, int64, int64, int64, int64, float64))
def _scale_by_slope(
    code: int, parameter: float, signal_address: int, x_address: int, y_address: int, n: int, y_scale: float
) -> int:
    """signal_i ← signal_i f′(x_i); each function has a loop of its own."""
    p, scale = float32(parameter), float32(y_scale)
    signal, x, y = floats(signal_address, n), floats(x_address, n), floats(y_address, n)
    one, nothing = float32(1), float32(0)
    if code == SIGMOID:
        for i in range(n):
            signal[i] *= y[i] * scale * (one - y[i] * scale)
    elif code == TANH:
        for i in range(n):
            a = y[i] * scale
            signal[i] *= one - a * a
    elif code == HARD_TANH:
        for i in range(n):
            a = y[i] * scale
            signal[i] *= one if abs(a) < _BELOW_1 else nothing
    elif code == SOFT_SIGN:
        for i in range(n):
            a = y[i] * scale
            signal[i] *= (one - abs(a)) * (one - abs(a))
    elif code == RELU:
        for i in range(n):
            a = y[i] * scale
            signal[i] *= one if a > 0 else nothing
    elif code == LEAKY_RELU:
        for i in range(n):
            a = y[i] * scale
            signal[i] *= one if a > 0 else p
    elif code == NEGATE:
        for i in range(n):
            signal[i] *= -one
    elif code == EXP:
        for i in range(n):
            a = y[i] * scale
            signal[i] *= a
    elif code == LOG:
        for i in range(n):
            signal[i] *= one / x[i]
    elif code == ABSOLUTE:
        for i in range(n):
            signal[i] *= np.sign(x[i])
    elif code == SQUARE:
        for i in range(n):
            signal[i] *= (one + one) * x[i]
    elif code == POWER:
        for i in range(n):
            signal[i] *= p * np.power(x[i], p - one) if p != 0 else nothing
    return 0


@inlined
def combine(code: int, sizes: Any, x: Any, x_steps: Any, y: Any, y_steps: Any, output: Any) -> None:
    """output ← x ∘ y for arrays of four axes; a step of 0 stretches an axis of size 1."""
    at = 0
    for a in range(sizes[0]):
        for b in range(sizes[1]):
            for c in range(sizes[2]):
                i = a * x_steps[0] + b * x_steps[1] + c * x_steps[2]
                j = a * y_steps[0] + b * y_steps[1] + c * y_steps[2]
                for _ in range(sizes[3]):
                    if code == ADD:
                        output[at] = x[i] + y[j]
                    elif code == SUBTRACT:
                        output[at] = x[i] - y[j]
                    elif code == MULTIPLY:
                        output[at] = x[i] * y[j]
                    elif code == DIVIDE:
                        output[at] = x[i] / y[j]
                    else:  # as in the reference, NaN wins over any number
                        output[at] = x[i] if x[i] >= y[j] or x[i] != x[i] else y[j]
                    i += x_steps[3]
                    j += y_steps[3]
                    at += 1


@inlined
def share_combination(
    code: int,
    first: bool,
    sizes: Any,
    signal: Any,
    x: Any,
    x_steps: Any,
    y: Any,
    y_steps: Any,
    output: Any,
    shared: Any,
) -> None:
    """Add upstream signal × local gradient into the signal of x (`first`) or of y; a stretched axis is summed."""
    at = 0
    for a in range(sizes[0]):
        for b in range(sizes[1]):
            for c in range(sizes[2]):
                i = a * x_steps[0] + b * x_steps[1] + c * x_steps[2]
                j = a * y_steps[0] + b * y_steps[1] + c * y_steps[2]
                for _ in range(sizes[3]):
                    if code == ADD:
                        local = float32(1)
                    elif code == SUBTRACT:
                        local = float32(1) if first else float32(-1)
                    elif code == MULTIPLY:
                        local = y[j] if first else x[i]
                    elif code == DIVIDE:
                        local = float32(1) / y[j] if first else -output[at] / y[j]
                    else:
                        local = float32(1) if (x[i] >= y[j]) == first else float32(0)
                    shared[i if first else j] += signal[at] * local
                    i += x_steps[3]
                    j += y_steps[3]
                    at += 1
