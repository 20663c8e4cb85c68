"""The factorised affine map of windows equals the plain one: look up, lay end to end, multiply."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import deltarule as dr


@given(seed=st.integers(0, 10**6), forms=st.integers(1, 8), tokens=st.integers(1, 12), size=st.sampled_from([1, 3, 5]))
def test_values_and_gradients_are_those_of_lookup_reshape_and_affine(seed, forms, tokens, size):
    random = np.random.default_rng(seed)
    vectors = dr.parameter(random.normal(size=(forms, 2)), "vectors")
    weight, bias = dr.parameter(random.normal(size=(3, 2 * size)), "W"), dr.parameter(random.normal(size=3), "b")
    positions = random.integers(0, forms, (tokens, size))
    direction = random.normal(size=(tokens, 3))
    direction[random.random(tokens) < 0.7] = 0  # most rows silent, as under a margin that is kept

    factorised = dr.window_affine(vectors, positions, weight, bias)
    plain = dr.affine(dr.reshape(dr.row_lookup(vectors, positions), (tokens, 2 * size)), weight, bias)
    runs = [dr.backprop(dr.sum(z * direction)) for z in (factorised, plain)]
    np.testing.assert_allclose(runs[0].value(factorised), runs[1].value(plain), rtol=1e-12, atol=1e-12)
    for node in (vectors, weight, bias):
        np.testing.assert_allclose(runs[0].gradient(node), runs[1].gradient(node), rtol=1e-12, atol=1e-12)


def test_a_dense_layer_over_windows_is_the_layer_on_top_of_a_window_layer():
    layer = dr.Dense(6, 4, activation="tanh")
    vectors, positions = dr.input("vectors", ("forms", 2)), dr.input("positions", ("tokens", 3), integer=True)
    over = layer.over_windows(vectors, positions)
    on_top = layer(dr.Window(3)(dr.row_lookup(vectors, positions)))
    random = np.random.default_rng(0)
    feeds = {"vectors": random.normal(size=(5, 2)), "positions": random.integers(0, 5, (7, 3))}
    difference = dr.backprop(dr.sum(dr.absolute(over - on_top)), feeds)
    assert difference.value(over).shape == (7, 4)
    np.testing.assert_allclose(difference.value(over), difference.value(on_top), rtol=1e-12)


@pytest.mark.parametrize(
    ("vectors", "positions", "weight", "bias", "message"),
    [
        ((5, 2), (7, 3), (4, 8), (4,), "windows of 3 vectors of 2 numbers do not fit the weight (4, 8)"),
        ((5, 2), (7, 3), (4, 6), (3,), "the bias must have the weight's 4 outputs"),
        ((5,), (7, 3), (4, 6), (4,), "the vectors, the windows and the weight must have two axes each"),
    ],
)
def test_shapes_that_do_not_fit_are_refused_when_the_graph_is_built(vectors, positions, weight, bias, message):
    ids = dr.input("ids", positions, integer=True)
    with pytest.raises(dr.ShapeError) as error:
        dr.window_affine(dr.input("x", vectors), ids, dr.input("W", weight), dr.input("b", bias))
    assert str(error.value).endswith(message)
    assert str(error.value).startswith("window_affine(x: ")


def test_ids_outside_of_the_vectors_are_refused():
    z = dr.window_affine(np.zeros((2, 1)), np.array([[0, 1, 2]]), np.zeros((1, 3)), np.zeros(1))
    with pytest.raises(dr.InputError, match="ids of a window must be 0 to 1; found 0 to 2"):
        dr.backprop(z)
