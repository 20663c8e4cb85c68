import numpy as np
import pytest
from numba import njit

from deltarule.kernels.row_sums import add_row, add_row_to_six, copy_row, sum_six_rows


@njit
def one(a, target, count):
    add_row(a.ctypes.data, target.ctypes.data, count)


@njit
def copied(a, target, count):
    copy_row(a.ctypes.data, target.ctypes.data, count)


@njit
def summed(a, target, count):
    at, step = a.ctypes.data, a.strides[0]
    sum_six_rows(at, at + step, at + 2 * step, at + 3 * step, at + 4 * step, at + 5 * step, target.ctypes.data, count)


@njit
def to_six(own, a, count):
    at, step = a.ctypes.data, a.strides[0]
    add_row_to_six(own.ctypes.data, at, at + step, at + 2 * step, at + 3 * step, at + 4 * step, at + 5 * step, count)


@pytest.mark.parametrize("count", [0, 1, 4, 7, 8, 15, 16, 17, 32, 75, 80])
def test_so_many_numbers_are_added_and_no_others(normal, count):
    rows, target = normal(6, 83), normal(83)
    expected = target.copy()
    expected[:count] += rows[0, :count]
    one(rows, target, count)
    np.testing.assert_array_equal(target, expected)
    expected[:count] = rows[:, :count].sum(axis=0)
    summed(rows, target, count)
    np.testing.assert_allclose(target, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(target[count:], expected[count:])
    expected = rows.copy()
    expected[:, :count] += target[:count]
    to_six(target, rows, count)
    np.testing.assert_array_equal(rows, expected)


@pytest.mark.parametrize("count", [0, 1, 4, 7, 8, 15, 16, 17, 32, 75, 80])
def test_so_many_numbers_are_copied_and_no_others(normal, count):
    row, target = normal(83), normal(83)
    expected = np.concatenate([row[:count], target[count:]])
    copied(row, target, count)
    np.testing.assert_array_equal(target, expected)
