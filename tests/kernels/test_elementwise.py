"""What plans do not show: numbers that are not finite, no entries, four axes, slices. Values: tests/execution."""

import numpy as np
import pytest

from deltarule.kernels import elementwise
from deltarule.kernels import instructions as do

NAMES = (
    "IDENTITY", "SIGMOID", "TANH", "HARD_TANH", "SOFT_SIGN", "RELU", "LEAKY_RELU", "NEGATE", "EXP", "LOG", "ABSOLUTE",
    "SQUARE", "POWER",
)  # fmt: skip
INF, NAN = np.inf, np.nan
# f(−∞), f(∞), f(NaN), f(−0) and f′ at each of them.
LIMITS = {
    "IDENTITY": ((-INF, INF, NAN, 0), (1, 1, 1, 1)),
    "SIGMOID": ((0, 1, NAN, 0.5), (0, 0, NAN, 0.25)),
    "TANH": ((-1, 1, NAN, 0), (0, 0, NAN, 1)),
    "HARD_TANH": ((-1, 1, NAN, 0), (0, 0, None, 1)),
    "RELU": ((0, INF, NAN, 0), (0, 1, None, 0)),
    "LEAKY_RELU": ((-INF, INF, NAN, 0), (0.25, 1, None, 0.25)),
    "NEGATE": ((INF, -INF, NAN, 0), (-1, -1, -1, -1)),
    "EXP": ((0, INF, NAN, 1), (0, INF, NAN, 1)),
    "LOG": ((NAN, INF, NAN, -INF), (0, 0, NAN, -INF)),
    "ABSOLUTE": ((INF, INF, NAN, 0), (-1, 1, NAN, 0)),
    "SQUARE": ((INF, INF, NAN, 0), (-INF, INF, NAN, 0)),
}


def function(run, name, x, setting=0.25, slices=1):
    """Return f(x) and f′(x)."""
    code = getattr(elementwise, name)
    y, shared, ones = np.full_like(x, 7), np.full_like(x, 7), np.ones_like(x)
    run(do.APPLY, x, y, x.size, numbers=[code, setting], slices=slices)
    run(do.SHARE_APPLIED, ones, x, y, shared, x.size, numbers=[code, setting], slices=slices)
    return y, shared


@pytest.mark.parametrize("name", LIMITS)
def test_ends_nan_and_zero(run, name):
    x = np.array([-INF, INF, NAN, -0.0], np.float32)
    values, slopes = LIMITS[name]
    y, shared = function(run, name, x)
    np.testing.assert_array_equal(y, np.array(values, np.float32))
    for found, expected in zip(shared, slopes, strict=True):
        assert expected is None or found == expected or (np.isnan(found) and np.isnan(expected))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("entries", [0, 1, 15, 16, 17, 100])
def test_slices_change_nothing(run, normal, name, entries):
    x = np.abs(normal(entries)) + np.float32(0.1)
    whole = function(run, name, x)
    for slices in (2, 3, 8):
        for one, other in zip(function(run, name, x, slices=slices), whole, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("exponent", [0.0, 1.0, 3.0, -2.0, 0.5])
def test_powers_of_zero_and_of_negative_numbers(run, exponent):
    x = np.array([0, -1.5, 2, INF], np.float32)
    y, shared = function(run, "POWER", x, exponent)
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(y, x**exponent, rtol=1e-6)
        expected = exponent * x ** (exponent - 1) if exponent else np.zeros(4)
    np.testing.assert_allclose(shared, expected, rtol=1e-6)


def steps(shape, broadcast):
    """Return the steps through an array as the four axes of a result are walked."""
    strides = [int(np.prod(shape[axis + 1 :])) for axis in range(4)]
    return [stride if own == target else 0 for stride, own, target in zip(strides, shape, broadcast, strict=True)]


COMBINATIONS = {
    elementwise.ADD: (np.add, lambda s, x, y: (s, s)),
    elementwise.SUBTRACT: (np.subtract, lambda s, x, y: (s, -s)),
    elementwise.MULTIPLY: (np.multiply, lambda s, x, y: (s * y, s * x)),
    elementwise.DIVIDE: (np.divide, lambda s, x, y: (s / y, -s * x / y**2)),
    elementwise.MAXIMUM: (np.maximum, lambda s, x, y: (s * (x >= y), s * (x < y))),
}


def combined(run, code, x, y):
    """Return x ∘ y, and for both what they get of a signal."""
    shape = np.broadcast_shapes(x.shape, y.shape)
    walk = [*shape, *steps(x.shape, shape), *steps(y.shape, shape)]
    output = np.empty(shape, np.float32)
    run(do.COMBINE, x, y, output, *walk, numbers=[code])
    signal = np.random.default_rng(5).normal(size=shape).astype(np.float32)
    shares = []
    for position, own in enumerate((x, y)):
        shared = np.zeros_like(own)
        run(do.SHARE_COMBINED, x, y, output, *walk, signal, shared, numbers=[code, position == 0])
        shares.append(shared)
    return output, signal, shares


@pytest.mark.parametrize("code", COMBINATIONS)
@pytest.mark.parametrize("shapes", [
    ((2, 3, 4, 5), (2, 3, 4, 5)), ((2, 3, 4, 5), (1, 3, 1, 5)), ((2, 1, 4, 1), (1, 3, 1, 5)),
    ((1, 1, 1, 1), (2, 3, 4, 5)), ((2, 3, 4, 1), (2, 3, 4, 5)), ((0, 3, 4, 5), (1, 3, 4, 5)),
])  # fmt: skip
def test_four_axes_are_broadcast_and_summed_over(run, normal, code, shapes):
    x, y = (np.asarray(normal(*shape)) for shape in shapes)
    output, signal, shares = combined(run, code, x, y)
    forward, share = COMBINATIONS[code]
    np.testing.assert_allclose(output, forward(x, y), rtol=1e-6)
    for shared, own, whole in zip(shares, (x, y), share(signal.astype(float), *np.broadcast_arrays(x, y)), strict=True):
        stretched = tuple(axis for axis in range(4) if own.shape[axis] == 1)
        expected = np.broadcast_to(whole, output.shape).sum(axis=stretched, keepdims=True)
        scale = np.abs(np.broadcast_to(whole, output.shape)).sum(axis=stretched, keepdims=True)
        assert (np.abs(shared - expected) <= 1e-5 * scale).all()


def test_nan_wins_over_any_number_and_ties_go_to_the_first(run):
    x = np.array([NAN, 1, NAN, 2, -INF, 0.0], np.float32).reshape(1, 1, 1, 6)
    y = np.array([1, NAN, NAN, 2, -INF, -0.0], np.float32).reshape(1, 1, 1, 6)
    output, signal, (first, second) = combined(run, elementwise.MAXIMUM, x, y)
    np.testing.assert_array_equal(output.ravel(), [NAN, NAN, NAN, 2, -INF, 0])
    np.testing.assert_array_equal(first.ravel()[3:], signal.ravel()[3:])
    assert not second.ravel()[3:].any()


def test_division_by_zero_is_infinite_or_nan(run):
    x, y = (np.array(numbers, np.float32).reshape(1, 1, 1, 3) for numbers in ([1, -1, 0], [0, 0, 0]))
    output, _, _ = combined(run, elementwise.DIVIDE, x, y)
    np.testing.assert_array_equal(output.ravel(), [INF, -INF, NAN])
