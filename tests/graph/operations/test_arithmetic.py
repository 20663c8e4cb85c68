import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes

import deltarule as dr
from deltarule.checking import gradient_check

BINARY = {
    "add": (lambda x, y: x + y, np.add),
    "subtract": (lambda x, y: x - y, np.subtract),
    "multiply": (lambda x, y: x * y, np.multiply),
    "divide": (lambda x, y: x / y, np.divide),
    "maximum": (dr.maximum, np.maximum),
}


@pytest.mark.parametrize("name", BINARY)
@given(shapes=mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3), seed=st.integers(0, 99))
def test_broadcasting_follows_numpy_and_backward_sums_over_it(name, shapes, seed):
    build, of_numpy = BINARY[name]
    random = np.random.default_rng(seed)
    x, y = (random.uniform(0.5, 2, shape) * random.choice([-1, 1], shape) for shape in shapes.input_shapes)
    p, q = dr.parameter(x, "x"), dr.parameter(y, "y")
    node = build(p, q)
    assert node.shape == shapes.result_shape
    loss = dr.sum(node * random.normal(size=node.shape))
    run = dr.backprop(loss)
    np.testing.assert_array_equal(run.values[node], of_numpy(x, y))
    assert (np.shape(run.gradient(p)), np.shape(run.gradient(q))) == (x.shape, y.shape)
    report = gradient_check(loss)
    assert [check.verdict for check in report.checks] == ["agrees", "agrees"]


def test_gradients_of_scalars_by_hand():
    x, y = dr.input("x"), dr.input("y")
    run = dr.backprop(x * y, {"x": 4.0, "y": -3.0})
    assert (run.value(run.order[-1]), run.gradient(x), run.gradient(y)) == (-12.0, -3.0, 4.0)
    run = dr.backprop(x / y, {"x": 3.0, "y": 2.0})
    assert (run.gradient(x), run.gradient(y)) == (0.5, -0.75)
    assert dr.backprop(x**-2, {"x": 2.0}).gradient(x) == -0.25
    assert dr.backprop(x**0, {"x": 0.0}).gradient(x) == 0.0
    assert dr.backprop(dr.log(x), {"x": 4.0}).gradient(x) == 0.25
    assert dr.backprop(dr.exp(x), {"x": 0.0}).gradient(x) == 1.0


def test_maximum_at_a_tie_sends_the_signal_to_the_first():
    x, y = dr.input("x"), dr.input("y")
    run = dr.backprop(dr.maximum(x, y), {"x": 2.0, "y": 2.0})
    assert (run.gradient(x), run.gradient(y)) == (1.0, 0.0)


def test_zero_signals_are_not_shown_as_minus_zero():
    x, y = dr.input("x"), dr.input("y")
    run = dr.backprop(dr.maximum(0.0, x - y), {"x": 1.0, "y": 2.0})
    assert np.signbit(run.gradient(y)) == np.False_
