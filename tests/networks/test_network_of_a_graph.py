"""Networks that are no stack of layers: any graph, trained by `Network.fit`."""

import numpy as np
import pytest

import deltarule as dr
from deltarule.errors import InputError


def siamese(seed=0):
    left, right = dr.input("left", ("batch", 4)), dr.input("right", ("batch", 4))
    encoder = dr.Network([dr.Dense(4, 8, "tanh", name="encoder")], seed=seed)
    return dr.Network(dr.sum((encoder(left) - encoder(right)) ** 2, axis=1)), encoder


def test_inputs_and_parameters_are_those_of_the_graph():
    network, encoder = siamese()
    assert [node.name for node in network.inputs] == ["left", "right"]
    assert network.parameters == encoder.parameters


def test_parameters_of_one_name_are_told_apart():
    x = dr.input("x", ("batch", 2))
    network = dr.Network(dr.Dense(2, 2)(dr.Dense(2, 2)(x)))
    assert list(network.parameters) == ["dense.weight", "dense.bias", "dense.weight #2", "dense.bias #2"]


def test_two_inputs_of_one_name_are_refused():
    with pytest.raises(InputError, match="each input of a network needs its own name; these have: 'x', 'x'"):
        dr.Network(dr.input("x") * dr.input("x"))


def test_a_network_of_a_graph_is_a_part_of_another():
    network, _ = siamese()
    a, b, c = (dr.input(name, ("batch", 4)) for name in "abc")
    output = network(a, b) - network(a, c)
    arrays = {name: np.random.default_rng(i).normal(size=(3, 4)) for i, name in enumerate("abc")}
    expected = network.predict({"left": arrays["a"], "right": arrays["b"]}) - network.predict(
        {"left": arrays["a"], "right": arrays["c"]}
    )
    np.testing.assert_allclose(dr.Network(output).predict(arrays), expected, rtol=1e-5, atol=1e-6)
    with pytest.raises(InputError, match=r"takes 2 nodes \(left, right\), not 1"):
        network(a)


def test_fit_by_an_objective_is_train():
    random = np.random.default_rng(0)
    x, labels = random.normal(size=(40, 3)), random.integers(0, 2, 40)
    one, other = (dr.Network([dr.Dense(3, 5, "tanh"), dr.Dense(5, 2)]) for _ in range(2))
    history = dr.train(one, dr.SoftmaxCrossEntropy(), {"inputs": x, "targets": labels}, epochs=3)
    assert other.fit(x, labels, epochs=3) is other
    assert [epoch.loss for epoch in other.history.epochs] == [epoch.loss for epoch in history.epochs]
    np.testing.assert_array_equal(one.predict(x), other.predict(x))


def test_numbers_are_compared_by_their_square_by_default_in_a_column_or_not():
    x = np.random.default_rng(0).normal(size=(40, 3))
    networks = [dr.Network([dr.Dense(3, 1)]).fit(x, y, epochs=2) for y in (x[:, 0], x[:, :1], np.arange(40))]
    assert networks[0].history.epochs[-1].loss == networks[1].history.epochs[-1].loss
    assert networks[2].history.epochs[0].loss > 100  # whole numbers, for a single output, are no labels


def test_a_function_or_a_node_is_an_objective_too():
    random = np.random.default_rng(0)
    data = {"left": random.normal(size=(30, 4)), "right": random.normal(size=(30, 4))}
    similar = (np.arange(30) % 2).astype(float)

    def contrast(distance, target):
        return dr.mean(target * distance + (1 - target) * dr.maximum(0.0, 1.0 - distance))

    one, _ = siamese()
    one.fit(data, similar, objective=contrast, epochs=5)
    other, _ = siamese()
    loss = contrast(other.output, dr.input("similar", ("batch",)))
    other.fit({**data, "similar": similar}, objective=loss, epochs=5)
    np.testing.assert_array_equal(one.predict(data), other.predict(data))
    assert one.history.epochs[-1].loss < one.history.epochs[0].loss
    assert dr.gradient_check(loss)


@pytest.mark.parametrize("objective", [dr.SoftmaxCrossEntropy(), dr.MultiClassMaxMargin()], ids=str)
def test_whole_weights_are_repeated_rows_in_the_loss_and_the_gradient(objective):
    random = np.random.default_rng(3)
    x, y, weights = random.normal(size=(12, 3)), random.integers(0, 3, 12), random.integers(0, 4, 12)
    network = dr.Network([dr.Dense(3, 4, "tanh"), dr.Dense(4, 3)])
    loss = objective.loss(network, weighted=True)
    weighed = dr.backprop(loss, {"inputs": x, "targets": y, "weights": weights * (12 / weights.sum())})
    repeated_loss = objective.loss(network)
    repeated = dr.backprop(repeated_loss, {"inputs": x.repeat(weights, axis=0), "targets": y.repeat(weights)})
    assert weighed.value(loss) == pytest.approx(repeated.value(repeated_loss), rel=1e-12)
    for parameter in network.parameters.values():
        np.testing.assert_allclose(weighed.gradient(parameter), repeated.gradient(parameter), rtol=1e-9, atol=1e-12)


def test_examples_may_have_weights():
    x, y = np.zeros((4, 1)), np.array([0.0, 0, 0, 8])
    network = dr.Network([dr.Dense(1, 1)])
    network.fit(x, y, weights=[0.0, 0, 2, 2], epochs=300, batch=4, update_rule=dr.SGD(0.2))
    assert network.predict([[0.0]])[0, 0] == pytest.approx(4.0, abs=1e-3)


def test_what_is_missing_is_asked_for():
    network, _ = siamese()
    data = {"left": np.zeros((2, 4)), "right": np.zeros((2, 4))}
    with pytest.raises(InputError, match="say what to make small: give targets, or an objective"):
        network.fit(data)
    with pytest.raises(InputError, match="compares the output with targets: give them"):
        network.fit(data, objective=lambda output, target: dr.mean(output - target))
    with pytest.raises(InputError, match="this network has 2 inputs: give a dict of arrays for 'left', 'right'"):
        network.predict(np.zeros((2, 4)))
    with pytest.raises(InputError, match="MaxMargin compares pairs, which have no weights"):
        dr.Network([dr.Dense(4, 1)]).fit({"inputs": data["left"]}, weights=[1, 1], objective=dr.MaxMargin())
