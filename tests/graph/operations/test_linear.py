import numpy as np

import deltarule as dr


def test_affine_by_hand():
    x, W, b = dr.parameter([[1.0, 2.0], [3.0, 4.0]]), dr.parameter([[1.0, 0.5]]), dr.parameter([10.0])
    z = dr.affine(x, W, b)
    run = dr.backprop(dr.sum(z * np.array([[1.0], [-2.0]])))
    assert run.value(z).tolist() == [[12.0], [15.0]]
    assert run.gradient(x).tolist() == [[1.0, 0.5], [-2.0, -1.0]]
    assert run.gradient(W).tolist() == [[1 - 6.0, 2 - 8.0]]
    assert run.gradient(b).tolist() == [-1.0]


def test_a_single_row_is_a_vector():
    x, W = dr.parameter([1.0, 2.0]), dr.parameter([[1.0, 3.0], [0.0, 1.0], [2.0, 2.0]])
    z = dr.linear(x, W)
    run = dr.backprop(dr.sum(z * np.array([1.0, 0.0, -1.0])))
    assert run.value(z).tolist() == [7.0, 2.0, 6.0]
    assert run.gradient(x).tolist() == [-1.0, 1.0]
    assert run.gradient(W).tolist() == [[1.0, 2.0], [0.0, 0.0], [-1.0, -2.0]]


def test_entries_looked_up_from_a_single_row():
    x, W = dr.parameter([1.0, 2.0]), dr.parameter([[1.0, 3.0], [0.0, 1.0], [2.0, 2.0]])
    read = dr.row_lookup(dr.linear(x, W), np.array([2, 0, 2]))
    assert dr.backprop(dr.sum(read)).gradient(x).tolist() == [1 + 2 * 2.0, 3 + 2 * 2.0]


def test_transpose_of_three_axes():
    a = dr.parameter(np.arange(24.0).reshape(2, 3, 4))
    node = dr.transpose(a)
    signal = np.arange(24.0).reshape(4, 3, 2)
    run = dr.backprop(dr.sum(node * signal))
    np.testing.assert_array_equal(run.gradient(a), signal.T)
