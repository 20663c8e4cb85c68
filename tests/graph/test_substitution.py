import numpy as np
import pytest

import deltarule as dr
from deltarule.errors import InputError, ShapeError
from deltarule.graph import DropoutMask, topological_order
from deltarule.graph.substitution import substitute


def test_the_new_graph_computes_on_the_new_nodes_and_shares_parameters():
    x, y = dr.input("x", ("batch", 2)), dr.input("y", ("rows", 3))
    layer, other = dr.Dense(2, 2, name="own"), dr.Dense(3, 2, name="other")
    output = dr.tanh(layer(x)).named("top")
    again = substitute(output, {x: other(y)})
    assert (again.name, again.shape) == ("top", ("rows", 2))
    value = np.random.default_rng(0).normal(size=(4, 3))
    W, b, V, c = (part.parameter(name).value for part in (layer, other) for name in ("weight", "bias"))
    run = dr.backprop(again, {"y": value})
    np.testing.assert_allclose(run.value(again), np.tanh((value @ V.T + c) @ W.T + b), rtol=1e-6)
    assert layer.parameter("weight") in topological_order([again])


def test_what_depends_on_nothing_that_was_replaced_is_the_same_node():
    x, y, z = dr.input("x"), dr.input("y"), dr.input("z")
    kept = dr.exp(y)
    again = substitute(kept * x, {x: z})
    assert again.inputs == (kept, z)


def test_dropout_gets_a_mask_of_the_new_nodes_shape():
    x, y = dr.input("x", ("batch", 2)), dr.input("y", ("rows", 2))
    again = substitute(dr.dropout(x, 0.5), {x: y})
    mask = next(node for node in topological_order([again]) if isinstance(node, DropoutMask))
    assert (mask.like, mask.rate) == (y, 0.5)
    run = dr.backprop(again, {"y": np.ones((50, 2))}, seed=0)
    assert set(run.value(again).ravel().tolist()) == {0.0, 2.0}


def test_shapes_and_ids_must_fit():
    x = dr.input("x", ("batch", 2))
    with pytest.raises(ShapeError, match=r"'x' has the shape \(batch, 2\); 'y' of shape \(batch, 3\) cannot take"):
        substitute(x * x, {x: dr.input("y", ("batch", 3))})
    with pytest.raises(InputError, match="must both hold ids, or both hold numbers"):
        substitute(x * x, {x: dr.input("y", ("batch", 2), integer=True)})
