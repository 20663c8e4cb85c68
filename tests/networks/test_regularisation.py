import numpy as np
import pytest

import deltarule as dr
from deltarule.errors import InputError


def test_the_penalty_is_half_the_strength_times_the_squares_of_the_weights():
    W, U, b = dr.parameter([[1.0, 2.0]], "W"), dr.parameter([[3.0], [-1.0]], "U"), dr.parameter([100.0], "b")
    run = dr.backprop(dr.l2_penalty([W, U, b], 0.5), {})
    assert run.value("L2 penalty") == 0.25 * (1 + 4 + 9 + 1)


def test_the_gradient_is_the_strength_times_the_weight_and_biases_are_left_alone():
    network = dr.Network([dr.Dense(4, 3, "tanh"), dr.Dense(3, 2)])
    network.parameters["dense1.bias"].value += 5
    x = network.input_node()
    data = dr.sum(network(x))
    feeds = {"inputs": np.random.default_rng(0).normal(size=(6, 4))}
    plain = dr.backprop(data, feeds)
    penalised = dr.backprop(data + dr.l2_penalty(network.parameters.values(), 0.3), feeds)
    for name, parameter in network.parameters.items():
        expected = 0.3 * parameter.value.astype(float) if name.endswith("weight") else 0.0
        added = penalised.gradient(parameter) - plain.gradient(parameter)
        np.testing.assert_allclose(added, np.broadcast_to(expected, parameter.shape), rtol=1e-12, atol=1e-14)


def test_a_strength_of_0_and_no_weights_cost_nothing():
    W = dr.parameter([[1.0, 2.0]])
    assert dr.backprop(dr.l2_penalty([W], 0.0), {}).gradient(W).tolist() == [[0, 0]]
    assert dr.backprop(dr.l2_penalty([], 1.0), {}).value("L2 penalty") == 0


def test_a_negative_strength_is_refused():
    with pytest.raises(InputError, match=r"^the L2 strength must be at least 0, not -0.1$"):
        dr.l2_penalty([], -0.1)
