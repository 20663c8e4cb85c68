import math

import numpy as np
import pytest

import deltarule as dr
from deltarule.errors import InputError, NonFiniteError, ShapeError
from deltarule.execution.reference import forward
from deltarule.graph import RowSignal
from deltarule.training.clipping import clip_by_norm
from deltarule.training.finite import first_non_finite
from deltarule.training.update_rules import UPDATE_RULES, update_rule


def line(w=2.0, b=1.0):
    """J = mean ½ (w x + b − y)², as parameters and loss."""
    w, b = dr.parameter(w, "w"), dr.parameter(b, "b")
    x, y = dr.input("x", ("batch",)), dr.input("y", ("batch",))
    return w, b, dr.mean(0.5 * (w * x + b - y) ** 2)


class TestStep:
    def test_one_step_of_gradient_descent_by_hand(self):
        w, b, loss = line()
        trainer = dr.Trainer(loss, dr.SGD(0.5), dtype=np.float64)
        # Errors: 2·1 + 1 − 0 = 3 and 2·3 + 1 − 8 = −1. ∂w = (3·1 − 1·3) / 2 = 0, ∂b = (3 − 1) / 2 = 1.
        assert trainer.step({"x": [1.0, 3.0], "y": [0.0, 8.0]}) == (4.5 + 0.5) / 2
        assert (float(w.value), float(b.value), trainer.step_number) == (2, 0.5, 1)
        # Errors: 2.5 and −1.5. ∂w = (2.5 − 4.5) / 2 = −1, ∂b = 0.5.
        assert trainer.step({"x": [1.0, 3.0], "y": [0.0, 8.0]}) == (3.125 + 1.125) / 2
        assert (float(w.value), float(b.value), trainer.step_number) == (2.5, 0.25, 2)

    def test_a_step_on_the_lectures_network_follows_the_delta_rule(self):
        network = dr.Network([dr.Dense(20, 8, activation="sigmoid"), dr.Dense(8, 1, bias=False)])
        trainer = dr.Trainer(dr.MaxMargin().loss(network), dr.SGD(0.1), dtype=np.float64)
        W, b, U = (parameter.value.copy() for parameter in network.parameters.values())
        x, c = np.random.default_rng(0).normal(size=(2, 20))
        a, a_c = (1 / (1 + np.exp(-(W @ inputs + b))) for inputs in (x, c))
        J = 1 + (U @ a_c - U @ a)[0]
        assert J > 0
        assert trainer.step({"inputs": [x], "corrupted": [c]}) == pytest.approx(J, rel=1e-12)
        delta, delta_c = -U[0] * a * (1 - a), U[0] * a_c * (1 - a_c)
        expected = {
            "dense1.weight": W - 0.1 * (np.outer(delta, x) + np.outer(delta_c, c)),
            "dense1.bias": b - 0.1 * (delta + delta_c),
            "dense2.weight": U - 0.1 * (a_c - a),
        }
        for name, parameter in network.parameters.items():
            np.testing.assert_allclose(parameter.value, expected[name], rtol=1e-12, atol=1e-15)

    def test_without_a_rule_it_is_gradient_descent_at_its_default_rate(self):
        w = dr.parameter(1.0)
        dr.Trainer(w * 3.0, dtype=np.float64).step()
        assert float(w.value) == 1 - 0.01 * 3

    def test_parameters_take_the_precision_of_the_computation(self):
        w, _, loss = line()
        dr.Trainer(loss)
        assert w.value.dtype == np.float32

    @pytest.mark.parametrize("name", UPDATE_RULES)
    def test_rows_that_were_not_looked_up_stay_and_looked_up_ones_change_as_the_rule_says(self, name):
        table = dr.parameter(np.arange(8.0).reshape(4, 2), "table")
        loss = dr.sum(dr.row_lookup(table, dr.input("ids", ("batch",), integer=True)))
        dr.Trainer(loss, update_rule(name, 0.1), dtype=np.float64).step({"ids": [3, 1, 3]})
        expected = np.arange(8.0).reshape(4, 2)
        taken, rule = expected[[1, 3]], update_rule(name, 0.1)
        rule.update(taken, np.array([[1.0, 1.0], [2.0, 2.0]]), rule.initial_state(taken), 0.1, 1)
        expected[[1, 3]] = taken
        np.testing.assert_array_equal(table.value, expected)


class TestFrozen:
    def test_frozen_parameters_stay_and_the_others_move_as_before(self):
        w, b, loss = line()
        dr.Trainer(loss, dr.SGD(0.5), frozen=[w], dtype=np.float64).step({"x": [1.0], "y": [0.0]})
        assert (float(w.value), float(b.value)) == (2, 1 - 0.5 * 3)

    def test_a_frozen_lookup_stays_below_trained_layers(self):
        network = dr.Network([dr.Lookup(5, 2, window=2), dr.Window(2), dr.Dense(4, 3)])
        before = {name: parameter.value.copy() for name, parameter in network.parameters.items()}
        vectors = network.parameters["lookup1.vectors"]
        trainer = dr.Trainer(dr.SoftmaxCrossEntropy().loss(network), dr.Adam(0.1), frozen=[vectors])
        trainer.step({"inputs": [[0, 1], [2, 3]], "targets": [0, 1]})
        changed = {name for name, parameter in network.parameters.items() if (parameter.value != before[name]).any()}
        assert changed == {"dense1.weight", "dense1.bias"}

    def test_frozen_parameters_do_not_count_in_the_norm(self):
        a, b = dr.parameter(0.0), dr.parameter(0.0)
        dr.Trainer(30.0 * a + 4.0 * b, dr.SGD(1.0), frozen=[a], clip=2.0, dtype=np.float64).step()
        assert (float(a.value), float(b.value)) == (0, -2)

    def test_a_loss_without_trained_parameters_is_refused(self):
        w, b, loss = line()
        with pytest.raises(InputError, match=r"^the loss depends on no parameter that could be trained$"):
            dr.Trainer(loss, frozen=[w, b])


def joint_norm(gradients):
    squares = ((g.values if isinstance(g, RowSignal) else g) ** 2 for g in gradients.values())
    return math.sqrt(sum(float(square.sum()) for square in squares))


class TestClipping:
    def gradients(self):
        a, b = dr.parameter(np.zeros(2), "a"), dr.parameter(np.zeros((3, 1)), "b")
        # Row 1 is named twice: together it is 4, so the joint norm is √(3² + 4²) = 5.
        rows = RowSignal(np.array([1, 1]), np.array([[2.5], [1.5]]), (3, 1))
        return a, b, {a: np.array([3.0, 0.0]), b: rows}

    def test_dense_and_sparse_gradients_are_scaled_together_to_exactly_the_bound(self):
        a, b, gradients = self.gradients()
        clipped = clip_by_norm(gradients, 1.0)
        np.testing.assert_allclose(clipped[a], [0.6, 0], rtol=1e-15)
        assert clipped[b].rows.tolist() == [1]
        np.testing.assert_allclose(clipped[b].values, [[0.8]], rtol=1e-15)
        assert joint_norm(clipped) == pytest.approx(1, rel=1e-15)

    @pytest.mark.parametrize("largest", [5.0, 5.5, 1e9])
    def test_gradients_within_the_bound_stay(self, largest):
        a, b, gradients = self.gradients()
        clipped = clip_by_norm(gradients, largest)
        assert clipped[a].tolist() == [3, 0]
        assert clipped[b].dense().tolist() == [[0], [4], [0]]

    def test_rows_that_cancel_do_not_count(self):
        table = dr.parameter(np.zeros((2, 1)))
        cancelling = RowSignal(np.array([0, 0, 1]), np.array([[9.0], [-9.0], [1.0]]), (2, 1))
        assert clip_by_norm({table: cancelling}, 1.0)[table].dense().tolist() == [[0], [1]]

    def test_given_gradients_are_not_changed(self):
        a, b, gradients = self.gradients()
        clip_by_norm(gradients, 1.0)
        assert gradients[a].tolist() == [3, 0]
        assert gradients[b].values.tolist() == [[2.5], [1.5]]

    def test_squares_that_overflow_single_precision_do_not(self):
        a, b = dr.parameter(np.zeros(1)), dr.parameter(np.zeros((2, 1)))
        rows = RowSignal(np.array([1]), np.array([[4e30]], np.float32), (2, 1))
        clipped = clip_by_norm({a: np.array([3e30], np.float32), b: rows}, 1.0)
        np.testing.assert_allclose(clipped[a], [0.6], rtol=1e-6)
        np.testing.assert_allclose(clipped[b].values, [[0.8]], rtol=1e-6)
        assert clipped[a].dtype == clipped[b].values.dtype == np.float32

    def test_a_clipped_step_is_as_long_as_the_rate_times_the_bound(self):
        w, b, loss = line()
        dr.Trainer(loss, dr.SGD(0.5), clip=0.1, dtype=np.float64).step({"x": [2.0], "y": [0.0]})
        # Error 5: the gradient is (10, 5), of norm 5 √5.
        assert float(w.value) == pytest.approx(2 - 0.05 * 2 / math.sqrt(5), rel=1e-14)
        assert float(b.value) == pytest.approx(1 - 0.05 / math.sqrt(5), rel=1e-14)

    def test_a_huge_gradient_is_survived_with_clipping_and_refused_without(self):
        for clip in (1.0, None):
            w = dr.parameter(np.zeros(1), "w")
            trainer = dr.Trainer(dr.sum(np.array([1e25]) * w), dr.Adam(0.5), clip=clip)
            if clip:
                trainer.step()
                assert w.value == pytest.approx([-0.5])
            else:
                with pytest.raises(NonFiniteError, match=r"the gradient of 'w' .* at step 1; .*clip gradients by norm"):
                    trainer.step()
                assert w.value == [0]

    @pytest.mark.parametrize("clip", [0, -1.0, math.nan])
    def test_a_bound_must_be_above_0(self, clip):
        message = f"clip is the largest norm of the gradients and must be above 0, not {clip}"
        with pytest.raises(InputError, match=f"^{message}$"):
            dr.Trainer(line()[2], clip=clip)


class TestNonFinite:
    GOOD = {"x": [1.0, 2.0], "y": [0.0, 1.0]}  # noqa: RUF012

    @pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
    @pytest.mark.parametrize("name", ["x", "y"])
    def test_bad_data_is_traced_to_its_input_and_step_and_nothing_written_is_lost(self, name, bad):
        w, b, loss = line()
        trainer = dr.Trainer(loss, dr.Adam(0.1))
        trainer.step(self.GOOD)
        trainer.step(self.GOOD)
        before = w.value.copy(), b.value.copy()
        with pytest.raises(NonFiniteError) as raised:
            trainer.step({**self.GOOD, name: [1.0, bad]})
        message = str(raised.value)
        assert message.startswith("the loss became ")
        assert message.endswith(
            f" at step 3: it was already in '{name}';"
            " look for bad numbers in the data or the first values of parameters"
        )
        assert (w.value, b.value) == before
        assert trainer.step_number == 2
        assert trainer.step(self.GOOD) < 10

    def test_a_bad_first_value_is_traced_to_its_parameter(self):
        _, _, loss = line(w=math.nan)
        with pytest.raises(NonFiniteError, match="the loss became nan at step 1: it was already in 'w'; look for"):
            dr.Trainer(loss).step(self.GOOD)

    def test_overflow_is_traced_to_the_first_node_where_it_appears(self):
        w = dr.parameter(100.0, "w")
        x = dr.input("x", ("batch",))
        power = dr.exp((w * x).named("z")).named("power")
        trainer = dr.Trainer(dr.mean(power * power), dr.SGD(1e-30))
        with pytest.raises(NonFiniteError) as raised:
            trainer.step({"x": [0.0, 3.0]})
        assert str(raised.value) == (
            "the loss became inf at step 1: it first appeared in <power (batch,)>;"
            " lower the learning rate, or clip gradients by norm"
        )
        assert w.value == 100

    def test_divergence_is_reported_with_the_step_and_leaves_finite_parameters(self):
        w, b, loss = line()
        trainer = dr.Trainer(loss, dr.SGD(1e4))
        positions = []

        def train_on():
            for _ in range(50):
                positions.append((float(w.value), float(b.value)))
                trainer.step(self.GOOD)

        with pytest.raises(NonFiniteError, match=r"at step \d+") as raised:
            train_on()
        assert trainer.step_number == len(positions) - 1 > 1
        assert f"at step {len(positions)}" in str(raised.value)
        assert (float(w.value), float(b.value)) == positions[-1]
        assert np.isfinite(positions).all()

    def test_an_infinite_gradient_under_a_finite_loss_names_its_parameter(self):
        w, v = dr.parameter(0.0, "w"), dr.parameter(1.0, "v")
        trainer = dr.Trainer(w**0.5 + v * v)
        with pytest.raises(NonFiniteError) as raised:
            trainer.step()
        assert str(raised.value) == (
            "the gradient of 'w' became infinite or NaN at step 1; lower the learning rate, or clip gradients by norm"
        )
        assert (w.value, v.value) == (0, 1)

    def test_an_infinite_input_that_saturates_a_neuron_is_still_traced_to_the_data(self):
        network = dr.Network([dr.Dense(1, 2, "tanh"), dr.Dense(2, 1)])
        before = {name: parameter.value.copy() for name, parameter in network.parameters.items()}
        trainer = dr.Trainer(dr.SquaredError().loss(network))
        with pytest.raises(NonFiniteError, match=r"the gradient of .* at step 1: it was already in 'inputs'; look for"):
            trainer.step({"inputs": [[math.inf], [1.0]], "targets": [[0.0], [0.0]]})
        for name, parameter in network.parameters.items():
            np.testing.assert_array_equal(parameter.value, before[name])

    def test_a_bad_row_gradient_is_caught_too(self):
        table = dr.parameter([[4.0], [0.0]], "table")
        loss = dr.sum(dr.row_lookup(table, dr.input("ids", ("batch",), integer=True)) ** 0.5)
        trainer = dr.Trainer(loss, dr.SGD(1.0))
        trainer.step({"ids": [0, 0]})
        assert table.value.tolist() == [[3.5], [0]]
        with pytest.raises(NonFiniteError, match="the gradient of 'table' became infinite or NaN at step 2"):
            trainer.step({"ids": [0, 1]})
        assert table.value.tolist() == [[3.5], [0]]

    def test_first_non_finite_is_none_where_all_is_well(self):
        x = dr.input("x", (2,))
        fine, broken = forward([dr.exp(x)], {"x": [0.0, 1.0]}), forward([dr.exp(x) * 2.0], {"x": [0.0, math.inf]})
        assert first_non_finite(fine) is None
        assert first_non_finite(broken) is x


class TestDeterminism:
    def trained(self, seed):
        network = dr.Network([dr.Dense(3, 16, "tanh"), dr.Dropout(0.5), dr.Dense(16, 2)], seed=1)
        trainer = dr.Trainer(dr.SoftmaxCrossEntropy().loss(network), dr.Adam(0.01), seed=seed)
        random = np.random.default_rng(0)
        for _ in range(5):
            trainer.step({"inputs": random.normal(size=(8, 3)), "targets": random.integers(0, 2, 8)})
        return b"".join(parameter.value.tobytes() for parameter in network.parameters.values())

    def test_the_same_seed_gives_the_same_parameters_bit_for_bit(self):
        assert self.trained(5) == self.trained(5)

    def test_another_seed_drops_other_units(self):
        assert self.trained(5) != self.trained(6)

    def test_each_step_draws_a_new_mask(self):
        w = dr.parameter(np.zeros(64), "w")
        trainer = dr.Trainer(dr.sum(dr.Dropout(0.5)(w)), dr.SGD(1.0), dtype=np.float64)
        trainer.step()
        first = w.value.copy()
        trainer.step()
        assert set(first.tolist()) == {0.0, -2.0}
        assert set(w.value.tolist()) == {0.0, -2.0, -4.0}


@pytest.mark.parametrize("shape", [(1,), ("batch",), (2, 3)])
def test_a_loss_that_is_no_scalar_is_refused(shape):
    w = dr.parameter(1.0)
    with pytest.raises(ShapeError) as raised:
        dr.Trainer((w * dr.input("x", shape)).named("errors"))
    written = {(1,): "(1,)", ("batch",): "(batch,)", (2, 3): "(2, 3)"}[shape]
    assert str(raised.value) == f"the loss must be a single number, but errors is {written}; take its mean or sum"


@pytest.mark.parametrize("schedule", [dr.LinearDecay(), dr.CosineDecay(), dr.StepDecay(), dr.ConstantRate(warm_up=0.1)])
def test_a_schedule_that_changes_needs_the_number_of_steps(schedule):
    with pytest.raises(dr.InputError, match=f"{type(schedule).__name__} changes the rate .* give its number of steps"):
        dr.Trainer(dr.parameter(1.0) * 1.0, schedule=schedule)


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("rule", [dr.AdaGrad(0.1), dr.Adam(0.1), dr.SGD(0.1)])
def test_a_restored_trainer_goes_on_as_if_nothing_had_happened(compiled, rule):
    def trainer():
        w, b = dr.parameter(np.arange(6.0).reshape(2, 3), "w"), dr.parameter(np.ones(2), "b")
        loss = dr.mean(dr.tanh(dr.affine(dr.input("x", ("n", 3)), w, b)))
        return dr.Trainer(loss, rule, schedule=dr.LinearDecay(), steps=10, compiled=compiled, threads=1), (w, b)

    batches = [{"x": np.random.default_rng(i).normal(size=(4, 3))} for i in range(10)]
    whole, expected = trainer()
    losses = list(whole.losses(batches))
    first, _ = trainer()
    list(first.losses(batches[:4]))
    state = first.state()
    list(first.losses(batches[4:]))  # the state is a copy
    second, found = trainer()
    second.step(batches[0])
    second.restore(state)
    assert list(second.losses(batches[4:])) == losses[4:]
    assert [p.value.tobytes() for p in found] == [p.value.tobytes() for p in expected]


def test_a_state_that_does_not_fit_changes_nothing():
    w = dr.parameter(2.0, "w")
    trainer = dr.Trainer(w * w, dr.AdaGrad(0.1))
    state = trainer.state()
    trainer.step()
    before = float(w.value)
    with pytest.raises(dr.InputError, match=r"the state of 'w/squares' should have shape \(\), found None"):
        trainer.restore({"w": state["w"], "step_number": state["step_number"]})
    with pytest.raises(dr.InputError, match=r"the state of 'w' should have shape \(\), found \(2,\)"):
        trainer.restore({**state, "w": np.zeros(2)})
    assert (float(w.value), trainer.step_number) == (before, 1)


def test_parameters_whose_names_are_the_same_have_no_state():
    v, w = dr.parameter(2.0, "w"), dr.parameter(3.0, "w")
    with pytest.raises(dr.InputError, match="two parameters have the same name"):
        dr.Trainer(v * w).state()
