import numpy as np
import pytest

import deltarule as dr

Z = np.array([-2.0, -0.5, 0.0, 0.5, 2.0])
SIGMOID = 1 / (1 + np.exp(-Z))

VALUES_AND_SLOPES = [
    (dr.sigmoid, SIGMOID, SIGMOID * (1 - SIGMOID)),
    (dr.tanh, np.tanh(Z), 1 / np.cosh(Z) ** 2),
    (dr.hard_tanh, [-1, -0.5, 0, 0.5, 1], [0, 1, 1, 1, 0]),
    (dr.soft_sign, [-2 / 3, -1 / 3, 0, 1 / 3, 2 / 3], [1 / 9, 4 / 9, 1, 4 / 9, 1 / 9]),
    (dr.relu, [0, 0, 0, 0.5, 2], [0, 0, 0, 1, 1]),
    (lambda z: dr.leaky_relu(z, 0.1), [-0.2, -0.05, 0, 0.5, 2], [0.1, 0.1, 0.1, 1, 1]),
]


@pytest.mark.parametrize(("activation", "values", "slopes"), VALUES_AND_SLOPES)
def test_values_and_slopes(activation, values, slopes):
    z = dr.input("z", (5,))
    output = activation(z)
    run = dr.backprop(output, {z: Z})
    np.testing.assert_allclose(run.value(output), values, rtol=1e-14, atol=1e-16)
    np.testing.assert_allclose(run.gradient(z), slopes, rtol=1e-14, atol=1e-16)


@pytest.mark.parametrize("activation", [dr.sigmoid, dr.tanh, dr.soft_sign, dr.softmax])
def test_large_inputs_do_not_overflow(activation):
    z = dr.input("z", (2,))
    run = dr.backprop(dr.sum(activation(z)), {z: [-1e4, 1e4]})
    assert np.isfinite(run.gradient(z)).all()


def test_softmax_by_hand():
    z = dr.input("z", (3,))
    output = dr.softmax(z)
    run = dr.backprop(dr.sum(output * np.array([1.0, 0, 0])), {z: np.log([1.0, 2.0, 5.0])})
    np.testing.assert_allclose(run.value(output), [0.125, 0.25, 0.625], rtol=1e-14)
    np.testing.assert_allclose(run.gradient(z), [0.125 * 0.875, -0.125 * 0.25, -0.125 * 0.625], rtol=1e-14)


def test_rows_of_a_softmax_over_rows_depend_on_each_other():
    z = dr.parameter(np.arange(8.0).reshape(4, 2) / 10)
    output = dr.softmax(z, axis=0)
    only_the_first = dr.row_lookup(output, np.array([0]))
    run = dr.backprop(dr.sum(only_the_first * np.array([1.0, 0.0])))
    f = run.value(output)[:, 0]
    np.testing.assert_allclose(run.gradient(z)[:, 0], f[0] * ((np.arange(4) == 0) - f), rtol=1e-14)
