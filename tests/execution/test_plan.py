"""Plans beside the reference: every operation by its own samples, what falls back, and what a plan gives back."""

import numpy as np
import pytest

import deltarule as dr
from deltarule.execution.compiler import RULES
from deltarule.execution.plan import ForwardPlan, NotCompiledError
from deltarule.execution.reference import forward
from deltarule.graph import OPERATIONS, DropoutMask, Parameter, apply
from deltarule.graph.operations.activations import Tanh
from deltarule.graph.operations.linear import Linear
from deltarule.graph.operations.reductions import LogSumExp, Mean

# Objectives that kernels compute only where they are the loss or a term of it (test_plan_sequences.py); elsewhere a
# graph with one of them runs on the reference interpreter.
FALL_BACK = {"sentence_likelihood", "structured_margin"}
# Kernels transpose matrices and vectors.
NOT_COMPILED = [("transpose", (2, 3, 4))]

SAMPLES = [
    pytest.param(operation, inputs, id=f"{name}-{number}")
    for name, kind in OPERATIONS.items()
    for number, (operation, inputs) in enumerate(kind.samples(np.random.default_rng(7)))
    if name not in FALL_BACK and (name, np.shape(inputs[0])) not in NOT_COMPILED
]
every_sample = pytest.mark.parametrize(("operation", "inputs"), SAMPLES)


def graph_of(operation, inputs):
    """Return an operation on inputs, the same on parameters, and feeds; ids are fed in both."""
    inputs = [np.asarray(value, np.int32 if np.asarray(value).dtype.kind in "iu" else np.float32) for value in inputs]
    integer = operation.integer_inputs
    fed = [dr.input(f"x{i}", value.shape, integer=i in integer) for i, value in enumerate(inputs)]
    trained = [fed[i] if i in integer else dr.parameter(value, f"w{i}") for i, value in enumerate(inputs)]
    feeds = {f"x{i}": value for i, value in enumerate(inputs)}
    return apply(operation, *fed), apply(operation, *trained), feeds


def test_every_operation_has_a_rule_or_stands_in_the_list_of_those_without():
    ours = {name for name, kind in OPERATIONS.items() if kind.__module__.startswith("deltarule.")}
    assert {name for name in ours if OPERATIONS[name] not in RULES} == FALL_BACK


@every_sample
def test_values_are_those_of_the_reference(operation, inputs):
    node, _, feeds = graph_of(operation, inputs)
    doubled = node + node  # so that the value of a reshape is computed and not just an input
    expected = forward([doubled], feeds).value(doubled)
    (found,) = ForwardPlan([doubled], threads=1)(feeds)
    assert (found.dtype, found.shape) == (np.float32, np.shape(expected))
    np.testing.assert_allclose(found, expected, rtol=2e-6, atol=1e-6)


@every_sample
def test_gradients_are_those_of_the_reference(plans, operation, inputs):
    _, node, feeds = graph_of(operation, inputs)
    weights = np.random.default_rng(11).normal(size=node.shape)
    scale = dr.parameter(1.0, "scale")  # the gradient of the labels of one_hot is none, but there has to be one
    own = {name: array for name, array in feeds.items() if int(name[1:]) in operation.integer_inputs}
    plans.check(dr.sum(node * weights * scale), own)


@every_sample
def test_a_second_use_adds_to_the_signal(plans, operation, inputs):
    """Rules that put their part where another stands already would lose one of them."""
    _, node, feeds = graph_of(operation, inputs)
    own = {name: array for name, array in feeds.items() if int(name[1:]) in operation.integer_inputs}
    loss = dr.sum(node * node) + dr.parameter(1.0) * dr.sum(node)
    for source in node.inputs:
        if isinstance(source, Parameter):
            loss = loss + dr.sum(source * source)
    plans.check(loss, own)


class OwnLinear(Linear):
    """An operation of a user, derived from one of ours; without a name of its own it is not entered."""

    def forward(self, x, weight):
        return 2 * super().forward(x, weight)

    def backward(self, signal, output, x, weight):
        return super().backward(2 * signal, output, x, weight)


class OwnTanh(Tanh):
    def forward(self, z):
        return 2 * np.tanh(z)

    def backward(self, signal, output, z):
        return (2 * signal * (1 - np.tanh(z) ** 2),)


class OwnMean(Mean):
    def forward(self, x):
        return 2 * super().forward(x)

    def backward(self, signal, output, x):
        return super().backward(2 * signal, output, x)


class OwnLogSumExp(LogSumExp):
    def forward(self, x):
        return 2 * super().forward(x)


x = dr.input("x", ("batch", 3))
ids = dr.input("ids", ("batch",), integer=True)
wide = dr.input("wide", ("batch", "forms"))
weight = dr.parameter(np.ones((2, 3), np.float32), "weight")
mask = DropoutMask(x, 0.5)
scores = dr.linear(x, weight)
WITHOUT_KERNELS = {
    "a transpose of three axes": dr.transpose(dr.reshape(x, (1, "batch", 3))),
    "rows joined to rows": dr.concatenate([x, x], axis=0),
    "columns of unknown number": dr.concatenate([wide, x]),
    "columns of unknown number beside rows of a table": dr.concatenate([dr.row_lookup(np.ones((3, 2)), ids), wide]),
    "arithmetic of five axes": dr.reshape(x, (1, 1, 1, "batch", 3)) * 2.0,
    "windows of unknown outputs": dr.window_affine(
        x, dr.input("p", ("tokens", 2), integer=True), dr.input("w", ("k", 6)), dr.input("b", ("k",))
    ),
    "a mask used twice": x * mask + (x * 2.0) * mask,
    "a mask of something else": (x + 1.0) * mask,
    "a mask by itself": dr.exp(DropoutMask(x, 0.5)) * x,
    "an operation derived from ours": apply(OwnLinear(), x, weight),
    "an activation derived from ours": apply(OwnTanh(), dr.linear(x, weight)),
    "a mean derived from ours": apply(OwnMean(), dr.log_sum_exp(scores, axis=1) - dr.pick(scores, ids)),
    "a reduction derived from ours": dr.mean(apply(OwnLogSumExp(1), scores) - dr.pick(scores, ids)),
}


@pytest.mark.parametrize("node", WITHOUT_KERNELS.values(), ids=WITHOUT_KERNELS)
def test_what_has_no_kernel_is_refused_and_not_computed_wrong(plans, node):
    with pytest.raises(NotCompiledError):
        plans.make((dr.sum(node) if node.shape else node) + dr.sum(weight))


@pytest.mark.parametrize("loss", [dr.parameter(1.0), dr.dropout(dr.parameter(1.0), 0.5)], ids=["leaf", "dropout"])
def test_a_loss_without_anything_to_compute_is_refused(plans, loss):
    with pytest.raises(NotCompiledError):
        plans.make(loss)


@pytest.mark.parametrize("value", [np.ones((2, 3)), np.ones((3, 2), np.float32).T], ids=["float64", "columns"])
def test_parameters_that_do_not_lie_as_kernels_read_them_are_refused(value):
    with pytest.raises(NotCompiledError, match="is not held in float32, in one piece"):
        ForwardPlan([dr.sum(dr.linear(x, dr.parameter(value)))])


def test_only_what_is_computed_can_be_asked_for():
    for node in (x, weight, dr.reshape(x, ("batch", 3, 1))):
        with pytest.raises(NotCompiledError, match="is not computed"):
            ForwardPlan([node])


class TestForwardPlan:
    def test_several_values_inside_and_outside_of_units(self):
        z = dr.affine(x, weight, dr.parameter(np.array([0.5, -0.5], np.float32)))
        a = dr.tanh(z)
        plan = ForwardPlan([z, a, dr.sum(a)], threads=1)
        for rows in (3, 1, 7):
            batch = np.random.default_rng(rows).normal(size=(rows, 3))
            found = plan({"x": batch})
            expected = batch.sum(axis=1)[:, None] + [0.5, -0.5]
            np.testing.assert_allclose(found[0], expected, rtol=2e-6, atol=1e-6)
            np.testing.assert_allclose(found[1], np.tanh(expected), rtol=2e-6, atol=1e-6)
            np.testing.assert_allclose(found[2], np.tanh(expected).sum(), rtol=2e-6, atol=1e-6)

    def test_nothing_is_dropped(self):
        plan = ForwardPlan([dr.dropout(x, 0.5) * 2.0, dr.dropout(dr.tanh(dr.linear(x, weight)), 0.5)], threads=1)
        found = plan({"x": np.full((4, 3), 0.1, np.float32)})
        np.testing.assert_allclose(found[0], np.full((4, 3), 0.2), rtol=1e-6)
        np.testing.assert_allclose(found[1], np.full((4, 2), np.tanh(0.3)), rtol=1e-6)


class TestGradientsOfTables:
    """Rows that no lookup names have gradient 0; all parts of a table's signal are added up."""

    TABLE = np.arange(12, dtype=np.float32).reshape(6, 2)

    def test_rows_named_twice_get_both_signals_and_others_none(self, plans):
        table, ids = dr.parameter(self.TABLE), dr.input("ids", ("batch",), integer=True)
        plan = plans.make(dr.sum(dr.row_lookup(table, ids) * dr.input("w", ("batch", 2))))
        plan.step({"ids": [4, 1, 4], "w": [[1, 2], [3, 4], [5, 6]]}, np.zeros(0))
        assert plan.gradient(table).tolist() == [[0, 0], [3, 4], [0, 0], [0, 0], [6, 8], [0, 0]]

    def test_a_table_read_twice_and_one_that_is_penalised_too(self, plans):
        table = dr.parameter(self.TABLE)
        first, second = (dr.input(name, ("batch", 2), integer=True) for name in ("first", "second"))
        loss = dr.sum(dr.exp(0.1 * dr.row_lookup(table, first))) + dr.mean(dr.row_lookup(table, second) ** 2)
        feeds = {"first": [[0, 5], [5, 2]], "second": [[5, 1], [1, 1]]}
        plans.check(loss, feeds)
        plans.check(loss + dr.l2_penalty([table], 0.5), feeds)

    def test_rows_written_into_the_columns_they_are_joined_to(self, plans):
        table, flat = dr.parameter(self.TABLE), dr.parameter(np.arange(6, dtype=np.float32))
        ids, pairs = dr.input("ids", ("batch",), integer=True), dr.input("pairs", ("batch", 2), integer=True)
        parts = [dr.row_lookup(table, ids), x, dr.row_lookup(flat, pairs), dr.row_lookup(table, ids)]
        loss = dr.sum(dr.tanh(0.1 * dr.affine(dr.concatenate(parts), np.ones((2, 9)), np.zeros(2))))
        random = np.random.default_rng(0)
        plan = None
        for rows in (2, 9, 1, 30):
            feeds = {
                "ids": random.integers(0, 6, rows),
                "pairs": random.integers(0, 6, (rows, 2)),
                "x": random.normal(size=(rows, 3)),
            }
            plan = plans.check(loss, feeds, plan=plan)
