"""What plans do not show: slices of rows and of neurons, no rows, NaN. Values and gradients: tests/execution."""

import numpy as np
import pytest

from deltarule.kernels import elementwise
from deltarule.kernels import instructions as do

SEED, RATE = 12345, 0.4


def layer(run, x, weight, bias, function=elementwise.TANH, rate=RATE, slices=1, by_examples=False):
    """Return dropout(f(W x + b)) for rows x."""
    (rows, inputs), outputs = x.shape, len(weight)
    z = np.full((rows, outputs), np.nan, np.float32)
    laid_out = np.full(slices * weight.size + 1, np.nan, np.float32) if by_examples else 0
    run(
        do.LAYER, x, inputs, rows, inputs, weight, outputs, z, bias if bias.size else 0, SEED, laid_out,
        numbers=[function, 0, rate], slices=slices,
    )  # fmt: skip
    return z


def mask(run, *shape, rate=RATE):
    ones = np.ones(shape, np.float32)
    run(do.MASK, ones, ones, ones.size, SEED, numbers=[rate])
    return ones


@pytest.mark.parametrize("slices", [1, 2, 4, 8])
@pytest.mark.parametrize(("rows", "outputs"), [(1, 1), (3, 100), (100, 3), (520, 5), (5, 520), (17, 17), (0, 4)])
def test_slices_of_rows_and_of_neurons_draw_the_same_masks(run, normal, rows, outputs, slices):
    x, weight, bias = normal(rows, 6), normal(outputs, 6), normal(outputs)
    expected = np.tanh(x @ weight.T + bias) * mask(run, rows, outputs)
    np.testing.assert_allclose(layer(run, x, weight, bias, slices=slices), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("slices", [1, 2, 8])
@pytest.mark.parametrize(
    ("rows", "inputs", "outputs"), [(1, 6, 90), (70, 40, 33), (600, 20, 47), (300, 30, 9), (0, 4, 40)]
)
def test_slices_of_examples_whether_weights_are_transposed_or_not(run, normal, rows, inputs, outputs, slices):
    x, weight, bias = normal(rows, inputs), normal(outputs, inputs), normal(outputs)
    expected = np.tanh(x @ weight.T + bias) * mask(run, rows, outputs)
    found = layer(run, x, weight, bias, slices=slices, by_examples=True)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_without_bias_and_without_inputs(run, normal):
    x, weight, none = normal(4, 3), normal(5, 3), np.zeros(0, np.float32)
    np.testing.assert_allclose(layer(run, x, weight, none, rate=0), np.tanh(x @ weight.T), rtol=1e-5, atol=1e-6)
    bias = normal(5)
    found = layer(run, np.zeros((4, 0), np.float32), np.zeros((5, 0), np.float32), bias, rate=0)
    np.testing.assert_allclose(found, np.tile(np.tanh(bias), (4, 1)), rtol=1e-5)


def test_nan_stays_in_its_row(run, normal):
    x = normal(5, 3)
    x[2, 1] = np.nan
    found = layer(run, x, normal(4, 3), normal(4), elementwise.RELU, rate=0)
    assert np.isnan(found).any(axis=1).tolist() == [False, False, True, False, False]
    assert np.isnan(found[2]).all()


@pytest.mark.parametrize("slices", [1, 3, 8])
@pytest.mark.parametrize("rows", [0, 1, 40])
def test_signals_of_some_rows_find_their_activations_and_masks(run, normal, rows, slices):
    activation = np.tanh(normal(50, 9)) * mask(run, 50, 9)
    ids = np.random.default_rng(0).permutation(50)[:rows].astype(np.int32)
    signal, kept = normal(rows, 9), mask(run, 50, 9)[ids]
    expected = signal * kept * (1 - (activation[ids] * (1 - RATE)) ** 2)
    run(
        do.SHARE_FINISHED, signal, rows, 9, ids, rows, activation, SEED, numbers=[elementwise.TANH, 0, RATE],
        slices=slices,
    )  # fmt: skip
    np.testing.assert_allclose(signal, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("slices", [1, 8])
@pytest.mark.parametrize("rows", [0, 1, 30])
def test_the_signal_of_a_bias_is_the_sum_of_rows(run, normal, rows, slices):
    signal, sums, parts = normal(rows, 35), np.full(35, np.nan, np.float32), np.full((9, 35), np.nan, np.float32)
    product = 1, 35, rows, np.ones(1, np.float32), 0, 1, signal, 35, 0
    run(do.MULTIPLY, *product, sums, 35, 0, do.THE_LONGER, slices=slices)
    np.testing.assert_allclose(sums, signal.sum(axis=0), rtol=1e-5, atol=1e-5)
    run(do.MULTIPLY, *product, parts, 35, 0, do.INNER, slices=slices)
    np.testing.assert_allclose(parts[:slices].sum(axis=0), signal.sum(axis=0), rtol=1e-5, atol=1e-5)
    assert np.isnan(parts[slices:]).all()


@pytest.mark.parametrize("slices", [1, 2, 8])
def test_a_mask_of_another_array_and_of_itself(run, normal, slices):
    x, y = normal(100), np.full(100, np.nan, np.float32)
    before = x.copy()
    run(do.MASK, x, y, 100, SEED, numbers=[RATE], slices=slices)
    np.testing.assert_array_equal(x, before)
    np.testing.assert_array_equal(y, x * mask(run, 100))
    run(do.MASK, x, x, 100, SEED, numbers=[RATE], slices=slices)
    np.testing.assert_array_equal(x, y)
