import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import deltarule as dr
from deltarule.checking import gradient_check
from deltarule.errors import InputError, ShapeError
from deltarule.execution.reference import backward, forward, silent_rows_dropped
from deltarule.graph import DropoutMask, RowSignal
from deltarule.graph.signals import dense

x = dr.input("x")
batch = dr.input("inputs", ("batch", 3))


# Values and signals


def test_a_product_of_two_numbers():
    y = dr.input("y")
    f = x * y
    run = dr.backprop(f, {"x": 4.0, "y": -3.0})
    assert (run.value(f), run.gradient(x), run.gradient(y)) == (-12.0, -3.0, 4.0)
    assert isinstance(run.value(f), float)
    # x is raised by a little h, and f falls by 3 h.
    assert dr.backprop(f, {"x": 4.001, "y": -3.0}).value(f) == pytest.approx(-12.003, abs=1e-12)


def test_a_node_used_several_times_gets_the_sum_of_its_signals():
    assert dr.backprop(x * x, {x: 3.0}).gradient(x) == 6.0
    assert dr.backprop(x * x * x, {x: 3.0}).gradient(x) == 27.0
    square = x * x
    run = dr.backprop(square + 3 * square + square * x, {x: 2.0})
    assert run.gradient(square) == 1 + 3 + 2
    assert run.gradient(x) == 6 * 4.0 + 4.0


def test_every_node_keeps_its_value_and_its_signal():
    z = (2.0 * x + 1.0).named("z")
    a = dr.sigmoid(z).named("a")
    run = dr.backprop(a * 3.0, {"x": 0.5})
    sigma = 1 / (1 + np.exp(-2.0))
    assert run.value("a") == pytest.approx(sigma, rel=1e-15)
    assert run.gradient("a") == 3.0
    assert run.error_signal("z") == run.gradient(z) == pytest.approx(3 * sigma * (1 - sigma), rel=1e-15)
    assert run.gradient("x") == pytest.approx(6 * sigma * (1 - sigma), rel=1e-15)


def test_an_array_is_differentiated_as_the_sum_of_its_entries():
    run = dr.backprop(batch * batch, {batch: [[1.0, 2.0, 3.0]]})
    assert run.gradient(batch).tolist() == [[2.0, 4.0, 6.0]]


def test_a_node_that_the_output_ignores_has_gradient_zero():
    y = dr.input("y", (2,))
    run = forward([x * 2.0, y * 2.0], {x: 1.0, y: [1.0, 2.0]})
    backward(run, run.order[run.order.index(x) + 2])
    assert run.gradient(x) == 2.0
    assert run.gradient(y).tolist() == [0.0, 0.0]


def test_only_wanted_signals_are_computed():
    p, q = dr.parameter(2.0, "p"), dr.parameter(3.0, "q")
    product = p * q
    run = forward([product])
    backward(run, product, wanted={product, p})
    assert run.gradient(p) == 3.0
    assert set(run.signals) == {product, p}


def test_named_dimensions_take_the_size_of_what_is_fed():
    weight = dr.parameter(np.ones((2, 3)))
    z = dr.linear(batch, weight)
    for size in (1, 4):
        run = dr.backprop(z, {batch: np.ones((size, 3))})
        assert run.value(z).shape == run.gradient(z).shape == (size, 2)
        assert run.gradient(weight).tolist() == [[size] * 3] * 2


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_run_has_one_precision(dtype):
    weight = dr.parameter(np.ones((2, 3), np.float64))
    loss = dr.mean(dr.maximum(0.0, 1.0 - dr.dropout(dr.tanh(dr.linear(batch, weight)), 0.5)))
    run = dr.backprop(loss, {batch: np.ones((4, 3))}, dtype=dtype, seed=1)
    assert {value.dtype for value in run.values.values()} == {np.dtype(dtype)}
    assert {dense(signal).dtype for signal in run.signals.values()} == {np.dtype(dtype)}


# Feeds


@pytest.mark.parametrize(
    ("feeds", "error", "message"),
    [
        ({}, InputError, "no array was given for input 'inputs'"),
        (
            {"inputs": np.ones((2, 3)), "y": 1},
            InputError,
            "the graph has no input 'y'; its inputs are: 'inputs', 'ids'",
        ),
        ({"inputs": [["a", "b", "c"]]}, InputError, "input 'inputs' takes numbers, not <U1"),
        (
            {"inputs": np.ones((2, 3)), "ids": [0.0, 1.0]},
            InputError,
            "input 'ids' holds ids or labels: whole numbers, not float64",
        ),
        (
            {"inputs": np.ones((2, 4))},
            ShapeError,
            "input 'inputs' was declared with shape (batch, 3), but an array of shape (2, 4) was given:"
            " dimension 3 is 3, not 4",
        ),
        (
            {"inputs": np.ones((2, 3)), "ids": [0]},
            ShapeError,
            "input 'ids' was declared with shape (batch,), but an array of shape (1,) was given:"
            " dimension 'batch' is 2, not 1",
        ),
    ],
)
def test_what_is_fed_must_fit(feeds, error, message):
    picked = dr.pick(batch, dr.input("ids", ("batch",), integer=True))
    with pytest.raises(error) as caught:
        dr.backprop(picked, feeds)
    assert str(caught.value) == message


def test_a_computed_node_is_not_fed():
    z = (2.0 * x).named("z")
    with pytest.raises(InputError, match=r"^'z' is computed from its inputs; feed those$"):
        dr.backprop(z * 3.0, {x: 1.0, z: 5.0})


def test_two_inputs_of_one_name_are_refused():
    with pytest.raises(InputError, match=r"^two inputs of the graph are both named 'x'; give each its own name$"):
        dr.backprop(x * dr.input("x"), {"x": 1.0})


def test_a_parameter_can_be_overridden_for_one_run():
    p = dr.parameter([1.0, 2.0], "p")
    assert dr.backprop(p * p, {p: [3.0, 4.0]}).gradient(p).tolist() == [6.0, 8.0]
    assert p.value.tolist() == [1.0, 2.0]
    with pytest.raises(ShapeError):
        dr.backprop(p * p, {p: [3.0]})


def test_asking_for_what_is_not_there():
    ids = dr.input("ids", ("batch",), integer=True)
    run = dr.backprop(dr.pick(batch, ids), {"inputs": np.ones((2, 3)), "ids": [0, 1]})
    with pytest.raises(InputError, match=r"^'ids' holds whole numbers \(ids or labels\), which have no gradient$"):
        run.gradient("ids")
    with pytest.raises(InputError, match=r"^the graph of this run has no node 'z'$"):
        run.value("z")
    twice = dr.backprop(dr.tanh(x).named("a") + dr.exp(x).named("a"), {x: 0.0})
    with pytest.raises(InputError, match=r"^2 nodes of this run are named 'a'; give the node itself$"):
        twice.value("a")


# Dropout


def test_dropout_depends_on_the_seed_alone_and_rests_without_one():
    feeds = {batch: np.ones((50, 3))}
    node = dr.dropout(batch, 0.5)
    first, again, other = (dr.backprop(node, feeds, seed=seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first.value(node), again.value(node))
    assert not np.array_equal(first.value(node), other.value(node))
    assert set(np.unique(first.value(node))) == {0.0, 2.0}
    np.testing.assert_array_equal(first.gradient(batch), first.value(node))
    assert dr.backprop(node, feeds).value(node).tolist() == np.ones((50, 3)).tolist()


def test_dropout_keeps_the_mean():
    node = dr.dropout(batch, 0.2)
    run = dr.backprop(node, {batch: np.ones((20_000, 3))}, seed=0)
    assert run.value(node).mean() == pytest.approx(1.0, abs=0.01)
    assert run.value(node).max() == pytest.approx(1.25, rel=1e-15)


def test_a_mask_can_be_fed():
    node = dr.dropout(batch, 0.5)
    mask = next(own for own in node.inputs if isinstance(own, DropoutMask))
    run = dr.backprop(node, {batch: [[1.0, 2.0, 3.0]], mask: [[0.0, 2.0, 2.0]]})
    assert run.value(node).tolist() == [[0.0, 4.0, 6.0]]


# No error, no work


def test_rows_without_a_signal_are_dropped_where_they_are_most():
    signal = np.zeros((5, 2))
    signal[[1, 3], 0] = 1, -1
    kept = silent_rows_dropped(signal)
    assert isinstance(kept, RowSignal)
    assert kept.rows.tolist() == [1, 3]
    np.testing.assert_array_equal(kept.dense(), signal)
    assert silent_rows_dropped(np.ones((5, 2))).shape == (5, 2)
    signal[2, 1] = np.nan
    assert isinstance(silent_rows_dropped(signal), np.ndarray)  # three of five; NaN is a signal


def test_an_objective_that_is_content_sends_no_signal_at_all():
    weight = dr.parameter(np.ones((2, 3)), "weight")
    loss = dr.mean(dr.maximum(0.0, 1.0 - dr.linear(dr.tanh(dr.linear(batch, weight)), dr.parameter(np.ones((1, 2))))))
    run = dr.backprop(loss, {batch: np.ones((4, 3))})
    assert run.value(loss) == 0.0
    assert run.gradient(weight).tolist() == np.zeros((2, 3)).tolist()
    assert run.gradient(batch).tolist() == np.zeros((4, 3)).tolist()


WIDTH, ROWS = 4, 12
LAYERS = {
    "affine": lambda h, random: dr.affine(
        h, dr.parameter(random.normal(size=(WIDTH, WIDTH))), dr.parameter(random.normal(size=WIDTH))
    ),
    "linear": lambda h, random: dr.linear(h, dr.parameter(random.normal(size=(WIDTH, WIDTH)))),
    "sigmoid": lambda h, random: dr.sigmoid(h),
    "tanh": lambda h, random: dr.tanh(h) * 2.0,
    "softmax over entries": lambda h, random: dr.softmax(h),
    "softmax over rows": lambda h, random: dr.softmax(h, axis=0),
    "dropout": lambda h, random: dr.dropout(h, 0.5),
    "scale": lambda h, random: h * dr.parameter(random.normal(size=WIDTH)),
    "scale rows": lambda h, random: h * dr.parameter(random.normal(size=(ROWS, 1))),
    "shift": lambda h, random: h + dr.parameter(random.normal(size=(1, WIDTH))),
    "residual": lambda h, random: h + dr.tanh(h),
    "reshape": lambda h, random: dr.reshape(
        dr.tanh(dr.reshape(h, (ROWS, 2, 2))) * dr.parameter(random.normal(size=(2, 2))), (ROWS, WIDTH)
    ),
    "reshape rows": lambda h, random: dr.reshape(dr.tanh(dr.reshape(h, (6, 2 * WIDTH))), (ROWS, WIDTH)),
    "concatenate": lambda h, random: dr.linear(
        dr.concatenate([h, dr.exp(-h * h)]), dr.parameter(random.normal(size=(WIDTH, 2 * WIDTH)))
    ),
    "concatenate rows": lambda h, random: dr.row_lookup(
        dr.concatenate([h, dr.parameter(random.normal(size=(2, WIDTH)))], axis=0), random.integers(0, ROWS + 2, ROWS)
    ),
    "lookup": lambda h, random: dr.row_lookup(h, random.integers(0, ROWS, ROWS)),
    "window": lambda h, random: dr.linear(
        dr.reshape(dr.row_lookup(h, random.integers(0, ROWS, (ROWS, 3))), (ROWS, 3 * WIDTH)),
        dr.parameter(random.normal(size=(WIDTH, 3 * WIDTH))),
    ),
    "centre": lambda h, random: h - dr.mean(h, axis=1, keepdims=True),
    "transpose": lambda h, random: dr.transpose(dr.transpose(h) * 2.0),
    "matmul": lambda h, random: h @ dr.parameter(random.normal(size=(WIDTH, WIDTH))),
}


def mostly_content_graph(names, margin, seed):
    """Stack layers on looked-up rows, under an objective that most rows satisfy."""
    random = np.random.default_rng(seed)
    table = dr.parameter(random.normal(size=(7, WIDTH)), "table")
    node = dr.row_lookup(table, random.integers(0, 7, ROWS))
    for name in names:
        node = LAYERS[name](node, random)
    scores = dr.linear(node, dr.parameter(random.normal(size=(3, WIDTH))))
    labels = random.integers(0, 3, ROWS)
    violation = dr.max(scores + 0.1, axis=1) - dr.pick(scores, labels)
    # Only the rows that err by more than the margin keep a signal.
    return dr.mean(dr.maximum(0.0, violation - margin))


@given(
    names=st.lists(st.sampled_from(sorted(LAYERS)), max_size=5),
    margin=st.sampled_from([0.0, 1.0, 2.0, 4.0]),
    seed=st.integers(0, 1000),
)
def test_work_saved_on_silent_rows_changes_no_gradient(names, margin, seed):
    loss = mostly_content_graph(names, margin, seed)
    saving = dr.backprop(loss, seed=seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("deltarule.execution.reference.silent_rows_dropped", lambda signal: signal)
        patch.setattr(
            "deltarule.graph.operations.arrangement.RowSignal",
            lambda rows, values, shape: RowSignal(rows, values, shape).dense(),
        )
        whole = dr.backprop(loss, seed=seed)
    assert not any(isinstance(signal, RowSignal) for signal in whole.signals.values())
    for node in saving.order:
        if saving.values[node].dtype.kind == "f":
            expected = whole.gradient(node)
            np.testing.assert_allclose(
                saving.gradient(node), expected, rtol=1e-12, atol=1e-12 * max(1.0, np.abs(expected).max())
            )


@pytest.mark.parametrize("name", LAYERS)
def test_each_layer_of_such_a_graph_passes_the_gradient_check(name):
    report = gradient_check(mostly_content_graph([name], 1.0, seed=2), sample=8)
    assert report, report


# Random graphs

UNARY = [dr.sigmoid, dr.tanh, dr.soft_sign, lambda n: dr.exp(0.3 * n), lambda n: dr.log(1.0 + n * n), lambda n: -n]
BINARY = [
    lambda a, b: a + b,
    lambda a, b: a - b,
    lambda a, b: a * b,
    lambda a, b: a / (2.0 + b * b),
    dr.maximum,
]


@st.composite
def expressions(draw):
    """Draw a small graph of elementwise operations, in which nodes are used more than once."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shapes = draw(st.lists(st.sampled_from([(), (3,), (2, 1), (2, 3)]), min_size=2, max_size=3))
    nodes = [dr.parameter(random.normal(size=shape), f"p{i}") for i, shape in enumerate(shapes)]
    for _ in range(draw(st.integers(1, 8))):
        pick = st.sampled_from(nodes)
        if draw(st.booleans()):
            nodes.append(draw(st.sampled_from(UNARY))(draw(pick)))
        else:
            nodes.append(draw(st.sampled_from(BINARY))(draw(pick), draw(pick)))
    return dr.sum(nodes[-1]) + dr.mean(nodes[len(shapes)])


@given(expressions())
def test_random_expressions_agree_with_central_differences(expression):
    report = gradient_check(expression, sample=4)
    assert report, report
