import numpy as np
import pytest

import deltarule as dr

RANDOM = np.random.default_rng(0)
INPUTS = RANDOM.normal(size=(300, 4))
TARGETS = (INPUTS[:, 0] * INPUTS[:, 1] > 0).astype(int)


def watched(layers, rule, scale=1.0, **settings):
    """Train, and return the network and what a watch saw."""
    net, watch = dr.Network(layers, seed=1), dr.TrainingWatch()
    data = {"inputs": INPUTS * scale, "targets": TARGETS}
    dr.train(net, dr.SoftmaxCrossEntropy(), data, epochs=3, update_rule=rule, watch=watch, **settings)
    return net, watch


def test_the_figures_are_those_of_the_network():
    net, watch = watched([dr.Dense(4, 8, activation="tanh"), dr.Dense(8, 2)], dr.SGD(0.1))
    assert [None if o.epoch is None else o.epoch.number for o in watch.observations] == [None, 1, 2, 3]
    hidden, output = watch.observations[-1].layers
    W, b = net.parameters["dense1.weight"].value, net.parameters["dense1.bias"].value
    a = np.tanh(INPUTS @ W.T + b)
    assert (hidden.name, hidden.function, hidden.neurons) == ("dense1", "tanh", 8)
    assert hidden.activation_mean == pytest.approx(a.mean(), rel=1e-4)
    assert hidden.activation_deviation == pytest.approx(a.std(), rel=1e-4)
    assert hidden.saturated == pytest.approx((1 - a * a < 0.05).mean(), abs=1e-3)
    assert hidden.dead is output.saturated is None
    counts, edges = hidden.activations
    assert sum(counts) == a.size
    assert edges[0] == pytest.approx(a.min(), rel=1e-4)
    assert edges[-1] == pytest.approx(a.max(), rel=1e-4)
    scores = net.predict(INPUTS).astype(float)
    softmax = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    delta = softmax - np.eye(2)[TARGETS]
    assert output.signal == pytest.approx(np.sqrt((delta**2).mean()), rel=1e-3)
    slope = 1 - a * a
    below = slope * (delta @ net.parameters["dense2.weight"].value)
    assert hidden.signal == pytest.approx(np.sqrt((below**2).mean()), rel=1e-3)
    gradient = below.T @ INPUTS / len(INPUTS)
    expected = 0.1 * np.sqrt((gradient**2).mean()) / np.sqrt((W**2).mean())
    assert hidden.update_ratio == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("rule", [dr.SGD(0.1), dr.Adam(0.01), dr.Momentum(0.1)])
def test_a_watch_changes_nothing(rule):
    layers = [dr.Dense(4, 8, activation="tanh"), dr.Dropout(0.2), dr.Dense(8, 2)]
    net, _ = watched(layers, rule)
    again = dr.Network(
        [dr.Dense(4, 8, activation="tanh"), dr.Dropout(0.2), dr.Dense(8, 2)],
        seed=1,
    )
    dr.train(again, dr.SoftmaxCrossEntropy(), {"inputs": INPUTS, "targets": TARGETS}, epochs=3, update_rule=rule)
    for name, parameter in net.parameters.items():
        assert (parameter.value == again.parameters[name].value).all()


def test_the_change_of_a_step_is_what_the_step_changes():
    w = dr.parameter([1.0, -2.0], "w")
    loss = dr.sum(w * w)
    trainer = dr.Trainer(loss, dr.Adam(0.1), compiled=False)
    for _ in range(3):
        before = w.value.copy()
        change = trainer.changes_of_a_step({w: dr.backprop(loss, dtype=np.float32).gradient(w)})[w]
        assert (w.value == before).all()
        trainer.step()
        assert w.value - before == pytest.approx(change, rel=1e-6)


def test_a_training_that_goes_well_has_no_warnings():
    assert watched([dr.Dense(4, 8, activation="tanh"), dr.Dense(8, 2)], dr.Adam(0.001))[1].warnings() == []


@pytest.mark.parametrize(
    ("layers", "rule", "scale", "warning"),
    [
        ([dr.Dense(4, 8, activation="tanh"), dr.Dense(8, 2)], dr.Adam(0.01), 50, "activations of dense1 are saturated"),
        ([dr.Dense(4, 16, activation="relu"), dr.Dense(16, 2)], dr.SGD(30.0), 1, "neurons of dense1 are dead"),
        ([dr.Dense(4, 8, activation="tanh"), dr.Dense(8, 2)], dr.SGD(1e-8), 1, "raise the learning rate"),
        (
            [
                dr.Dense(4, 8, activation="sigmoid"),
                *[dr.Dense(8, 8, activation="sigmoid") for _ in range(6)],
                dr.Dense(8, 2),
            ],
            dr.SGD(0.1),
            1,
            "error signals vanish on the way down: at dense1",
        ),
        ([dr.Dense(4, 8, activation="tanh"), dr.Dense(8, 2)], dr.SGD(100.0), 1, "lower the learning rate, or clip"),
    ],
)
def test_what_looks_wrong_is_said_in_words(layers, rule, scale, warning):
    assert any(warning in said for said in watched(layers, rule, scale)[1].warnings())


def test_max_margin_networks_are_watched_in_both_windows():
    net, watch = dr.Network([dr.Dense(4, 8, activation="sigmoid"), dr.Dense(8, 1)]), dr.TrainingWatch()
    dr.train(net, dr.MaxMargin(), {"inputs": INPUTS, "corrupted": -INPUTS}, epochs=1, watch=watch)
    hidden, _ = watch.observations[-1].layers
    assert sum(hidden.activations[0]) == 2 * 300 * 8
