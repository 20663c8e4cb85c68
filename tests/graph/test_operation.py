"""Every operation, by the samples that it declares: new ones are tested as soon as they are defined."""

import numpy as np
import pytest

import deltarule as dr
from deltarule.checking import gradient_check
from deltarule.execution import reference
from deltarule.graph import OPERATIONS, Constant, Elementwise, Parameter, RowSignal, apply

SAMPLES = [
    pytest.param(operation, inputs, id=f"{name}-{number}")
    for name, kind in OPERATIONS.items()
    for number, (operation, inputs) in enumerate(kind.samples(np.random.default_rng(7)))
]
every_sample = pytest.mark.parametrize(("operation", "inputs"), SAMPLES)


def graph_of(operation, inputs):
    """Return an operation on parameters and ids, and a loss that gives each entry of its output its own signal."""
    leaves = [
        Constant(value, integer=True) if position in operation.integer_inputs else Parameter(value, f"input {position}")
        for position, value in enumerate(inputs)
    ]
    node = apply(operation, *leaves)
    weights = np.random.default_rng(11).normal(size=operation.forward(*inputs).shape)
    return leaves, node, dr.sum(node * weights)


def with_gradient(leaves, loss):
    """Return the names of the leaves whose gradient is not zero everywhere."""
    run = dr.backprop(loss)
    return {leaf.name for leaf in leaves if isinstance(leaf, Parameter) and np.any(run.gradient(leaf))}


@every_sample
def test_shape_rule_agrees_with_forward(operation, inputs):
    assert operation.output_shape(*(value.shape for value in map(np.asarray, inputs))) == (
        operation.forward(*map(np.asarray, inputs)).shape
    )


@pytest.mark.parametrize(
    ("operation", "inputs"), [s for s in SAMPLES if len(s.values[1]) > len(s.values[0].integer_inputs)]
)
def test_gradient_agrees_with_central_differences(operation, inputs):
    _, _, loss = graph_of(operation, inputs)
    report = gradient_check(loss, tolerance=1e-6)
    for check in report.checks:
        assert check.verdict == "agrees"
        assert check.checked == check.total
        assert check.worst.relative_error <= 1e-6


@every_sample
def test_single_precision_stays_single(operation, inputs):
    _, node, loss = graph_of(operation, inputs)
    run = dr.backprop(loss, dtype=np.float32)
    assert run.values[node].dtype == np.float32
    for own, signal in run.signals.items():
        assert reference.dense(signal).dtype == np.float32, own


@every_sample
def test_backward_leaves_its_inputs_unchanged(operation, inputs):
    _, _, loss = graph_of(operation, inputs)
    run = reference.forward([loss])
    before = {own: value.copy() for own, value in run.values.items()}
    reference.backward(run, loss)
    for own, value in run.values.items():
        np.testing.assert_array_equal(value, before[own])


@pytest.mark.parametrize(("operation", "inputs"), [s for s in SAMPLES if s.values[0].forward(*s.values[1]).ndim])
def test_a_signal_in_some_rows_is_shared_out_as_a_whole_one(operation, inputs):
    _, node, _ = graph_of(operation, inputs)
    values = reference.forward([node]).values
    count = len(values[node])
    rows = np.array([count - 1, 0, count - 1])  # as a row lookup leaves them: unordered, and one twice
    signal = RowSignal(rows, np.random.default_rng(3).normal(size=(3, *values[node].shape[1:])), values[node].shape)
    whole = operation.backward(signal.dense(), values[node], *(values[source] for source in node.inputs))
    shared = reference.local_signals(node, signal, values)
    for source, expected, actual in zip(node.inputs, whole, shared, strict=True):
        if expected is not None:
            expected = reference.sum_to_shape(reference.dense(expected), values[source].shape)
            np.testing.assert_allclose(reference.dense(actual), expected, rtol=1e-12, atol=1e-12)


# Deliberately wrong local gradients


# A gradient that is zero everywhere (one-hot labels, x⁰) cannot be scaled wrong.
SENSITIVE = [sample for sample in SAMPLES if with_gradient(*graph_of(*sample.values)[::2])]


def test_every_operation_but_one_hot_has_a_gradient_to_spoil():
    ours = {kind for kind in OPERATIONS.values() if kind.__module__.startswith("deltarule.")}
    assert ours - {type(sample.values[0]) for sample in SENSITIVE} == {OPERATIONS["one_hot"]}


def changed(contribution, change):
    if contribution is None:
        return None
    if isinstance(contribution, RowSignal):
        return RowSignal(contribution.rows, change(contribution.values), contribution.shape)
    return change(np.asarray(contribution))


@pytest.mark.parametrize(
    "change", [lambda c: 1.01 * c, lambda c: -c, lambda c: c + 0.01], ids=["1.01", "sign", "shift"]
)
@pytest.mark.parametrize(("operation", "inputs"), SENSITIVE)
def test_a_wrong_local_gradient_is_caught(operation, inputs, change, monkeypatch):
    leaves, _, loss = graph_of(operation, inputs)
    spoilt = with_gradient(leaves, loss)
    right = type(operation).backward

    def wrong(self, signal, output, *values):
        # The loss sums and weighs by operations of its own: only the one under test is spoilt.
        contributions = right(self, signal, output, *values)
        return tuple(changed(c, change) for c in contributions) if self is operation else contributions

    monkeypatch.setattr(type(operation), "backward", wrong)
    report = gradient_check(loss)
    assert not report
    assert spoilt <= {check.name for check in report.checks if check.verdict == "wrong"}


FORGETTABLE = [
    pytest.param(*sample.values, position, id=f"{sample.id}-input{position}")
    for sample in SAMPLES
    for position in range(len(sample.values[1]))
    if f"input {position}" in with_gradient(*graph_of(*sample.values)[::2])
]


@pytest.mark.parametrize(("operation", "inputs", "forgotten"), FORGETTABLE)
def test_a_forgotten_signal_is_caught(operation, inputs, forgotten, monkeypatch):
    _, _, loss = graph_of(operation, inputs)
    right = type(operation).backward

    def wrong(self, signal, output, *values):
        contributions = list(right(self, signal, output, *values))
        if self is operation:
            contributions[forgotten] = None
        return tuple(contributions)

    monkeypatch.setattr(type(operation), "backward", wrong)
    report = gradient_check(loss)
    verdicts = {check.name: check.verdict for check in report.checks}
    assert verdicts.pop(f"input {forgotten}") == "wrong"
    assert set(verdicts.values()) <= {"agrees"}


def first_of_what_was_broadcast(signal, shape):
    added = signal.ndim - len(shape)
    kept = signal[(0,) * added]
    return kept[tuple(slice(0, 1) if size == 1 else slice(None) for size in shape)]


BROADCAST = [
    sample
    for sample in SAMPLES
    if isinstance(sample.values[0], Elementwise) and len({value.shape for value in sample.values[1]}) > 1
]


@pytest.mark.parametrize(("operation", "inputs"), BROADCAST)
def test_a_dropped_sum_over_what_was_broadcast_is_caught(operation, inputs, monkeypatch):
    _, _, loss = graph_of(operation, inputs)
    monkeypatch.setattr(reference, "sum_to_shape", first_of_what_was_broadcast)
    report = gradient_check(loss)
    output_shape = operation.forward(*inputs).shape
    for check in report.checks:
        assert check.verdict == ("agrees" if check.shape == output_shape else "wrong")
