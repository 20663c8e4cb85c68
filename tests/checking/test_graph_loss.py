import numpy as np
import pytest

import deltarule as dr
from deltarule.checking.graph_loss import GraphLoss, leaves_of
from deltarule.graph import DropoutMask


def test_leaves_are_parameters_and_numbers_by_distinct_names():
    x, ids = dr.input("x", (3,)), dr.input("ids", (3,), integer=True)
    table, same = dr.parameter(np.ones((4, 3)), "table"), dr.parameter(np.ones(3), "table")
    nameless, other = dr.parameter(1.0), dr.parameter(2.0)
    leaves = leaves_of(dr.sum(dr.row_lookup(table, ids) * x * same * nameless * other))
    assert leaves == {"table": table, "x": x, "table #2": same, "parameter": nameless, "parameter #2": other}


def test_moving_an_array_moves_the_loss_and_not_the_parameter():
    p = dr.parameter(np.array([1.0, 2.0], np.float32), "p")
    loss = GraphLoss(dr.sum(p * p), {"p": p}, {}, seed=0)
    assert loss.arrays["p"].dtype == np.float64
    assert loss.evaluate().loss == 5.0
    loss.arrays["p"][0] = 3.0
    assert loss.evaluate().loss == 13.0
    assert p.value.tolist() == [1.0, 2.0]


def test_dropout_masks_are_drawn_once():
    p = dr.parameter(np.ones((30, 4)), "p")
    node = dr.dropout(p, 0.5)
    loss = GraphLoss(node, {"p": p}, {}, seed=3)
    assert loss.evaluate() == loss.evaluate()
    mask = next(own for own in loss.order if isinstance(own, DropoutMask))
    assert set(np.unique(loss.feeds[mask])) == {0.0, 2.0}
    np.testing.assert_array_equal(loss.gradients()["p"], loss.feeds[mask])


def test_a_fed_mask_and_a_fed_parameter_are_kept():
    p = dr.parameter(np.ones(3), "p")
    q = dr.parameter(np.ones(3), "q")
    node = dr.dropout(p, 0.5) * q
    mask = next(own for own in node.inputs[0].inputs if isinstance(own, DropoutMask))
    loss = GraphLoss(node, {"p": p}, {mask: np.array([0.0, 2.0, 2.0]), q: np.array([1.0, 2.0, 3.0])}, seed=0)
    assert loss.evaluate().loss == 10.0
    assert loss.gradients()["p"].tolist() == [0.0, 4.0, 6.0]


def test_a_parameter_outside_the_graph_has_gradient_zero():
    p, unused = dr.parameter(1.0, "p"), dr.parameter([1.0, 2.0], "unused")
    loss = GraphLoss(2.0 * p, {"p": p, "unused": unused}, {}, seed=0)
    assert loss.gradients()["unused"].tolist() == [0.0, 0.0]


def test_evaluation_names_the_first_operation_that_left_its_piece():
    x = dr.input("x", (2,))
    hidden = dr.relu(x).named("hidden")
    loss = GraphLoss(dr.sum(dr.absolute(hidden - 1.0)), {"x": x}, {x: [0.5, 2.0]}, seed=0)
    assert loss.evaluate().kink is None
    loss.arrays["x"][1] = 0.9
    assert loss.evaluate().kink == "absolute"
    loss.arrays["x"][0] = -0.1
    assert loss.evaluate().kink == "relu (hidden)"


def test_magnitude_sees_through_cancellation():
    x = dr.input("x")
    loss = GraphLoss((1000.0 + x) - 1000.0, {"x": x}, {x: 0.5}, seed=0)
    loss.gradients()
    assert loss.evaluate().loss == 0.5
    assert loss.magnitude() == pytest.approx(1000.5, rel=1e-12)


def test_rows_that_were_read():
    table, other = dr.parameter(np.ones((9, 2)), "table"), dr.parameter(np.ones(2), "other")
    node = dr.row_lookup(table, np.array([7, 1, 7])) * other + dr.row_lookup(table, np.array([2, 2, 2]))
    loss = GraphLoss(node, {"table": table, "other": other}, {}, seed=0)
    assert loss.read_rows("table").tolist() == [1, 2, 7]
    assert loss.read_rows("other") is None
