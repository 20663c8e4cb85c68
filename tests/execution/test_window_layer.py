"""The window layer shares its work out in different ways, by how many vectors and violators there are."""

import numpy as np
import pytest

import deltarule as dr
from deltarule.execution.plan import TrainingPlan
from deltarule.graph import Parameter, topological_order


@pytest.mark.parametrize("vectors", [20, 127, 128, 400])
@pytest.mark.parametrize("size", [1, 2, 5])
@pytest.mark.parametrize("margin", [None, 1e-3, 30.0])
def test_gradients_agree_with_the_reference(vectors, size, margin):
    random = np.random.default_rng(vectors + size)
    table, positions = (
        dr.parameter(random.normal(size=(vectors + 5, 6)), "table"),
        dr.input("p", ("t", size), integer=True),
    )
    ids, labels = dr.input("ids", ("n",), integer=True), dr.input("y", ("t",), integer=True)
    hidden, output = dr.Dense(6 * size, 34, activation="tanh"), dr.Dense(34, 3)
    scores = output(hidden.over_windows(dr.row_lookup(table, ids), positions))
    loss = (dr.SoftmaxCrossEntropy() if margin is None else dr.MultiClassMaxMargin(margin))(scores, labels)
    order = topological_order([loss])
    parameters = [node for node in order if isinstance(node, Parameter)]
    for parameter in parameters:
        parameter.value = np.array(parameter.value, np.float32)
    feeds = {
        "ids": random.permutation(vectors),
        "p": random.integers(0, vectors, (150, size)),
        "y": random.integers(0, 3, 150),
    }
    wanted = {node for node in order if node.operation is not None} | set(parameters)
    plan = TrainingPlan(loss, {parameter: [] for parameter in parameters}, wanted, 0, 0.0, threads=2)
    value, fine = plan.step(feeds, np.zeros(0, np.int32))
    run = dr.backprop(loss, feeds)
    assert fine
    assert value == pytest.approx(run.value(loss), rel=1e-5)
    if margin is not None:
        assert (plan.violators > 0.9) == (margin == 30.0)
    for parameter in parameters:
        expected = run.gradient(parameter)
        np.testing.assert_allclose(plan.gradient(parameter), expected, atol=2e-6 * max(1, np.abs(expected).max()))
