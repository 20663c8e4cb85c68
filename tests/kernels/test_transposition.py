import numpy as np
import pytest
from numba import njit

from deltarule.kernels.transposition import transpose, transpose_few


@njit
def call(source, stride, rows, columns, target, target_stride):
    transpose(source.ctypes.data, stride, rows, columns, target.ctypes.data, target_stride)


@njit
def call_few(source, stride, rows, columns, target, target_stride):
    transpose_few(source.ctypes.data, stride, rows, columns, target.ctypes.data, target_stride)


@pytest.mark.parametrize("call", [call, call_few])
@pytest.mark.parametrize("columns", [0, 1, 3, 4, 5, 15, 16, 20, 33, 48, 64, 67, 80])
@pytest.mark.parametrize("rows", [0, 1, 15, 16, 17, 64])
def test_the_transpose_and_nothing_else_is_written(call, rows, columns):
    source = np.arange(rows * (columns + 3), dtype=np.float32).reshape(rows, columns + 3)
    target = np.full((columns, rows + 5), -1, np.float32)
    call(source, columns + 3, rows, columns, target, rows + 5)
    np.testing.assert_array_equal(target[:, :rows], source[:, :columns].T)
    assert (target[:, rows:] == -1).all()
