import numpy as np
import pytest

import deltarule as dr
from deltarule.errors import InputError, ShapeError


def lecture(seed=0):
    return dr.Network([dr.Dense(20, 8, activation="sigmoid"), dr.Dense(8, 1, bias=False)], seed=seed)


def values(network):
    return {name: parameter.value for name, parameter in network.parameters.items()}


def test_layers_are_counted_by_kind_and_parameters_named_after_them():
    layers = [dr.Lookup(9, 2, window=3), dr.Window(3), dr.Dense(6, 4, "relu"), dr.Dropout(), dr.Dense(4, 2)]
    network = dr.Network(layers)
    assert [layer.name for layer in network.layers] == ["lookup1", "window1", "dense1", "dropout1", "dense2"]
    shapes = {name: parameter.shape for name, parameter in network.parameters.items()}
    assert shapes == {
        "lookup1.vectors": (9, 2),
        "dense1.weight": (4, 6),
        "dense1.bias": (4,),
        "dense2.weight": (2, 4),
        "dense2.bias": (2,),
    }
    assert all(name == parameter.name for name, parameter in network.parameters.items())


def test_given_names_are_kept():
    network = dr.Network([dr.Dense(3, 2, name="hidden"), dr.Dense(2, 1, bias=False)])
    assert list(network.parameters) == ["hidden.weight", "hidden.bias", "dense2.weight"]


@pytest.mark.parametrize("names", [("a", "a"), ("dense2", "")])
def test_two_layers_of_one_name_are_refused(names):
    message = f"two layers are both named '{names[0]}'; give each its own name"
    with pytest.raises(InputError, match=f"^{message}$"):
        dr.Network([dr.Dense(2, 2, name=name) for name in names])


def test_one_layer_may_stand_twice_and_shares_its_parameters():
    shared = dr.Dense(2, 2, bias=False)
    network = dr.Network([shared, shared])
    assert list(network.parameters) == ["dense1.weight"]
    shared.parameter("weight").value = np.array([[0.0, 2.0], [3.0, 0.0]], np.float32)
    assert network.predict([[1.0, 10.0]]).tolist() == [[6, 60]]


def test_a_layer_of_two_networks_is_shared_and_each_network_holds_what_it_computes_with():
    shared = dr.Dense(3, 4, "tanh", name="shared")
    first = dr.Network([shared, dr.Dense(4, 2)], seed=1)
    x = np.random.default_rng(0).normal(size=(2, 3))
    before = first.predict(x)
    second = dr.Network([shared, dr.Dense(4, 5)], seed=2)
    np.testing.assert_array_equal(first.predict(x), before)
    assert first.parameters["shared.weight"] is second.parameters["shared.weight"] is shared.parameter("weight")


def test_the_seed_decides_the_first_values():
    first, again, other = values(lecture(3)), values(lecture(3)), values(lecture(4))
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert not np.array_equal(first["dense1.weight"], other["dense1.weight"])


def test_layers_of_one_shape_begin_with_different_weights():
    network = dr.Network([dr.Dense(3, 3), dr.Dense(3, 3)])
    assert not np.array_equal(*(layer.parameter("weight").value for layer in network.layers))


def test_predict_is_the_hand_computation():
    network = dr.Network([dr.Dense(2, 2, "relu"), dr.Dense(2, 1)])
    for name, value in {
        "dense1.weight": [[1, -1], [2, 1]],
        "dense1.bias": [0.5, -1],
        "dense2.weight": [[3, -2]],
        "dense2.bias": [0.25],
    }.items():
        network.parameters[name].value = np.array(value, np.float32)
    # x = (1, 2): z = (−0.5, 3), a = (0, 3), output −6 + 0.25. x = (2, 0): z = (2.5, 3), output 7.5 − 6 + 0.25.
    outputs = network.predict([[1, 2], [2, 0]])
    assert outputs.dtype == np.float32
    assert outputs.tolist() == [[-5.75], [1.75]]


def test_predict_of_random_weights_agrees_with_numpy_in_double_precision():
    network = lecture()
    x = np.random.default_rng(1).normal(size=(6, 20))
    W, b, U = (value.astype(float) for value in values(network).values())
    np.testing.assert_allclose(network.predict(x), 1 / (1 + np.exp(-(x @ W.T + b))) @ U.T, rtol=1e-5, atol=1e-6)


def test_predict_takes_ids_where_the_network_begins_with_a_lookup():
    network = dr.Network([dr.Lookup(4, 2, window=2), dr.Window(2), dr.Dense(4, 1, bias=False)])
    network.parameters["lookup1.vectors"].value = np.arange(8, dtype=np.float32).reshape(4, 2)
    network.parameters["dense1.weight"].value = np.array([[1, 10, 100, 1000]], np.float32)
    assert network.predict([[3, 0], [1, 1]]).tolist() == [[6 + 70 + 0 + 1000], [2 + 30 + 200 + 3000]]


def test_an_empty_batch_gives_no_outputs():
    assert lecture().predict(np.zeros((0, 20))).shape == (0, 1)


def test_a_network_without_layers_is_refused():
    with pytest.raises(InputError, match=r"^a network needs at least one layer$"):
        dr.Network([])


def test_layers_that_do_not_fit_are_refused_when_the_network_is_made():
    with pytest.raises(ShapeError) as raised:
        dr.Network([dr.Dense(20, 8, "sigmoid"), dr.Dense(9, 1)])
    assert str(raised.value) == (
        "affine(dense1.activation: (batch, 8), dense2.weight: (1, 9), dense2.bias: (1,)): "
        "the input has 8 entries a row, but the weight (outputs, inputs) takes 9"
    )


@pytest.mark.parametrize(("layer", "kind"), [(dr.Window(3), "Window"), (dr.Dropout(), "Dropout")])
def test_a_network_cannot_begin_with_a_layer_of_unknown_input_size(layer, kind):
    message = f"a network cannot begin with a {kind} layer: its input's size is not known"
    with pytest.raises(InputError, match=f"^{message}$"):
        dr.Network([layer])


def test_inputs_of_the_wrong_width_are_refused_with_both_shapes():
    with pytest.raises(
        ShapeError, match=r"'inputs' was declared with shape \(batch, 20\), but an array of shape \(1, 3\)"
    ):
        lecture().predict([[1, 2, 3]])
