import math

import numpy as np
import pytest

import deltarule as dr
from deltarule.errors import InputError, ShapeError
from deltarule.execution.reference import forward
from deltarule.networks.activations import ACTIVATIONS

W = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
B = [0.5, -0.5, 0.25]
X = [[1.0, -1.0], [0.5, 0.25]]
Z = [[-0.5, -1.5, -0.75], [1.5, 2.0, 4.25]]  # W x + b, worked out by hand


def held(layer, **values):
    """The layer, with parameters set by hand."""
    for name, value in values.items():
        layer.parameter(name).value = np.array(value)
    return layer


def value_of(node, feeds, seed=None, dtype=np.float64):
    random = None if seed is None else np.random.default_rng(seed)
    return forward([node], feeds, random=random, dtype=dtype).values[node]


class TestDense:
    def test_each_neuron_weighs_every_input_and_adds_its_bias(self):
        layer = held(dr.Dense(2, 3), weight=W, bias=B)
        assert value_of(layer(layer.input_node("x")), {"x": X}).tolist() == Z

    def test_without_bias_z_is_the_weighted_sum_alone(self):
        layer = held(dr.Dense(2, 3, bias=False), weight=W)
        assert value_of(layer(layer.input_node("x")), {"x": X}).tolist() == [[-1, -1, -1], [1, 2.5, 4]]
        assert list(layer.parameters) == ["weight"]

    def test_the_activation_is_taken_of_each_z(self):
        layer = held(dr.Dense(2, 3, activation="tanh"), weight=W, bias=B)
        expected = [[math.tanh(z) for z in row] for row in Z]
        np.testing.assert_allclose(value_of(layer(layer.input_node("x")), {"x": X}), expected, rtol=1e-15)

    @pytest.mark.parametrize("activation", ACTIVATIONS)
    def test_preactivation_and_activation_can_be_read_by_name(self, activation):
        layer = held(dr.Dense(2, 3, activation=activation, name="hidden"), weight=W, bias=B)
        run = dr.backprop(dr.sum(layer(layer.input_node("x"))), {"x": X})
        assert run.value("hidden.preactivation").tolist() == Z
        if activation != "identity":
            z = dr.input("z", (2, 3))
            np.testing.assert_array_equal(
                run.value("hidden.activation"), value_of(ACTIVATIONS[activation](z), {"z": Z})
            )

    @pytest.mark.parametrize("shape", [(2,), ("batch", 2), ("batch", 5, 2)])
    def test_leading_axes_are_kept(self, shape):
        assert dr.Dense(2, 3)(dr.input("x", shape)).shape == (*shape[:-1], 3)

    def test_weight_is_outputs_by_inputs_in_single_precision_and_bias_begins_at_0(self):
        layer = dr.Dense(4, 3)
        weight, bias = layer.parameter("weight"), layer.parameter("bias")
        assert (weight.shape, weight.value.dtype, weight.name) == ((3, 4), np.float32, "dense.weight")
        assert (bias.value.tolist(), bias.value.dtype, bias.name) == ([0, 0, 0], np.float32, "dense.bias")

    @pytest.mark.parametrize(("activation", "initialisation", "bound"), [
        ("tanh", None, math.sqrt(6 / 500)),
        ("relu", None, math.sqrt(6 / 100)),
        ("tanh", "he", math.sqrt(6 / 100)),
        ("relu", "glorot", math.sqrt(6 / 500)),
    ])  # fmt: skip
    def test_first_weights_fill_the_bounds_of_their_initialisation(self, activation, initialisation, bound):
        weight = dr.Dense(100, 400, activation, initialisation=initialisation).parameter("weight").value
        assert 0.999 * bound < np.abs(weight).max() <= np.float32(bound)

    def test_a_layer_called_twice_shares_its_parameters_and_gets_the_sum_of_both_gradients(self):
        layer = held(dr.Dense(2, 3), weight=W, bias=B)
        x, y = layer.input_node("x"), layer.input_node("y")
        run = dr.backprop(dr.sum(layer(x)) + 10 * dr.sum(layer(y)), {"x": [[1.0, 2.0]], "y": [[3.0, -4.0]]})
        # ∂/∂W = 1 · (1, 2) + 10 · (3, −4) in each row; ∂/∂b = 1 + 10.
        assert run.gradient(layer.parameter("weight")).tolist() == [[31, -38]] * 3
        assert run.gradient(layer.parameter("bias")).tolist() == [11] * 3

    @pytest.mark.parametrize("activation", ACTIVATIONS)
    def test_siamese_gradients_add_up_under_every_activation(self, activation):
        layer = dr.Dense(4, 3, activation=activation)
        x, y = dr.input("x", (2, 4)), dr.input("y", (2, 4))
        random = np.random.default_rng(3)
        feeds, shares = {"x": random.normal(size=(2, 4)), "y": random.normal(size=(2, 4))}, random.normal(size=(2, 3))
        parts = [dr.sum(shares * layer(x)), dr.sum(shares * shares * layer(y))]
        alone = [dr.backprop(part, {name: feeds[name]}) for part, name in zip(parts, "xy", strict=True)]
        both = dr.backprop(parts[0] + parts[1], feeds)
        for parameter in layer.parameters.values():
            expected = alone[0].gradient(parameter) + alone[1].gradient(parameter)
            np.testing.assert_allclose(both.gradient(parameter), expected, rtol=1e-13, atol=1e-15)

    @pytest.mark.parametrize(("inputs", "outputs"), [(0, 3), (3, 0), (-1, 2)])
    def test_no_inputs_or_no_neurons_are_refused(self, inputs, outputs):
        message = f"a dense layer needs at least one input and one output, not {inputs}, {outputs}"
        with pytest.raises(InputError, match=f"^{message}$"):
            dr.Dense(inputs, outputs)

    def test_a_wrong_initialisation_is_refused_at_once(self):
        with pytest.raises(InputError, match=r"^unknown initialisation 'zeros'; choose one of: glorot, he$"):
            dr.Dense(2, 2, initialisation="zeros")

    def test_inputs_of_the_wrong_width_are_refused_with_both_shapes(self):
        with pytest.raises(ShapeError) as raised:
            dr.Dense(4, 3)(dr.input("x", ("batch", 5)))
        assert str(raised.value) == (
            "affine(x: (batch, 5), dense.weight: (3, 4), dense.bias: (3,)): "
            "the input has 5 entries a row, but the weight (outputs, inputs) takes 4"
        )


class TestLookup:
    TABLE = ((0.0, 1.0), (2.0, 3.0), (4.0, 5.0))

    def test_an_id_becomes_the_row_of_the_table(self):
        layer = held(dr.Lookup(3, 2, window=2), vectors=self.TABLE)
        output = layer(layer.input_node("words"))
        assert output.shape == ("batch", 2, 2)
        assert output.name == "lookup.vectors"
        assert value_of(output, {"words": [[2, 0], [1, 1]]}).tolist() == [[[4, 5], [0, 1]], [[2, 3], [2, 3]]]

    def test_without_a_window_each_example_is_one_id(self):
        layer = held(dr.Lookup(3, 2), vectors=self.TABLE)
        output = layer(layer.input_node("words"))
        assert output.shape == ("batch", 2)
        assert value_of(output, {"words": [1, 0]}).tolist() == [[2, 3], [0, 1]]

    def test_a_row_read_twice_gets_both_signals_and_an_unread_row_gets_none(self):
        layer = held(dr.Lookup(3, 2, window=3), vectors=self.TABLE)
        weights = np.array([[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]])
        loss = dr.sum(weights * layer(layer.input_node("words")))
        gradient = dr.backprop(loss, {"words": [[2, 0, 2]]}).gradient(layer.parameter("vectors"))
        assert gradient.tolist() == [[3, 4], [0, 0], [6, 8]]

    def test_first_vectors_fill_the_scale(self):
        vectors = dr.Lookup(100, 50, scale=0.25).parameter("vectors").value
        assert 0.249 < np.abs(vectors).max() <= 0.25
        assert vectors.var() == pytest.approx(0.25**2 / 3, rel=0.05)

    def test_numbers_instead_of_ids_are_refused(self):
        message = "row_lookup: its input 'x' must hold ids or labels, declared with integer=True"
        with pytest.raises(InputError, match=f"^{message}$"):
            dr.Lookup(3, 2)(dr.input("x", ("batch",)))

    @pytest.mark.parametrize(("ids", "found"), [([0, 3], "0 to 3"), ([-1, 2], "-1 to 2")])
    def test_ids_outside_the_table_are_refused(self, ids, found):
        with pytest.raises(InputError, match=f"^ids of rows to look up must be 0 to 2; found {found}$"):
            dr.Network([dr.Lookup(3, 2)]).predict(ids)


class TestWindow:
    def test_the_vectors_of_a_window_are_laid_end_to_end(self):
        x = dr.input("x", ("batch", 3, 2))
        output = dr.Window(3)(x)
        assert (output.shape, output.name) == (("batch", 6), "window.vectors")
        vectors = np.arange(12.0).reshape(2, 3, 2)
        assert value_of(output, {"x": vectors}).tolist() == [[0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11]]

    @pytest.mark.parametrize("shape", [("batch", 4, 2), ("batch", 6), ("batch", 3, "dimension"), (3, 2)])
    def test_other_shapes_are_refused(self, shape):
        with pytest.raises(ShapeError) as raised:
            dr.Window(3)(dr.input("x", shape))
        given = "(" + ", ".join(map(str, shape)) + ")"
        assert str(raised.value) == f"a window of 3 takes vectors of shape (batch, 3, dimension), not x: {given}"


class TestDropout:
    ONES = np.ones((200, 100))

    def dropped(self, rate, seed):
        x = dr.input("x", ("batch", 100))
        return value_of(dr.Dropout(rate)(x), {"x": self.ONES}, seed)

    @pytest.mark.parametrize("rate", [0.2, 0.5, 0.9])
    def test_an_entry_is_0_at_the_rate_and_scaled_up_otherwise_so_that_the_expectation_stays(self, rate):
        value = self.dropped(rate, seed=0)
        assert np.allclose(value[value != 0], 1 / (1 - rate), rtol=1e-12)
        assert (value == 0).mean() == pytest.approx(rate, abs=0.012)
        # The mean of 20000 entries of variance rate / (1 − rate), within 4 standard errors.
        assert value.mean() == pytest.approx(1, abs=4 * math.sqrt(rate / (1 - rate) / 20000))

    def test_the_seed_decides_the_mask(self):
        np.testing.assert_array_equal(self.dropped(0.5, seed=7), self.dropped(0.5, seed=7))
        assert (self.dropped(0.5, seed=7) != self.dropped(0.5, seed=8)).mean() == pytest.approx(0.5, abs=0.02)

    def test_nothing_is_dropped_outside_training(self):
        np.testing.assert_array_equal(self.dropped(0.9, seed=None), self.ONES)
        with_dropout = dr.Network([dr.Dense(3, 8, "tanh"), dr.Dropout(0.9), dr.Dense(8, 2)], seed=4)
        without = dr.Network([dr.Dense(3, 8, "tanh"), dr.Dense(8, 2)], seed=4)
        x = np.random.default_rng(0).normal(size=(5, 3))
        np.testing.assert_array_equal(with_dropout.predict(x), without.predict(x))

    def test_a_rate_of_0_adds_nothing_to_the_graph(self):
        x = dr.input("x", ("batch", 100))
        assert dr.Dropout(0.0)(x) is x

    def test_the_signal_passes_the_kept_entries_alone(self):
        x = dr.input("x", ("batch", 100))
        run = dr.backprop(dr.sum(dr.Dropout(0.75)(x)), {"x": self.ONES}, seed=1)
        np.testing.assert_array_equal(run.gradient(x), self.dropped(0.75, seed=1))

    def test_two_calls_draw_two_masks(self):
        x = dr.input("x", ("batch", 100))
        layer = dr.Dropout(0.5)
        once, again = layer(x), layer(x)
        run = forward([once, again], {"x": self.ONES}, random=np.random.default_rng(0))
        assert (run.values[once] != run.values[again]).mean() == pytest.approx(0.5, abs=0.02)

    @pytest.mark.parametrize("rate", [1.0, 1.5, -0.1, math.nan])
    def test_a_rate_that_is_no_probability_below_1_is_refused(self, rate):
        with pytest.raises(InputError, match=f"^a dropout rate must be at least 0 and below 1, not {rate}$"):
            dr.Network([dr.Dense(2, 2), dr.Dropout(rate)])


def test_layers_outside_of_a_network_begin_with_different_weights():
    x = dr.input("x", ("batch", 3))
    first, second = dr.Dense(3, 2), dr.Dense(3, 2)
    first(x), second(x)
    weights = [layer.parameters["weight"].value for layer in (first, second)]
    assert not np.isclose(*weights).any()
