from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import deltarule as dr
from deltarule.explaining import trace_run

ACTIVATIONS = ["identity", "sigmoid", "tanh", "hard_tanh", "soft_sign", "relu", "leaky_relu"]


@pytest.fixture
def lecture():
    return dr.Network([dr.Dense(20, 8, activation="sigmoid"), dr.Dense(8, 1, bias=False)], seed=4)


def test_the_steps_are_those_of_the_lecture(lecture):
    x = np.random.default_rng(0).normal(size=20)
    trace = dr.trace(lecture, "dense1[3,14]", x)
    W, b = (lecture.parameters[f"dense1.{name}"].value.astype(float) for name in ("weight", "bias"))
    U = lecture.parameters["dense2.weight"].value.astype(float)[0]
    a = 1 / (1 + np.exp(-(W @ x + b)))
    assert [step.name for step in trace.steps] == ["signal", "share", "slope", "input"]
    factors = [1.0, U[3], a[3] * (1 - a[3]), x[14]]
    assert [step.factor or step.signal for step in trace.steps] == pytest.approx(factors, rel=1e-12)
    assert [step.signal for step in trace.steps] == pytest.approx(np.cumprod(factors), rel=1e-12)
    assert trace.gradient == pytest.approx(trace.backward, rel=1e-12)


@given(st.data())
def test_the_steps_lead_to_the_gradient_of_the_backward_pass_in_any_network(data):
    sizes = data.draw(st.lists(st.integers(1, 6), min_size=2, max_size=5))
    layers = []
    for inputs, outputs in pairwise(sizes):
        activation = data.draw(st.sampled_from(ACTIVATIONS))
        layers.append(dr.Dense(inputs, outputs, activation=activation, bias=data.draw(st.booleans())))
        if data.draw(st.booleans()):
            layers.append(dr.Dropout(0.3))
    net = dr.Network(layers, seed=data.draw(st.integers(0, 1000)))
    name, parameter = data.draw(st.sampled_from(sorted(net.parameters.items())))
    entry = tuple(data.draw(st.integers(0, size - 1)) for size in parameter.shape)
    output = data.draw(st.integers(0, sizes[-1] - 1))
    x = np.random.default_rng(data.draw(st.integers(0, 1000))).normal(size=sizes[0])

    trace = dr.trace(net, f"{name}[{', '.join(map(str, entry))}]", x, output=output)

    node = net.input_node()
    run = dr.backprop(dr.sum(net(node) * np.eye(sizes[-1])[output]), {node: x[None]})
    expected = run.gradient(parameter)[entry]
    assert trace.backward == pytest.approx(expected, rel=1e-9, abs=1e-12)
    assert trace.gradient == pytest.approx(expected, rel=1e-9, abs=1e-12)
    for step in trace.steps:
        if step.name == "share" and step.shares:
            assert sum(share.product for share in step.shares) == pytest.approx(step.signal, rel=1e-9, abs=1e-12)
            assert all(s.signal * s.factor == pytest.approx(s.product) for s in step.shares)


def test_a_neuron_that_fed_several_gets_the_sum_of_their_shares():
    net = dr.Network([dr.Dense(3, 2, activation="tanh"), dr.Dense(2, 4, activation="tanh"), dr.Dense(4, 1)], seed=1)
    trace = dr.trace(net, "dense1[1,2]", [0.5, -1.0, 2.0])
    share = next(step for step in trace.steps if step.name == "share")
    assert len(share.shares) == 4
    assert share.signal == pytest.approx(sum(s.product for s in share.shares))
    assert trace.gradient == pytest.approx(trace.backward, rel=1e-12)
    assert "the sum of the shares δ × dense2.weight[·, 1] of the 4 neurons that it fed" in str(trace)


def test_the_signals_of_an_objective_are_followed_too():
    net = dr.Network([dr.Dense(3, 4, activation="tanh"), dr.Dense(4, 3)], seed=2)
    random = np.random.default_rng(3)
    feeds = {"inputs": random.normal(size=(5, 3)), "targets": random.integers(0, 3, 5)}
    run = dr.backprop(dr.SoftmaxCrossEntropy().loss(net), feeds)
    traces = [dr.trace(run, "dense1[2,1]", row=row) for row in range(5)]
    assert sum(t.gradient for t in traces) == pytest.approx(run.gradient("dense1.weight")[2, 1], rel=1e-12)
    with pytest.raises(dr.InputError, match="5 examples: say with row="):
        dr.trace(run, "dense1[2,1]")


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        ("dense1", "layer\\[neuron, input\\]"),
        ("hidden[1,2]", "dense1.weight \\(8, 20\\), dense1.bias \\(8,\\), dense2.weight \\(1, 8\\)"),
        ("dense1[8,0]", "beyond the shape of dense1.weight, \\(8, 20\\)"),
        ("dense2.bias[0]", "no layer with a weight"),
    ],
)
def test_a_weight_that_is_not_there(lecture, weight, message):
    with pytest.raises(dr.InputError, match=message):
        dr.trace(lecture, weight, np.zeros(20))


def test_what_to_trace_must_be_clear(lecture):
    with pytest.raises(dr.InputError, match="one example"):
        dr.trace(lecture, "dense1[0,0]", np.zeros((2, 20)))
    with pytest.raises(dr.InputError, match="2 outputs: say with output="):
        dr.trace(dr.Network([dr.Dense(2, 2)]), "dense1[0,0]", [0.0, 0.0])
    run = dr.backprop(dr.MaxMargin().loss(lecture), {"inputs": np.ones((1, 20)), "corrupted": np.zeros((1, 20))})
    with pytest.raises(dr.InputError, match="used 2 times"):
        dr.trace(run, "dense1[0,0]")


def test_trace_run_names_outputs():
    net = dr.Network([dr.Dense(2, 2, activation="tanh")])
    node = net.input_node()
    output = net(node)
    run = dr.backprop(output, {node: [[1.0, 2.0]]})
    trace = trace_run(run, output, "dense1.bias[1]", outputs=["no", "yes"])
    assert trace.gradient == pytest.approx(run.gradient("dense1.bias")[1])
    assert trace.to_dict()["steps"][-1]["factor"] == 1.0
