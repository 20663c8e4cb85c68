import numpy as np
import pytest
from numba import njit

from deltarule.kernels.row_totals import product_of_rows, put_along_rows, squared_differences, sum_each_row

COUNTS = [0, 1, 4, 7, 8, 15, 16, 17, 32, 75]


@njit
def put(biases, rows, columns, target):
    put_along_rows(biases.ctypes.data, rows, columns, target.ctypes.data)


@njit
def summed(x, rows, columns, stride, sums, again):
    sum_each_row(x.ctypes.data, rows, columns, stride, sums.ctypes.data, again)


@njit
def product(a, b, columns):
    return product_of_rows(a.ctypes.data, b.ctypes.data, columns)


@njit
def differences(a, y, signal, columns, share):
    return squared_differences(a.ctypes.data, y.ctypes.data, signal.ctypes.data, columns, share)


@pytest.mark.parametrize("columns", [16, 32, 48])
@pytest.mark.parametrize("rows", [0, 1, 5])
def test_a_bias_is_put_along_its_row(normal, rows, columns):
    biases, target = normal(5), normal(6, columns)
    expected = np.concatenate([np.repeat(biases[:rows, None], columns, axis=1), target[rows:]])
    put(biases, rows, columns, target)
    np.testing.assert_array_equal(target, expected)


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("columns", COUNTS)
@pytest.mark.parametrize("rows", [0, 1, 5])
def test_each_row_is_summed(normal, rows, columns, again):
    x, sums = normal(5, 80), normal(5)
    expected = sums.copy()
    expected[:rows] = x[:rows, :columns].sum(axis=1) + (sums[:rows] if again else 0)
    summed(x, rows, columns, 80, sums, again)
    np.testing.assert_allclose(sums, expected, rtol=1e-5, atol=1e-5)


def test_sums_that_are_not_added_to_may_be_anything():
    x, sums = np.ones((3, 16), np.float32), np.full(3, np.nan, np.float32)
    summed(x, 3, 16, 16, sums, False)
    assert sums.tolist() == [16, 16, 16]


@pytest.mark.parametrize("columns", COUNTS)
def test_what_two_rows_make_together(normal, columns):
    a, b, signal = normal(80), normal(80), normal(80)
    assert product(a, b, columns) == pytest.approx(float(a[:columns] @ b[:columns]), rel=1e-5, abs=1e-5)
    expected = np.concatenate([(a[:columns] - b[:columns]) * np.float32(0.25), signal[columns:]])
    found = differences(a, b, signal, columns, np.float32(0.25))
    assert found == pytest.approx(float(((a[:columns] - b[:columns]) ** 2).sum()), rel=1e-5)
    np.testing.assert_array_equal(signal, expected)
