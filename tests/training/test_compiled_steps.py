"""Training on kernels beside training on the reference interpreter: same steps, same errors, same fallbacks."""

import copy
import math
from itertools import count

import numpy as np
import pytest

import deltarule as dr
from deltarule.errors import InputError, NonFiniteError
from deltarule.execution.reference import backward, forward
from deltarule.graph import apply
from deltarule.graph.operations.activations import Tanh
from deltarule.training import compiled_steps
from deltarule.training.minibatches import Minibatches


def network():
    return dr.Network([dr.Dense(6, 9, "tanh"), dr.Dense(9, 3)], seed=1)


def batch(step, rows=12):
    random = np.random.default_rng(step)
    return {"inputs": random.normal(size=(rows, 6)), "targets": random.integers(0, 3, rows)}


def values(trainer):
    return [parameter.value.copy() for parameter in trainer.parameters]


def everything(trainer):
    """Return copies of the parameters and of what the rule remembers of them."""
    states = [state.copy() for own in trainer.parameters for state in trainer._states[own].values()]
    return [*values(trainer), *states]


def assert_same(first, second):
    assert len(first) == len(second)
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)


class TestAgreement:
    OBJECTIVES = (dr.SoftmaxCrossEntropy(), dr.MultiClassMaxMargin(0.5))

    @pytest.mark.parametrize("objective", OBJECTIVES, ids=["softmax", "max-margin"])
    def test_losses_and_parameters_of_twenty_steps_are_those_of_the_reference(self, objective):
        def trained(**options):
            own = dr.Trainer(objective.loss(network()), dr.Momentum(0.1), clip=0.5, **options)
            return [own.step(batch(step, rows=3 + 5 * step % 17)) for step in range(20)], own

        losses, on_kernels = trained(threads=1)
        expected, reference = trained(dtype=np.float64)
        assert on_kernels._compiled_steps is not None
        np.testing.assert_allclose(losses, expected, rtol=1e-4)
        for own, right in zip(values(on_kernels), values(reference), strict=True):
            np.testing.assert_allclose(own, right, rtol=1e-4, atol=1e-5)

    def test_violators_are_known_under_a_margin_on_kernels(self):
        own = dr.Trainer(dr.MultiClassMaxMargin(1e6).loss(network()))
        assert own.violators is None
        own.step(batch(0))
        assert own.violators == 1
        other = dr.Trainer(dr.SoftmaxCrossEntropy().loss(network()))
        other.step(batch(0))
        assert other.violators is None

    def test_masks_follow_from_the_seed(self):
        def trained(seed):
            net = dr.Network([dr.Dense(6, 9, "tanh"), dr.Dropout(0.5), dr.Dense(9, 3), dr.Dropout(0.2)], seed=1)
            own = dr.Trainer(dr.SoftmaxCrossEntropy().loss(net), dr.SGD(0.5), seed=seed)
            return [own.step(batch(0)) for _ in range(5)]

        assert trained(1) == trained(1)
        assert trained(1) != trained(2)
        assert len(set(trained(1))) == 5

    def test_a_frozen_parameter_is_used_and_kept(self):
        frozen, w = dr.parameter(np.array([3.0, 5.0])), dr.parameter(np.array([1.0, 1.0]))
        for value in (frozen.value, frozen.value.astype(np.float32)):
            frozen.value, w.value = value, np.array([1.0, 1.0])
            own = dr.Trainer(dr.sum(frozen * w), dr.SGD(0.5), frozen=[frozen], threads=1)
            assert own.step() == 8
            assert w.value.tolist() == [-0.5, -1.5]
            assert own.step() == -9
            assert frozen.value is value
            assert value.tolist() == [3, 5]

    def test_a_parameter_may_get_another_array_between_steps(self):
        w = dr.parameter(np.zeros(2, np.float32))
        own = dr.Trainer(dr.sum(w), dr.SGD(1.0))
        own.step()
        w.value = np.array([5.0, 6.0], np.float32)
        assert own.step() == 11
        assert w.value.tolist() == [4, 5]

    def test_another_rate_counts_from_the_next_step(self):
        w = dr.parameter(np.zeros(2, np.float32))
        own = dr.Trainer(dr.sum(w), dr.SGD(1.0))
        own.step()
        own.update_rule = dr.SGD(0.5)
        own.step()
        assert w.value.tolist() == [-1.5, -1.5]

    def test_the_sizes_of_a_step_are_those_of_its_batch_not_of_what_batches_are_taken_of(self):
        def as_kernels_have_them(rows):
            return {name: array.astype(array.dtype.kind + "4") for name, array in batch(rows, rows).items()}

        few, many = as_kernels_have_them(5), as_kernels_have_them(40)
        own, good = (dr.Trainer(dr.SoftmaxCrossEntropy().loss(network())) for _ in range(2))
        expected = [good.step(feeds) for feeds in (many, few, many)]
        assert [own.step(many), *own.losses(Minibatches(few, 10)), own.step(many)] == expected


class TestReference:
    """Where kernels cannot be used or are not wanted, the reference interpreter takes the steps."""

    def by_hand(self, net, steps, dtype):
        """Take steps of gradient descent with the passes of the reference."""
        loss, random = dr.SoftmaxCrossEntropy().loss(net), np.random.default_rng(0)
        losses = []
        for step in range(steps):
            run = forward([loss], batch(step), dtype=dtype, random=random)
            backward(run, loss)
            losses.append(run.value(loss))
            for parameter in net.parameters.values():
                parameter.value = parameter.value.astype(dtype)
                parameter.value -= 0.1 * run.gradient(parameter)
        return losses, [parameter.value for parameter in net.parameters.values()]

    @pytest.mark.parametrize(("options", "dtype"), [({"compiled": False}, "f4"), ({"dtype": np.float64}, "f8")])
    def test_without_kernels_steps_are_those_of_the_reference_to_the_last_bit(self, options, dtype):
        net = dr.Network([dr.Dense(6, 9, "tanh"), dr.Dropout(0.5), dr.Dense(9, 3)], seed=1)
        own = dr.Trainer(dr.SoftmaxCrossEntropy().loss(net), dr.SGD(0.1), **options)
        losses = [own.step(batch(step)) for step in range(5)]
        assert own._compiled_steps is None
        found = values(own)
        again = dr.Network([dr.Dense(6, 9, "tanh"), dr.Dropout(0.5), dr.Dense(9, 3)], seed=1)
        expected, parameters = self.by_hand(again, 5, np.dtype(dtype))
        assert losses == expected
        assert all(value.dtype == np.dtype(dtype) for value in found)
        assert_same(found, parameters)

    def test_operations_of_users_train_on_the_reference(self):
        class Twice(Tanh):
            def forward(self, z):
                return 2 * np.tanh(z)

            def backward(self, signal, output, z):
                return (2 * signal * (1 - np.tanh(z) ** 2),)

        def trained(node_of, **options):
            layer, out = dr.Dense(6, 9), dr.Dense(9, 3)
            for part in (layer, out):
                part.initialise(np.random.default_rng(0))
            scores = out(node_of(layer(dr.input("inputs", ("batch", 6)))))
            loss = dr.SoftmaxCrossEntropy()(scores, dr.input("targets", ("batch",), integer=True))
            own = dr.Trainer(loss, dr.Adam(0.05), **options)
            return own, [own.step(batch(0)) for _ in range(30)]

        own, losses = trained(lambda z: apply(Twice(), z))
        assert own._compiled_steps is None
        assert losses[-1] < 0.3 * losses[0]
        ours, expected = trained(lambda z: 2.0 * dr.tanh(z))
        assert ours._compiled_steps is not None
        np.testing.assert_allclose(losses, expected, rtol=1e-3)

    def test_a_feed_that_only_the_reference_knows_is_a_step_of_the_reference(self):
        """A parameter may be fed for one step; what the rule remembers is the same as for other steps."""
        w, x = dr.parameter(1.0, "w"), dr.input("x")
        own = dr.Trainer(w * x, dr.Momentum(0.5, momentum=0.5))
        assert own.step({"x": 2.0}) == 2  # velocity 2, w = 0
        assert own.step({"x": 2.0, w: 7.0}) == 14  # velocity 3, w = −1.5
        assert float(w.value) == -1.5
        assert own.step({"x": 2.0}) == -3  # velocity 3.5, w = −3.25
        assert float(w.value) == -3.25
        assert own.step_number == 3


class TestNonFinite:
    """Neither parameters nor what a rule remembers change, and the message is that of the reference."""

    @pytest.mark.parametrize("rule", [dr.SGD(0.1), dr.Adam(0.1), dr.Nesterov(0.1)])
    @pytest.mark.parametrize("clip", [None, 1.0])
    @pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
    def test_bad_data(self, bad, clip, rule):
        own = dr.Trainer(dr.SoftmaxCrossEntropy().loss(network()), rule, clip=clip)
        own.step(batch(0))
        before = everything(own)
        feeds = batch(1)
        feeds["inputs"][3, 2] = bad
        with pytest.raises(NonFiniteError, match="at step 2: it was already in 'inputs'; look for bad numbers"):
            own.step(feeds)
        assert_same(everything(own), before)
        assert own.step_number == 1
        assert math.isfinite(own.step(batch(1)))

    @pytest.mark.parametrize("clip", [None, 1.0])
    @pytest.mark.parametrize(("x", "value"), [([0.0, 1.0], 0.0), ([1.0, 1.0], -1.0)], ids=["infinite", "nan"])
    def test_a_bad_gradient_under_a_good_or_bad_loss(self, x, value, clip):
        """√w has an infinite slope at 0 and none below; the rest of the graph is fine."""
        table, v = dr.parameter(np.array([[4.0], [value]]), "table"), dr.parameter(np.ones(3), "v")
        ids = dr.input("ids", ("batch",), integer=True)
        own = dr.Trainer(dr.sum(dr.row_lookup(table, ids) ** 0.5) + dr.sum(v * v), dr.Adam(0.1), clip=clip)
        own.step({"ids": [0]})
        before = everything(own)
        with pytest.raises(NonFiniteError, match="at step 2"):
            own.step({"ids": [0, 1]})
        assert_same(everything(own), before)
        assert own.step({"ids": [0, 0]}) < 8

    def test_a_bad_parameter_is_traced(self):
        net = network()
        own = dr.Trainer(dr.SoftmaxCrossEntropy().loss(net))
        net.parameters["dense2.bias"].value[1] = math.nan
        before = everything(own)
        with pytest.raises(NonFiniteError, match=r"at step 1: it was already in 'dense2.bias'"):
            own.step(batch(0))
        assert_same(everything(own), before)

    @pytest.mark.parametrize("objective", [dr.MultiClassMaxMargin(), dr.SoftmaxCrossEntropy()])
    def test_scores_that_are_no_numbers_are_never_passed_over(self, objective):
        """Also under a margin, where comparisons with NaN are false."""
        for position in range(3):
            weight = dr.parameter(np.ones((3, 6)), "weight")
            weight.value[position] = math.nan
            scores = dr.linear(dr.input("inputs", ("batch", 6)), weight)
            own = dr.Trainer(objective(scores, dr.input("targets", ("batch",), integer=True)))
            with pytest.raises(NonFiniteError, match="it was already in 'weight'"):
                own.step(batch(0))


class TestMinibatches:
    """Rows of whole arrays, many steps at a time: the same as one by one."""

    DATA = batch(5, rows=103)

    @staticmethod
    def trainer(**options):
        net = dr.Network([dr.Dense(6, 9, "relu"), dr.Dropout(0.5), dr.Dense(9, 3)], seed=1)
        loss = dr.MultiClassMaxMargin(0.5).loss(net)
        schedule = dr.CosineDecay(warm_up=0.2)
        return dr.Trainer(loss, dr.AdamW(0.05), schedule=schedule, steps=60, clip=1.0, seed=4, **options)

    @staticmethod
    def batches(epoch, shuffled=True):
        return Minibatches(TestMinibatches.DATA, 10, np.random.default_rng(epoch) if shuffled else None)

    def one_by_one(self, shuffled=True, **options):
        own = self.trainer(**options)
        losses = [own.step(feeds) for epoch in range(5) for feeds in self.batches(epoch, shuffled)]
        return losses, everything(own), own.step_number, own.violators

    @pytest.mark.parametrize("shuffled", [True, False])
    @pytest.mark.parametrize("seconds", [1e-9, 1e-3, 1e3])
    def test_steps_are_the_same_to_the_last_bit_however_many_are_taken_at_a_time(self, monkeypatch, seconds, shuffled):
        """How many steps are taken at a time depends on how long they took."""
        ticks = count()
        monkeypatch.setattr(compiled_steps, "perf_counter", lambda: next(ticks) * seconds)
        own = self.trainer(threads=2)
        losses = [loss for epoch in range(5) for loss in own.losses(self.batches(epoch, shuffled))]
        expected, parameters, steps, violators = self.one_by_one(shuffled, threads=1)
        assert losses == expected
        assert_same(everything(own), parameters)
        assert (own.step_number, own.violators) == (steps, violators) == (55, violators)

    def test_without_kernels_they_are_steps_of_the_reference(self):
        own = self.trainer(compiled=False)
        losses = [loss for epoch in range(5) for loss in own.losses(self.batches(epoch))]
        expected, parameters, steps, _ = self.one_by_one(compiled=False)
        assert (losses, own.step_number) == (expected, steps)
        assert_same(everything(own), parameters)

    @pytest.mark.parametrize("change", [
        lambda data: {**data, "inputs": np.asfortranarray(data["inputs"])},
        lambda data: {**data, "targets": data["targets"].astype(np.int64), "inputs": data["inputs"].astype("f4")},
        lambda data: {**data, "targets": data["targets"].astype(np.uint8)},
    ])  # fmt: skip
    @pytest.mark.parametrize("shuffled", [True, False])
    def test_arrays_of_any_kind(self, change, shuffled):
        own = self.trainer()
        losses = list(own.losses(Minibatches(change(self.DATA), 10, np.random.default_rng(0) if shuffled else None)))
        assert losses == self.one_by_one(shuffled)[0][:11]

    @pytest.mark.parametrize("shuffled", [True, False])
    def test_a_bad_row_stops_at_its_step_and_keeps_those_before(self, shuffled):
        data = {name: array.copy() for name, array in self.DATA.items()}
        batches = Minibatches(data, 10, np.random.default_rng(0) if shuffled else None)
        data["inputs"][batches.order[57], 2] = math.nan  # in the sixth batch
        own, good = self.trainer(), self.trainer()
        losses = own.losses(batches)
        expected = [good.step(batches.feeds(batches.order[at : at + 10])) for at in range(0, 50, 10)]
        assert [next(losses) for _ in range(5)] == expected
        with pytest.raises(NonFiniteError, match="at step 6: it was already in 'inputs'"):
            next(losses)
        assert own.step_number == 5
        assert_same(everything(own), everything(good))

    def test_a_bad_label_stops_at_its_step(self):
        data = {name: array.copy() for name, array in self.DATA.items()}
        batches = Minibatches(data, 10)
        data["targets"][25] = 3
        own = self.trainer()
        losses = own.losses(batches)
        good = self.trainer()
        assert [next(losses), next(losses)] == [good.step(batches.feeds(np.arange(at, at + 10))) for at in (0, 10)]
        with pytest.raises(InputError, match="'targets' must hold ids from 0 to 2; found 0 to 3"):
            next(losses)
        assert own.step_number == 2
        assert_same(everything(own), everything(good))

    def test_wrong_arrays_are_refused_before_the_first_step(self):
        own = self.trainer()
        before = everything(own)
        with pytest.raises(dr.ShapeError, match=r"input 'inputs' was declared with shape \(batch, 6\)"):
            next(own.losses(Minibatches({**self.DATA, "inputs": np.ones((103, 5))}, 10)))
        with pytest.raises(InputError, match="the graph has no input 'colour'"):
            next(own.losses(Minibatches({**self.DATA, "colour": np.ones(103)}, 10)))
        with pytest.raises(InputError, match="no array was given for input 'targets'"):
            next(own.losses(Minibatches({"inputs": self.DATA["inputs"]}, 10)))
        assert_same(everything(own), before)

    @pytest.mark.parametrize(("rows", "size"), [(1, 1), (5, 10), (7, 1), (10, 10), (11, 10)])
    def test_few_rows(self, rows, size):
        data = batch(3, rows)
        own, good = self.trainer(), self.trainer()
        for _ in range(3):
            assert list(own.losses(Minibatches(data, size))) == [good.step(f) for f in Minibatches(data, size)]
        assert_same(everything(own), everything(good))

    @pytest.mark.parametrize("change", [
        lambda data: data,
        lambda data: data["inputs"].__imul__(0.5),
        lambda data: data.update(inputs=data["inputs"] + np.float32(1)),
        lambda data: data.update(inputs=data["inputs"].astype(np.float64) * 2),
        lambda data: data.update({name: array[3:] for name, array in data.items()}),
    ])  # fmt: skip
    @pytest.mark.parametrize("fed_between", [False, True])
    def test_what_was_found_of_arrays_is_found_again_when_they_change(self, change, fed_between):
        """The same arrays, others of the same name, others in place: all as if each step were fed."""
        data = {"inputs": batch(1, 60)["inputs"].astype(np.float32), "targets": np.zeros((60, 3), np.float32)}

        def trained(take):
            given = {name: array.copy() for name, array in data.items()}
            own = dr.Trainer(dr.SquaredError().loss(network()), dr.Adam(0.1))
            losses = []
            for epoch in range(6):
                losses += take(own, given)
                if epoch % 2:
                    change(given)
                if fed_between:
                    losses.append(own.step({"inputs": np.ones((7, 6)), "targets": np.ones((7, 3))}))
            return losses, everything(own)

        losses, parameters = trained(lambda own, given: list(own.losses(Minibatches(given, 10))))
        expected, right = trained(lambda own, given: [own.step(feeds) for feeds in Minibatches(given, 10)])
        assert losses == expected
        assert_same(parameters, right)

    def test_an_array_that_got_another_shape_is_refused(self):
        data = {"inputs": np.ones((60, 6), np.float32), "targets": np.zeros((60, 3), np.float32)}
        own = dr.Trainer(dr.SquaredError().loss(network()))
        assert len(list(own.losses(Minibatches(data, 10)))) == 6
        data["inputs"], data["targets"] = data["inputs"].reshape(120, 3), np.zeros((120, 3), np.float32)
        with pytest.raises(dr.ShapeError, match=r"input 'inputs' was declared with shape \(batch, 6\)"):
            list(own.losses(Minibatches(data, 10)))

    def test_tables_windows_and_numbers_by_rows(self):
        """Arrays of two axes of ids, of single numbers, and a table of which few rows are read."""
        random = np.random.default_rng(0)
        data = {"words": random.integers(0, 40, (64, 3)), "y": random.normal(size=64)}

        def trained(take):
            net = dr.Network([dr.Lookup(40, 5, window=3), dr.Window(3), dr.Dense(15, 1, "tanh")], seed=2)
            outputs = dr.reshape(net(dr.input("words", ("batch", 3), integer=True)), ("batch",))
            own = dr.Trainer(dr.SquaredError()(outputs, dr.input("y", ("batch",))), dr.AdaGrad(0.1))
            return [loss for _ in range(4) for loss in take(own)], everything(own)

        losses, parameters = trained(lambda own: own.losses(Minibatches(data, 8)))
        expected, right = trained(lambda own: map(own.step, Minibatches(data, 8)))
        assert losses == expected
        assert_same(parameters, right)


def test_a_copy_of_a_trainer_uses_nothing_of_the_original():
    trainers = [dr.Trainer(dr.SoftmaxCrossEntropy().loss(network()), dr.Adam(0.1)) for _ in range(2)]
    losses = [[trainer.step(batch(step)) for step in range(3)] for trainer in trainers]
    assert losses[0] == losses[1]
    copied = copy.deepcopy(trainers[0])
    trainers[0]._ahead._rows[:] = np.nan
    assert [copied.step(batch(step)) for step in (3, 4)] == [trainers[1].step(batch(step)) for step in (3, 4)]
    assert_same(everything(copied), everything(trainers[1]))


def test_a_copy_of_a_trainer_draws_the_masks_that_the_original_would():
    """Also those whose seeds were drawn ahead."""
    net = dr.Network([dr.Dense(6, 9, "tanh"), dr.Dropout(0.5), dr.Dense(9, 3)], seed=1)
    trainer = dr.Trainer(dr.SoftmaxCrossEntropy().loss(net), dr.Adam(0.1), seed=2)
    trainer.step(batch(0))
    copied = copy.deepcopy(trainer)
    assert [copied.step(batch(step)) for step in (1, 2)] == [trainer.step(batch(step)) for step in (1, 2)]
