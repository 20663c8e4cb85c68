"""Which parts of a graph become one unit. That units compute what the graph says is tested in test_plan_units.py."""

import numpy as np
import pytest

import deltarule as dr
from deltarule.execution.rewrites import (
    ClassMargins,
    CrossEntropy,
    Layer,
    Masked,
    PairMargins,
    SequenceLikelihood,
    SequenceMargins,
    SquaredErrors,
    Unit,
    rewritten,
)
from deltarule.graph import DropoutMask, Input, topological_order

x = dr.input("x", ("batch", 4))
positions = dr.input("positions", ("tokens", 2), integer=True)
labels = dr.input("labels", ("batch",), integer=True)
weight, wide, bias = (dr.parameter(np.ones(shape)) for shape in ((3, 4), (3, 8), (3,)))
scale = dr.parameter(1.5, "scale")
scores = scale * dr.input("unscaled", ("batch", 3))
targets = dr.input("targets", ("batch", 3))
ACTIVATIONS = (None, dr.sigmoid, dr.tanh, dr.hard_tanh, dr.soft_sign, dr.relu, dr.leaky_relu)


def units(loss, outputs=()):
    """Return the units of a loss, after asserting that they cover the graph, each after those it needs."""
    order = topological_order([loss, *outputs])
    found = rewritten(order, outputs or [loss], loss)
    made = {node for node in order if node.operation is None}
    for unit in found:
        assert made.issuperset(unit.inputs)
        assert unit.output not in made
        made.add(unit.output)
    assert made.issuperset([loss, *outputs])
    return found


def kinds(loss, outputs=()):
    """Return the units but for single operations that stay as they are."""
    return [type(unit).__name__ for unit in units(loss, outputs) if type(unit) is not Unit]


def affine(kind):
    return {
        "linear": lambda: dr.linear(x, weight),
        "affine": lambda: dr.affine(x, weight, bias),
        "windows": lambda: dr.window_affine(x, positions, wide, bias),
    }[kind]()


class TestLayers:
    @pytest.mark.parametrize("dropped", [False, True])
    @pytest.mark.parametrize("activation", ACTIVATIONS)
    @pytest.mark.parametrize("kind", ["linear", "affine", "windows"])
    def test_a_layer_is_one_unit(self, kind, activation, dropped):
        z = affine(kind)
        a = activation(z) if activation else z
        output = dr.dropout(a, 0.5) if dropped else a
        unit, total = units(dr.sum(output))
        assert (type(unit), type(total)) == (Layer, Unit)
        assert (unit.output, unit.affine, unit.activation) == (output, z, a if activation else None)
        assert unit.inputs == z.inputs
        assert (unit.mask is not None) == dropped
        if dropped:
            assert unit.mask.like is a

    @pytest.mark.parametrize("dropped", [False, True])
    @pytest.mark.parametrize("activation", ACTIVATIONS)
    @pytest.mark.parametrize("first", [True, False])
    def test_what_is_added_to_windows_belongs_to_their_layer(self, first, activation, dropped):
        z, addend = affine("windows"), dr.linear(dr.input("context", ("tokens", 5)), np.ones((3, 5)))
        total = z + addend if first else addend + z
        a = activation(total) if activation else total
        other, unit, _ = units(dr.sum(dr.dropout(a, 0.5) if dropped else a))
        assert (type(other), other.output, type(unit)) == (Layer, addend, Layer)
        assert (unit.affine, unit.addend, unit.inputs) == (z, addend, (*z.inputs, addend))

    def test_what_is_added_of_another_shape_or_from_the_windows_themselves_does_not(self):
        z = affine("windows")
        for addend in (np.ones(3), dr.tanh(z)):
            assert all(unit.addend is None for unit in units(dr.sum(dr.tanh(z + addend))) if isinstance(unit, Layer))

    def test_layers_on_layers(self):
        hidden = dr.dropout(dr.tanh(affine("affine")), 0.5)
        assert kinds(dr.sum(dr.relu(dr.linear(hidden, np.ones((2, 3)))))) == ["Layer", "Layer"]

    def test_a_preactivation_that_is_used_elsewhere_stays(self):
        z = affine("affine")
        found = units(dr.sum(dr.tanh(z)) + dr.sum(z))
        assert [unit.output for unit in found if isinstance(unit, Layer)] == [z]

    def test_an_activation_that_is_used_elsewhere_stays(self):
        a = dr.tanh(affine("affine"))
        assert kinds(dr.sum(dr.dropout(a, 0.5)) + dr.sum(a)) == ["Layer", "Masked"]

    def test_a_node_that_is_asked_for_stays(self):
        z = affine("affine")
        a = dr.tanh(z)
        dropped = dr.dropout(a, 0.5)
        assert [unit.output for unit in units(dr.sum(dropped), [z, dropped])[:3]] == [z, a, dropped]
        assert kinds(dr.sum(dropped), [a, dropped]) == ["Layer", "Masked"]

    def test_an_activation_of_something_else_stays(self):
        assert kinds(dr.sum(dr.tanh(x + 1.0))) == []

    def test_a_softmax_is_no_activation_of_single_neurons(self):
        assert kinds(dr.sum(dr.softmax(affine("affine")))) == ["Layer"]

    def test_dropout_of_anything_else(self):
        for node in (x, x + 1.0, dr.tanh(x), dr.softmax(affine("affine"))):
            (masked,) = [unit for unit in units(dr.sum(dr.dropout(node, 0.5))) if isinstance(unit, Masked)]
            assert masked.inputs == (node,)
        on_the_left = DropoutMask(x, 0.5)
        assert kinds(dr.sum(on_the_left * x)) == ["Masked"]

    def test_masks_of_other_nodes_or_used_twice_stay(self):
        mask = DropoutMask(x, 0.5)
        assert kinds(dr.sum((x + 1.0) * mask)) == []
        assert kinds(dr.sum(x * mask) + dr.sum(x * mask)) == []


OBJECTIVES = {
    CrossEntropy: (dr.SoftmaxCrossEntropy()(scores, labels), (scores, labels)),
    ClassMargins: (dr.MultiClassMaxMargin(0.7)(scores, labels), (scores, labels)),
    SquaredErrors: (dr.SquaredError()(scores, targets), (scores, targets)),
    PairMargins: (dr.MaxMargin(0.7)(dr.sum(scores, axis=1), dr.sum(x, axis=1)), None),
}


class TestObjectives:
    @pytest.mark.parametrize("kind", OBJECTIVES)
    def test_an_objective_is_one_unit(self, kind):
        loss, inputs = OBJECTIVES[kind]
        unit = units(loss)[-1]
        assert type(unit) is kind
        assert unit.output is loss
        assert inputs is None or unit.inputs == inputs
        assert getattr(unit, "margin", 0.7) == 0.7

    def test_true_scores_come_before_corrupted_ones(self):
        s, s_c = dr.input("s", ("batch",)), dr.input("s_c", ("batch",))
        (unit,) = units(dr.MaxMargin()(s, s_c))
        assert unit.inputs == (s, s_c)

    @pytest.mark.parametrize("kind", OBJECTIVES)
    def test_an_objective_that_is_a_term_of_the_loss_is_one_unit(self, kind):
        loss = OBJECTIVES[kind][0]
        assert kinds(loss + dr.l2_penalty([weight], 0.1)) == [kind.__name__]
        assert kinds(1.0 + (dr.sum(weight) + loss)) == [kind.__name__]

    @pytest.mark.parametrize("kind", OBJECTIVES)
    def test_an_objective_with_another_signal_than_1_stays(self, kind):
        loss = OBJECTIVES[kind][0]
        for used in (2.0 * loss, loss - 1.0, dr.exp(loss), loss + loss, loss + loss * loss, dr.sum(loss + x)):
            assert kinds(used) == []

    @pytest.mark.parametrize("kind", OBJECTIVES)
    def test_without_a_loss_an_objective_stays(self, kind):
        loss = OBJECTIVES[kind][0]
        found = rewritten(topological_order([loss]), [loss])
        assert all(type(unit) is Unit for unit in found)

    @pytest.mark.parametrize("kind", OBJECTIVES)
    def test_an_objective_of_which_an_inner_node_is_used_or_asked_for_stays(self, kind):
        loss = OBJECTIVES[kind][0]
        inner = [
            node
            for node in topological_order([loss])
            if node.operation is not None and node is not loss and node not in topological_order(units(loss)[-1].inputs)
        ]
        assert inner
        for node in inner:
            assert kind.__name__ not in kinds(loss + dr.sum(node))
            assert kind.__name__ not in kinds(loss, [node, loss])

    def test_a_mean_of_something_else_stays(self):
        assert kinds(dr.mean(dr.sum(scores * scores, axis=1))) == []


SEQUENCES = {
    SequenceLikelihood: dr.SentenceLikelihood(dr.Transitions(3)),
    SequenceMargins: dr.StructuredMaxMargin(dr.Transitions(3), 0.7),
}


class TestSequences:
    @pytest.mark.parametrize("kind", SEQUENCES)
    def test_an_objective_of_sentences_is_one_unit_where_it_is_the_loss_or_a_term_of_it(self, kind):
        loss = SEQUENCES[kind](scores, labels, dr.input("lengths", ("sentences",), integer=True))
        for whole in (loss, loss + dr.l2_penalty([weight], 0.1)):
            (unit,) = [unit for unit in units(whole) if type(unit) is not Unit]
            assert (type(unit), unit.output, unit.inputs) == (kind, loss, loss.inputs)
            assert getattr(unit, "margin", 0.7) == 0.7
        for whole in (2.0 * loss, loss + loss, dr.exp(loss)):
            assert kinds(whole) == []


def margins(axis=1, margin=0.7, one=1.0, others=labels, first=None, augmented=None):
    """Return mean(max(s_y, max_j (s_j + Δ (1 − one-hot(y)_j))) − s_y), with a part exchanged."""
    true = dr.pick(scores, labels)
    augmented = scores + margin * (one - dr.one_hot(others, 3)) if augmented is None else augmented
    return dr.mean(dr.maximum(true if first is None else first, dr.max(augmented, axis=axis)) - true)


def squares(difference, factor=0.5):
    return factor * dr.sum(difference * difference, axis=1)


square, column = scale * dr.input("square", (3, 3)), dr.input("column", ("batch", 1))
own, other_labels = dr.input("own", (3,), integer=True), dr.input("other labels", ("batch",), integer=True)
s, s_c = (scale * dr.input(name, ("batch",)) for name in ("s", "s_c"))
NEAR_MISSES = {
    "log-sum-exp over rows": dr.mean(dr.log_sum_exp(square, axis=0) - dr.pick(square, own)),
    "log-sum-exp with its axis kept": dr.mean(dr.log_sum_exp(square, axis=1, keepdims=True) - dr.pick(square, own)),
    "log-sum-exp of all": dr.mean(dr.log_sum_exp(scores) - dr.pick(scores, labels)),
    "labels picked in other scores": dr.mean(dr.log_sum_exp(scores, axis=1) - dr.pick(targets, labels)),
    "cross entropy turned about": dr.mean(dr.pick(scores, labels) - dr.log_sum_exp(scores, axis=1)),
    "cross entropy summed up": dr.sum(dr.log_sum_exp(scores, axis=1) - dr.pick(scores, labels)),
    "squares times 0.7": dr.mean(squares(scores - targets, factor=0.7)),
    "squares over rows": dr.mean(0.5 * dr.sum((d := scores - targets) * d, axis=0)),
    "squares as a power": dr.mean(0.5 * dr.sum((scores - targets) ** 2, axis=1)),
    "products of two differences": dr.mean(0.5 * dr.sum((scores - targets) * (scores - 2.0 * targets), axis=1)),
    "squares averaged over all entries": dr.mean(0.5 * ((e := scores - targets) * e)),
    "targets that are computed": dr.SquaredError()(scores, scale * targets),
    "targets that are broadcast": dr.mean(squares(scores - column)),
    "a margin for the true label too": margins(one=2.0),
    "a negative margin": margins(margin=-0.7),
    "margins of other labels": margins(others=other_labels),
    "margins of another true score": margins(first=s),
    "margins without a true score": margins(augmented=scores + 0.7),
    "a hinge at 1": dr.mean(dr.maximum(1.0, 1.0 + s_c - s)),
    "a hinge turned about": dr.mean(dr.maximum(1.0 + s_c - s, 0.0)),
    "a margin behind the score": dr.mean(dr.maximum(0.0, s_c + 1.0 - s)),
    "a margin of each pair": dr.mean(dr.maximum(0.0, dr.input("margins", ("batch",)) + s_c - s)),
    "pairs of several scores": dr.mean(dr.maximum(0.0, 1.0 + scores - targets)),
    "pairs of a score with itself": dr.mean(dr.maximum(0.0, 1.0 + s - s)),
    "pairs summed up": dr.sum(dr.maximum(0.0, 1.0 + s_c - s)),
}


@pytest.mark.parametrize("loss", NEAR_MISSES.values(), ids=NEAR_MISSES)
def test_what_only_looks_like_an_objective_stays_and_is_right(plans, loss):
    assert kinds(loss) == []
    random = np.random.default_rng(2)
    feeds = {}
    for node in topological_order([loss]):
        if isinstance(node, Input):
            shape = tuple(5 if d == "batch" else d for d in node.shape)
            feeds[node.name] = random.integers(0, 3, shape) if node.integer else random.normal(size=shape)
    plans.check(loss, feeds)
