"""What plans do not show: slices of neurons, no windows, vectors that lie apart. Values: tests/execution."""

import numpy as np
import pytest

from deltarule.kernels import elementwise
from deltarule.kernels import instructions as do
from deltarule.kernels.vectors import LANES

SEED, RATE = 99, 0.3
# Vectors, windows, size, dimension, neurons; few vectors are multiplied another way than many.
SIZES = [
    (7, 20, 3, 4, 5), (40, 5, 5, 3, 70), (1, 1, 1, 1, 1), (6, 130, 2, 3, 17), (9, 0, 3, 4, 6), (4, 65, 4, 2, 33),
    (64, 40, 3, 5, 11), (63, 40, 3, 5, 11), (70, 40, 3, 21, 37), (200, 0, 2, 3, 4), (300, 90, 5, 2, 1),
    (150, 33, 1, 7, 20), (700, 50, 2, 3, 150), (300, 9, 2, 300, 50),
    (300, 90, 5, 36, 70), (130, 60, 2, 164, 40), (20, 30, 3, 17, 9),
]  # fmt: skip


def drawn(normal, vectors, windows, size, dimension, outputs):
    positions = np.random.default_rng(0).integers(0, vectors, (windows, size)).astype(np.int32)
    return normal(vectors, dimension), positions, normal(outputs, size * dimension), normal(outputs)


def mask(run, *shape):
    ones = np.ones(shape, np.float32)
    run(do.MASK, ones, ones, ones.size, SEED, numbers=[RATE])
    return ones


def room(weight, size):
    """Return room for weights of a slice, or their gradients, in rows of whole vectors."""
    outputs, width = weight.shape
    return np.full((width // size, size * outputs + LANES), np.nan, np.float32)


def layer(run, x, positions, weight, bias, slices, addend=0):
    """Return dropout(tanh(z)), and what the pass back needs."""
    (vectors, dimension), (windows, size), outputs = x.shape, positions.shape, len(weight)
    apart = np.full((vectors, dimension + 2), np.nan, np.float32)  # as columns of a wider matrix
    apart[:, :dimension] = x
    z = np.full((windows, outputs), np.nan, np.float32)
    products = np.full((vectors, size * outputs), np.nan, np.float32)
    run(
        do.WINDOW_LAYER, apart, dimension + 2, vectors, dimension, weight, size, outputs, positions, windows, bias,
        outputs, z, products, SEED, addend, room(weight, size), numbers=[elementwise.TANH, 0, RATE], slices=slices,
    )  # fmt: skip
    return z, apart, products


@pytest.mark.parametrize("slices", [1, 2, 4, 8])
@pytest.mark.parametrize("added", [False, True])
@pytest.mark.parametrize("sizes", SIZES)
def test_slices_of_neurons_forward_and_back(run, normal, sizes, added, slices):
    x, positions, weight, bias = drawn(normal, *sizes)
    vectors, windows, size, dimension, outputs = sizes
    addend = normal(windows, outputs)
    z, apart, products = layer(run, x, positions, weight, bias, slices, addend if added and windows else 0)
    wide, kept = x[positions].reshape(windows, size * dimension), mask(run, windows, outputs)
    activation = np.tanh(wide.astype(np.float64) @ weight.T + bias + added * addend)
    np.testing.assert_allclose(z, activation * kept, rtol=1e-4, atol=1e-5)

    signal = normal(windows, outputs)
    delta = signal * kept * (1 - activation**2)  # computed before the signal is overwritten
    sums, gradient = np.full(outputs, np.nan, np.float32), np.full_like(weight, np.nan)
    parts, shared = np.full((slices, vectors, dimension), np.nan, np.float32), np.full_like(x, np.nan)
    run(
        do.WINDOW_SIGNALS, apart, dimension + 2, vectors, dimension, weight, size, outputs, positions, windows,
        signal, z, products, sums, gradient, parts, SEED, room(weight, size),
        numbers=[elementwise.TANH, 0, RATE, added], slices=slices,
    )  # fmt: skip
    if added:
        np.testing.assert_allclose(signal, delta, rtol=1e-4, atol=1e-5)
    run(do.SUM_PARTS, parts, slices, x.size, shared, slices=slices)
    np.testing.assert_allclose(sums, delta.sum(axis=0), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(gradient, delta.T @ wide, rtol=1e-4, atol=1e-4)
    expected = np.zeros((vectors, dimension))
    np.add.at(expected, positions.ravel(), (delta @ weight).reshape(windows * size, dimension))
    np.testing.assert_allclose(shared, expected, rtol=1e-4, atol=1e-4)


def test_neither_gradient_nor_signal_where_none_is_wanted(run, normal):
    x, positions, weight, bias = drawn(normal, 5, 8, 2, 3, 4)
    z, apart, products = layer(run, x, positions, weight, bias, 1)
    sums = np.full(4, np.nan, np.float32)
    run(
        do.WINDOW_SIGNALS, apart, 5, 5, 3, weight, 2, 4, positions, 8, normal(8, 4), z, products, sums, 0, 0,
        SEED, room(weight, 2),
        numbers=[elementwise.TANH, 0, RATE, 0],
    )  # fmt: skip
    assert np.isfinite(sums).all()


@pytest.mark.parametrize(("violators", "vectors", "expected"), [
    (0, 5, [1, 0, 0, 0, 0, 0]), (4, 5, [1, 0, 4, 12, 0, 0]), (5, 5, [0, 1, 0, 0, 5, 5]), (9, 5, [0, 1, 0, 0, 9, 5]),
    (0, 0, [0, 1, 0, 0, 0, 0]),
])  # fmt: skip
def test_fewer_windows_than_vectors_go_one_by_one(run, violators, vectors, expected):
    """Few, many; windows and their places if few; windows and vectors if many."""
    assert run(do.CHOOSE_WINDOWS, violators, vectors, 3, *[...] * 6) == expected


@pytest.mark.parametrize("slices", [1, 4])
@pytest.mark.parametrize("count", [0, 1, 20])
def test_windows_of_some_rows_laid_end_to_end(run, normal, count, slices):
    x, positions, _, _ = drawn(normal, 6, 30, 3, 4, 1)
    rows = np.random.default_rng(1).permutation(30)[:count].astype(np.int32)
    ids, wide = np.full((count, 3), 7, np.int32), np.full((count, 12), np.nan, np.float32)
    run(do.READ_POSITIONS, positions, rows, count, 3, ids)
    np.testing.assert_array_equal(ids, positions[rows])
    run(do.READ_WINDOWS, x, ids, count, 3, 4, wide, slices=slices)
    np.testing.assert_array_equal(wide, x[positions[rows]].reshape(count, 12))
