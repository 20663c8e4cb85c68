"""What plans do not show: NaN and infinity, sums of many numbers, ties, no rows. Values: tests/execution."""

import numpy as np
import pytest

from deltarule.kernels import instructions as do
from deltarule.kernels import reductions

INF, NAN = np.inf, np.nan


def reduced(run, code, x):
    """Reduce the middle one of three axes, and share a signal of 1, 2, 3, ... out again."""
    outer, length, inner = x.shape
    y, shared = np.full((outer, inner), 7, np.float32), np.zeros_like(x)
    run(do.REDUCE, x, y, outer, length, inner, numbers=[code])
    signal = np.arange(1, outer * inner + 1, dtype=np.float32)
    run(do.SHARE_REDUCED, signal, x, y, shared, outer, length, inner, numbers=[code])
    return y, shared


def column(*numbers):
    return np.array(numbers, np.float32).reshape(1, -1, 1)


def test_sums_and_means_are_added_up_in_double_precision(run):
    x = column(1e8, *np.ones(1000), -1e8)
    assert reduced(run, reductions.SUM, x)[0] == 1000
    assert reduced(run, reductions.MEAN, x)[0] == np.float32(1000 / 1002)
    many = np.full((1, 1 << 20, 1), 0.1, np.float32)
    assert reduced(run, reductions.SUM, many)[0] == pytest.approx(np.float32(0.1) * 2.0**20, rel=1e-7)


def test_the_first_of_the_largest_gets_the_signal(run):
    x = np.array([[[1, 5], [3, 5], [3, 2]], [[0, 0], [0, 0], [0, 0]]], np.float32)
    y, shared = reduced(run, reductions.MAX, x)
    assert y.tolist() == [[3, 5], [0, 0]]
    assert shared.tolist() == [[[0, 2], [1, 0], [0, 0]], [[3, 4], [0, 0], [0, 0]]]


@pytest.mark.parametrize("numbers", [(NAN, 1, 2), (1, NAN, 2), (1, 2, NAN), (NAN, NAN), (INF, NAN), (-INF, NAN, INF)])
@pytest.mark.parametrize("code", [reductions.SUM, reductions.MEAN, reductions.MAX, reductions.LOG_SUM_EXP])
def test_nan_among_the_entries_is_never_lost(run, code, numbers):
    assert np.isnan(reduced(run, code, column(*numbers))[0])


def test_infinite_entries(run):
    assert reduced(run, reductions.MAX, column(-INF, -INF))[0] == -INF
    assert reduced(run, reductions.MAX, column(-INF, 3, INF))[0] == INF
    assert reduced(run, reductions.SUM, column(1, INF))[0] == INF
    y, shared = reduced(run, reductions.LOG_SUM_EXP, column(0, -INF, 0))
    assert y == np.float32(np.log(2))
    np.testing.assert_allclose(shared.ravel(), [0.5, 0, 0.5], rtol=1e-6)


@pytest.mark.parametrize("shift", [-1e4, 0, 80, 1e4])
def test_exponentials_do_not_overflow(run, shift):
    x = column(*(np.array([0.0, 1.0, 2.0]) + shift))
    y, shared = reduced(run, reductions.LOG_SUM_EXP, x)
    assert y == pytest.approx(shift + np.log(1 + np.e + np.e**2), rel=1e-6)
    soft = np.empty_like(x)
    run(do.SOFTMAX, x, soft, 1, 3, 1)
    expected = np.exp([0, 1, 2]) / np.exp([0, 1, 2]).sum()
    np.testing.assert_allclose(soft.ravel(), expected, rtol=1e-5)
    np.testing.assert_allclose(shared.ravel(), expected, rtol=2e-3 if abs(shift) == 1e4 else 1e-5)


def test_softmax_of_one_entry_is_1_and_of_nan_is_nan(run):
    for numbers, expected in (((4,), [1]), ((0, NAN), [NAN, NAN]), ((0, -INF), [1, 0])):
        x = column(*numbers)
        y = np.empty_like(x)
        run(do.SOFTMAX, x, y, 1, len(numbers), 1)
        np.testing.assert_array_equal(y.ravel(), expected)


@pytest.mark.parametrize("code", [reductions.SUM, reductions.MEAN, reductions.MAX, reductions.LOG_SUM_EXP])
@pytest.mark.parametrize("shape", [(0, 3, 2), (2, 3, 0)])
def test_nothing_to_reduce_to(run, code, shape):
    y, shared = reduced(run, code, np.zeros(shape, np.float32))
    assert (y.size, shared.size) == (0, 0)


def test_the_sum_of_nothing_is_zero(run):
    assert reduced(run, reductions.SUM, np.zeros((2, 0, 3), np.float32))[0].tolist() == [[0, 0, 0], [0, 0, 0]]
    assert np.isnan(reduced(run, reductions.MEAN, np.zeros((1, 0, 1), np.float32))[0])
