"""Arrays that kernels read begin with a line of the cache."""

import numpy as np
import pytest

import deltarule as dr
from deltarule.execution.alignment import aligned_copy, aligned_zeros


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32])
@pytest.mark.parametrize("shape", [(), (0,), (3,), (7, 5), (2, 0, 4)])
def test_copies_have_the_numbers_and_begin_with_a_line(shape, dtype):
    array = np.asarray(np.random.default_rng(0).normal(size=shape) * 9)
    copy, zeros = aligned_copy(array.T, dtype), aligned_zeros(shape, dtype)
    for made in (copy, zeros):
        assert made.dtype == dtype
        assert made.flags.c_contiguous
        assert made.flags.writeable
        assert made.ctypes.data % 64 == 0 or not made.size
    np.testing.assert_array_equal(copy, array.T.astype(dtype))
    np.testing.assert_array_equal(zeros, np.zeros(shape, dtype))


def test_parameters_and_what_rules_remember_of_them_do_in_training():
    weight = dr.parameter(np.ones((33, 77)), "weight")
    trainer = dr.Trainer(dr.sum(weight * weight), dr.Adam())
    for array in trainer._arrays().values():
        assert array.ctypes.data % 64 == 0
    assert trainer.step() == pytest.approx(33 * 77)
