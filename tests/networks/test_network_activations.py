import math

import numpy as np
import pytest

import deltarule as dr
from deltarule.errors import InputError
from deltarule.networks.activations import ACTIVATIONS, activation_function

Z = np.array([[-3.0, -1.25, -0.5, 0.0, 0.25, 0.75, 2.5], [1.5, -0.125, 0.5, -2.0, 4.0, 0.0, -0.75]])


def by_entry(function):
    return lambda z: np.array([[function(entry) for entry in row] for row in z])


def softmax_rows(z):
    return np.array([[math.exp(entry) / sum(math.exp(other) for other in row) for entry in row] for row in z])


FORMULAS = {
    "identity": by_entry(lambda z: z),
    "sigmoid": by_entry(lambda z: 1 / (1 + math.exp(-z))),
    "tanh": by_entry(lambda z: (math.exp(z) - math.exp(-z)) / (math.exp(z) + math.exp(-z))),
    "hard_tanh": by_entry(lambda z: max(-1.0, min(1.0, z))),
    "soft_sign": by_entry(lambda z: z / (1 + abs(z))),
    "relu": by_entry(lambda z: max(0.0, z)),
    "leaky_relu": by_entry(lambda z: z if z > 0 else 0.01 * z),
    "softmax": softmax_rows,
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_is_the_formula_of_its_name(name):
    z = dr.input("z", ("batch", 7))
    run = dr.backprop(activation_function(name)(z * 1.0), {"z": Z})
    np.testing.assert_allclose(run.values[run.order[-1]], FORMULAS[name](Z), rtol=1e-14, atol=1e-16)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activations_gradient_is_the_slope_of_its_formula(name):
    away_from_kinks = np.where(np.isin(Z, (-1.0, 0.0, 1.0)), 0.3, Z)
    shares = np.random.default_rng(0).normal(size=Z.shape)
    z = dr.input("z", Z.shape)
    gradient = dr.backprop(dr.sum(shares * ACTIVATIONS[name](z)), {"z": away_from_kinks}).gradient(z)
    step = 1e-6
    for index in np.ndindex(Z.shape):
        nudge = np.zeros_like(Z)
        nudge[index] = step
        above, below = FORMULAS[name](away_from_kinks + nudge), FORMULAS[name](away_from_kinks - nudge)
        slope = (shares * (above - below)).sum() / (2 * step)
        assert gradient[index] == pytest.approx(slope, rel=1e-7, abs=1e-9)


def test_an_unknown_activation_is_refused_and_the_known_ones_are_listed():
    message = (
        "unknown activation 'swish'; choose one of: "
        "identity, sigmoid, tanh, hard_tanh, soft_sign, relu, leaky_relu, softmax"
    )
    with pytest.raises(InputError) as raised:
        activation_function("swish")
    assert str(raised.value) == message
    with pytest.raises(InputError, match="unknown activation 'swish'"):
        dr.Dense(2, 2, activation="swish")
