import numpy as np
import pytest

import deltarule as dr

X = np.array([[1.0, 5.0, 2.0], [4.0, 4.0, 0.0]])


def slopes(reduced, x):
    return dr.backprop(reduced).gradient(x).tolist()


def test_gradients_by_hand():
    x = dr.parameter(X)
    assert slopes(dr.sum(x), x) == [[1, 1, 1], [1, 1, 1]]
    assert slopes(dr.sum(dr.sum(x, axis=0) * np.array([1.0, 2, 3])), x) == [[1, 2, 3], [1, 2, 3]]
    assert slopes(dr.mean(x), x) == (np.ones((2, 3)) / 6).tolist()
    assert slopes(dr.mean(x, axis=1), x) == (np.ones((2, 3)) / 3).tolist()
    assert slopes(dr.max(x), x) == [[0, 1, 0], [0, 0, 0]]


def test_max_at_a_tie_sends_the_signal_to_the_first():
    x = dr.parameter(X)
    assert slopes(dr.max(x, axis=1), x) == [[0, 1, 0], [1, 0, 0]]
    assert slopes(dr.max(x, axis=-2, keepdims=True), x) == [[0, 1, 1], [1, 0, 0]]


def test_log_sum_exp_does_not_overflow():
    x = dr.parameter([1000.0, 1000.0])
    node = dr.log_sum_exp(x)
    run = dr.backprop(node)
    assert run.value(node) == 1000 + np.log(2)
    assert run.gradient(x) == pytest.approx([0.5, 0.5], rel=1e-12)
