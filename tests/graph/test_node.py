import numpy as np
import pytest

import deltarule as dr
from deltarule.errors import InputError, ShapeError
from deltarule.graph import Constant, DropoutMask, Parameter, topological_order

x = dr.input("x", ("batch", 20))
h = dr.input("h", ("batch", 8))
v = dr.input("v", (3,))
ids = dr.input("ids", ("batch",), integer=True)
W = dr.parameter(np.ones((8, 20)), "W")
W2 = dr.parameter(np.ones((8, 19)), "W2")
b = dr.parameter(np.ones(7), "b")

SHAPE_ERRORS = [
    (lambda: x + h, "add(x: (batch, 20), h: (batch, 8)): dimensions 20 and 8 do not broadcast"),
    (lambda: x - v, "subtract(x: (batch, 20), v: (3,)): dimensions 20 and 3 do not broadcast"),
    (lambda: dr.maximum(x, h), "maximum(x: (batch, 20), h: (batch, 8)): dimensions 20 and 8 do not broadcast"),
    (lambda: x @ h, "matmul(x: (batch, 20), h: (batch, 8)): the inner dimensions 20 and batch differ"),
    (lambda: v @ dr.input("s"), "matmul(v: (3,), s: ()): both must be vectors or matrices"),
    (
        lambda: dr.linear(x, W2),
        "linear(x: (batch, 20), W2: (8, 19)): the input has 20 entries a row,"
        " but the weight (outputs, inputs) takes 19",
    ),
    (
        lambda: dr.linear(x, b),
        "linear(x: (batch, 20), b: (7,)): the input must have at least one axis, and the weight two",
    ),
    (
        lambda: dr.affine(x, W, b),
        "affine(x: (batch, 20), W: (8, 20), b: (7,)): the bias must have the weight's 8 outputs",
    ),
    (
        lambda: dr.reshape(x, ("batch", 3)),
        "reshape(x: (batch, 20)): (batch, 3) does not hold the same number of entries",
    ),
    (
        lambda: dr.reshape(dr.input("p", ("a", "b")), ("a", "b")),
        "reshape(p: (a, b)): the new shape (a, b) may have one named dimension at most",
    ),
    (
        lambda: dr.concatenate([x, v]),
        "concatenate(x: (batch, 20), v: (3,)): the inputs differ in another axis than -1",
    ),
    (
        lambda: dr.pick(x, dr.input("y", (3,), integer=True)),
        "pick(x: (batch, 20), y: (3,)): expected a matrix and one label for each of its rows",
    ),
    (
        lambda: dr.row_lookup(dr.input("s"), ids),
        "row_lookup(s: (), ids: (batch,)): the table must have at least one axis",
    ),
    (lambda: dr.sum(v, axis=1), "sum(v: (3,)): axis 1 is outside the 1 axes of shape (3,)"),
    (lambda: dr.softmax(v, axis=-2), "softmax(v: (3,)): axis -2 is outside the 1 axes of shape (3,)"),
    (
        lambda: dr.log_sum_exp(x, axis=2),
        "log_sum_exp(x: (batch, 20)): axis 2 is outside the 2 axes of shape (batch, 20)",
    ),
    (lambda: dr.sigmoid(x) + v, "add(sigmoid: (batch, 20), v: (3,)): dimensions 20 and 3 do not broadcast"),
]


@pytest.mark.parametrize(("build", "message"), SHAPE_ERRORS, ids=[message.split("(")[0] for _, message in SHAPE_ERRORS])
def test_shape_errors_name_operation_inputs_and_shapes(build, message):
    with pytest.raises(ShapeError) as caught:
        build()
    assert str(caught.value) == message


def test_shapes_are_known_before_anything_runs():
    scores = dr.affine(dr.sigmoid(dr.linear(x, W)), dr.parameter(np.ones((3, 8))), dr.parameter(np.ones(3)))
    assert scores.shape == ("batch", 3)
    assert dr.concatenate([x, h], axis=1).shape == ("batch", 28)
    assert dr.concatenate([v, dr.input("w", ("n",))], axis=0).shape == ("3+n",)
    assert dr.row_lookup(W, ids).shape == ("batch", 20)
    assert dr.reshape(x, ("batch", 5, 4)).shape == ("batch", 5, 4)
    assert dr.transpose(x).shape == (20, "batch")
    assert dr.one_hot(ids, 4).shape == ("batch", 4)
    assert dr.mean(x).shape == ()


def test_ids_and_numbers_are_not_mixed_up():
    with pytest.raises(InputError) as caught:
        dr.row_lookup(W, dr.input("words", ("batch",)))
    assert str(caught.value) == "row_lookup: its input 'words' must hold ids or labels, declared with integer=True"
    with pytest.raises(InputError) as caught:
        dr.sigmoid(ids)
    assert str(caught.value) == "sigmoid: its input 'ids' must hold numbers, not ids or labels"
    with pytest.raises(InputError, match=r"^expected a node or ids or labels \(whole numbers\), not \[0\.5\]"):
        dr.row_lookup(W, [0.5])
    with pytest.raises(InputError, match=r"^expected a node or a number or an array of numbers, not 'a'"):
        x + "a"


OPERATORS = [
    (lambda a, b: a + b, 5.0, (1.0, 1.0)),
    (lambda a, b: a - b, -1.0, (1.0, -1.0)),
    (lambda a, b: a * b, 6.0, (3.0, 2.0)),
    (lambda a, b: a / b, 2 / 3, (1 / 3, -2 / 9)),
    (lambda a, b: a**b, 8.0, (12.0, 8 * np.log(2))),
]


@pytest.mark.parametrize(("operator", "value", "slopes"), OPERATORS)
def test_operators_between_nodes_and_numbers(operator, value, slopes):
    p, q = dr.input("p"), dr.input("q")
    both = dr.backprop(operator(p, q), {p: 2.0, q: 3.0})
    assert both.value(both.order[-1]) == pytest.approx(value, rel=1e-15)
    assert (both.gradient(p), both.gradient(q)) == pytest.approx(slopes, rel=1e-14)
    left, right = operator(p, 3.0), operator(2.0, q)
    assert dr.backprop(left, {p: 2.0}).gradient(p) == pytest.approx(slopes[0], rel=1e-14)
    assert dr.backprop(right, {q: 3.0}).gradient(q) == pytest.approx(slopes[1], rel=1e-14)


def test_matrix_product_and_negation():
    a = np.array([[1.0, 2.0], [3.0, 4.0]])
    p = dr.parameter(a)
    assert dr.backprop(dr.sum(p @ np.array([1.0, -1.0]))).gradient(p).tolist() == [[1, -1], [1, -1]]
    assert dr.backprop(dr.sum(np.array([1.0, -1.0]) @ p)).gradient(p).tolist() == [[1, 1], [-1, -1]]
    assert dr.backprop(dr.sum(-p)).gradient(p).tolist() == [[-1, -1], [-1, -1]]
    assert dr.backprop(dr.sum(a * p)).gradient(p).tolist() == a.tolist()  # NumPy leaves array * node to the node


def test_leaves():
    assert Parameter([1, 2]).value.dtype == np.float64
    assert Parameter(np.ones(2, np.float32)).value.dtype == np.float32
    assert Constant(3).name == "3"
    assert Constant([1, 2], integer=True).value.dtype.kind == "i"
    with pytest.raises(InputError, match=r"^a dropout rate must be at least 0 and below 1, not 1\.0$"):
        DropoutMask(x, 1.0)
    assert dr.dropout(x, 0.0) is x


def test_names_and_descriptions():
    assert repr(dr.sigmoid(x)) == "<sigmoid (batch, 20)>"
    assert repr(dr.sigmoid(x).named("hidden")) == "<hidden (batch, 20)>"


def test_topological_order_lists_each_node_after_its_inputs():
    p = dr.input("p")
    square = p * p
    f = square + square * p
    order = topological_order([f, square])
    assert len(order) == len(set(order)) == 4
    for node in order:
        assert all(order.index(source) < order.index(node) for source in node.inputs)
    assert topological_order([f, square]) == order


def test_deep_graphs_need_no_recursion():
    p = dr.input("p")
    node = p
    for _ in range(5000):
        node = node + 1.0
    run = dr.backprop(node, {p: 1.0})
    assert (run.value(node), run.gradient(p)) == (5001.0, 1.0)
