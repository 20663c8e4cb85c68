import itertools

import numpy as np
import pytest

import deltarule as dr
from deltarule.lab import boundary
from deltarule.lab.boundary import SIDE, BoundaryTraining
from deltarule.lab.checks import checked
from deltarule.lab.datasets import draw_points
from deltarule.lab.requests import TrainRequest
from deltarule.training.minibatches import Minibatches


def by_the_library(steps):
    """The same training, written with the library alone."""
    points, classes = draw_points("moons", 200, 0.08, seed=0)
    network = dr.Network([dr.Dense(2, 8, activation="tanh"), dr.Dense(8, 2)], seed=0)
    trainer = dr.Trainer(dr.SoftmaxCrossEntropy().loss(network), dr.Adam(0.02), compiled=False)
    random = np.random.default_rng(0)
    data = {"inputs": points, "targets": classes}
    batches = itertools.chain.from_iterable(Minibatches(data, 32, random) for _ in itertools.count())
    return network, data, [trainer.step(batch) for batch in itertools.islice(batches, steps)]


def test_steps_and_pictures_are_the_library_s_own():
    training = BoundaryTraining(TrainRequest())
    losses = training.step(20) + training.step(5)
    network, data, expected = by_the_library(25)
    assert losses == training.losses == expected
    state = training.state()
    grid = np.stack(np.meshgrid(SIDE, SIDE), axis=-1).reshape(-1, 2)
    scores = network.predict(grid).astype(float)
    probability = 1 / (1 + np.exp(scores[:, 0] - scores[:, 1]))
    assert np.ravel(state["grid"]) == pytest.approx(probability, abs=1e-4)
    run = dr.backprop(dr.SoftmaxCrossEntropy().loss(network), data)
    assert state["loss"] == pytest.approx(run.value("objective"), rel=1e-5)
    assert state["accuracy"] == (network.predict(data["inputs"]).argmax(axis=1) == data["targets"]).mean()
    signals = np.abs(run.gradient("dense1.preactivation")).sum(axis=0)
    assert [neuron["signal"] for neuron in state["layers"][0]] == pytest.approx(signals.tolist(), rel=1e-4)
    weight, bias = (network.parameters[f"dense1.{name}"].value.astype(float) for name in ("weight", "bias"))
    activations = np.tanh(grid @ weight.T + bias).reshape(len(SIDE), len(SIDE), -1)[::2, ::2]
    for i, neuron in enumerate(state["layers"][0]):
        assert np.array(neuron["picture"]) == pytest.approx(activations[..., i], abs=1e-4)


@pytest.mark.parametrize("data", ["moons", "circles", "xor"])
def test_a_network_learns_what_a_line_cannot(data):
    network = BoundaryTraining(TrainRequest(data=data, learning_rate=0.05))
    network.step(400)
    line = BoundaryTraining(TrainRequest(data=data, hidden=[], learning_rate=0.05))
    line.step(400)
    assert network.state()["accuracy"] > 0.95 > line.state()["accuracy"]
    assert line.state()["layers"] == []


@pytest.mark.parametrize("objective", ["softmax", "max-margin", "squared-error"])
@pytest.mark.parametrize("activation", ["sigmoid", "relu", "identity"])
def test_every_objective_and_activation_gets_better(objective, activation):
    request = TrainRequest(hidden=[6, 4], objective=objective, activation=activation, update_rule="momentum")
    training = BoundaryTraining(request)
    before = training.state()["loss"]
    training.step(100)
    state = training.state()
    assert state["loss"] < before
    assert [len(layer) for layer in state["layers"]] == [6, 4]
    assert checked(training.loss, training.data, 5, 0)["passed"]


def test_own_points():
    points = [(0.0, 0.0, 0), (0.5, 0.5, 1), (0.5, -0.5, 1), (-0.5, 0.5, 1), (-0.5, -0.5, 1)]
    training = BoundaryTraining(TrainRequest(data="points", points=points, learning_rate=0.1))
    training.step(200)
    assert training.state()["accuracy"] == 1.0


def test_kinks_are_found_where_points_lie_on_them():
    points = [(0.0, 0.0, 0), (0.5, 0.5, 1)]  # biases begin at 0, so every neuron is at its kink at the origin
    training = BoundaryTraining(TrainRequest(data="points", points=points, activation="relu"))
    report = checked(training.loss, training.data, 20, 0)
    found = {parameter["name"]: parameter for parameter in report["parameters"]}
    assert (report["passed"], found["dense1.bias"]["verdict"]) == (True, "kink")
    assert found["dense1.bias"]["kink"] == "relu (dense1.activation)"


def test_time_ends_a_request_early_and_steps_a_training(monkeypatch):
    training = BoundaryTraining(TrainRequest())
    monkeypatch.setattr(boundary, "LIMITS", boundary.LIMITS.__class__(seconds=0.0, all_steps=10))
    assert len(training.step(10)) == 1
    with pytest.raises(dr.InputError, match="may have 10 steps"):
        training.step(10)


def test_a_training_that_explodes_says_so_and_stays_as_it_was():
    training = BoundaryTraining(
        TrainRequest(activation="relu", objective="squared-error", update_rule="sgd", learning_rate=100)
    )
    with pytest.raises(dr.NonFiniteError, match="lower the learning rate"):
        training.step(200)
    assert np.isfinite(training.network.parameters["dense1.weight"].value).all()
