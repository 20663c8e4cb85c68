import numpy as np
import pytest
from numba import njit

from deltarule.kernels.transposition import transpose


@njit
def call(source, stride, rows, columns, target, target_stride):
    transpose(source.ctypes.data, stride, rows, columns, target.ctypes.data, target_stride)


@pytest.mark.parametrize("columns", [0, 1, 15, 16, 33, 48])
@pytest.mark.parametrize("rows", [0, 1, 15, 16, 17, 64])
def test_the_transpose_and_nothing_else_is_written(rows, columns):
    source = np.arange(rows * (columns + 3), dtype=np.float32).reshape(rows, columns + 3)
    target = np.full((columns, rows + 5), -1, np.float32)
    call(source, columns + 3, rows, columns, target, rows + 5)
    np.testing.assert_array_equal(target[:, :rows], source[:, :columns].T)
    assert (target[:, rows:] == -1).all()
