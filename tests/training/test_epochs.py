import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import deltarule as dr
from deltarule.errors import InputError, NonFiniteError
from deltarule.training.epochs import History, best_epoch_kept
from deltarule.training.minibatches import Minibatches


def countdown(start=10.0):
    """A parameter that falls by x at each step of gradient descent on J = x w."""
    w = dr.parameter(start, "w")
    return w, dr.Trainer(w * dr.input("x"), dr.SGD(1.0), dtype=np.float64)


def two_steps(_):
    return [{"x": 1.0}, {"x": 1.0}]


def read_out(scores):
    remaining = iter(scores)
    return lambda: next(remaining)


def epoch(number, score=None, best=True):
    return dr.Epoch(number, 0.0, score, 0.0, best)


class TestBestEpochKept:
    def test_the_parameters_of_the_best_epoch_are_left_in_place(self):
        w, trainer = countdown()
        history = best_epoch_kept(trainer, two_steps, 4, score=read_out([0.5, 0.9, 0.7, 0.8]))
        assert float(w.value) == 10 - 2 * 2
        assert [e.best for e in history.epochs] == [True, True, False, False]
        assert history.best is history.epochs[1]
        assert trainer.step_number == 8

    def test_the_first_of_equal_scores_is_kept(self):
        w, trainer = countdown()
        assert best_epoch_kept(trainer, two_steps, 3, score=read_out([0.5, 0.5, 0.5])).best.number == 1
        assert float(w.value) == 8

    def test_without_a_score_the_last_epoch_is_the_best(self):
        w, trainer = countdown()
        history = best_epoch_kept(trainer, two_steps, 3)
        assert float(w.value) == 4
        assert history.best.number == 3
        assert [e.score for e in history.epochs] == [None, None, None]

    def test_a_score_that_is_no_number_is_never_the_best(self):
        w, trainer = countdown()
        assert best_epoch_kept(trainer, two_steps, 3, score=read_out([math.nan, 0.1, math.nan])).best.number == 2
        assert float(w.value) == 6

    @pytest.mark.parametrize(("patience", "stops_after"), [(1, 3), (2, 4), (3, 8), (4, 9), (None, 10)])
    def test_training_stops_when_patience_is_used_up(self, patience, stops_after):
        scores = [1.0, 2.0, 1.5, 1.9, 2.5, 0.0, 2.5, 2.0, 2.4, 2.5]
        _, trainer = countdown()
        history = best_epoch_kept(trainer, two_steps, 10, score=read_out(scores), patience=patience)
        assert len(history.epochs) == stops_after
        assert history.best.score == max(scores[:stops_after])

    def test_history_holds_number_mean_loss_score_and_time_of_each_epoch(self):
        _, trainer = countdown()
        history = best_epoch_kept(trainer, two_steps, 2, score=read_out([0.25, 0.75]))
        assert [(e.number, e.loss, e.score, e.best) for e in history.epochs] == [
            (1, (10 + 9) / 2, 0.25, True),
            (2, (8 + 7) / 2, 0.75, True),
        ]
        assert all(0 < e.seconds < 10 for e in history.epochs)

    def test_steps_and_epochs_are_announced_in_order(self):
        w, trainer = countdown()
        seen = []
        best_epoch_kept(
            trainer,
            two_steps,
            2,
            on_step=lambda step, loss: seen.append((step, loss)),
            on_epoch=lambda done: seen.append((f"epoch {done.number}", float(w.value))),
        )
        assert seen == [(1, 10), (2, 9), ("epoch 1", 8), (1, 8), (2, 7), ("epoch 2", 6)]

    def test_batches_are_asked_for_by_the_number_of_the_epoch(self):
        w, trainer = countdown()
        best_epoch_kept(trainer, lambda number: [{"x": 10.0**number}], 3)
        assert float(w.value) == 10 - 10 - 100 - 1000

    def test_the_best_parameters_are_put_back_when_the_loss_breaks(self):
        w, trainer = countdown()
        epochs = {1: [1.0], 2: [1.0], 3: [1.0], 4: [1.0, math.nan]}
        done = []
        with pytest.raises(NonFiniteError, match="the loss became nan at step 5: it was already in 'x'"):
            best_epoch_kept(
                trainer,
                lambda number: [{"x": x} for x in epochs[number]],
                4,
                score=read_out([0.1, 0.9, 0.5]),
                on_epoch=done.append,
            )
        assert float(w.value) == 8
        assert [e.number for e in done] == [1, 2, 3]

    def test_a_break_in_the_first_epoch_leaves_the_parameters_of_the_last_good_step(self):
        w, trainer = countdown()
        with pytest.raises(NonFiniteError, match="at step 2"):
            best_epoch_kept(trainer, lambda _: [{"x": 1.0}, {"x": math.inf}], 1)
        assert float(w.value) == 9

    def test_an_interruption_puts_the_best_parameters_back_too(self):
        w, trainer = countdown()

        def interrupt(done):
            if done.number == 3:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            best_epoch_kept(trainer, two_steps, 5, score=read_out([0.9, 0.1, 0.2]), on_epoch=interrupt)
        assert float(w.value) == 8

    def test_the_array_of_a_parameter_stays_the_same_one(self):
        w, trainer = countdown()
        array = w.value
        best_epoch_kept(trainer, two_steps, 3, score=read_out([3, 2, 1]))
        assert w.value is array

    def test_no_epochs_and_no_patience_are_refused(self):
        _, trainer = countdown()
        with pytest.raises(InputError, match=r"^training needs at least one epoch, not 0$"):
            best_epoch_kept(trainer, two_steps, 0)
        with pytest.raises(InputError, match=r"^patience must be at least 1 epoch, not 0$"):
            best_epoch_kept(trainer, two_steps, 1, patience=0)

    def test_an_epoch_without_batches_is_refused(self):
        _, trainer = countdown()
        used_up = iter(two_steps(1))
        with pytest.raises(InputError, match=r"^there are no batches to train on in epoch 2$"):
            best_epoch_kept(trainer, lambda _: used_up, 2)


def test_the_best_of_a_history_is_its_last_best_epoch():
    assert History().best is None
    epochs = [epoch(1, 0.1), epoch(2, 0.3), epoch(3, 0.2, best=False)]
    assert History(epochs).best is epochs[1]


class TestMinibatches:
    @given(st.integers(0, 20), st.integers(1, 25), st.none() | st.integers(0, 99))
    def test_each_row_comes_exactly_once_and_rows_stay_together(self, rows, batch, seed):
        data = {"x": np.arange(rows), "y": 10.0 * np.arange(rows)[:, None]}
        batches = list(Minibatches(data, batch, None if seed is None else np.random.default_rng(seed)))
        sizes = [len(part["x"]) for part in batches]
        assert sizes == [batch] * (rows // batch) + ([rows % batch] if rows % batch else [])
        given_rows = [int(row) for part in batches for row in part["x"]]
        assert sorted(given_rows) == list(range(rows))
        if seed is None:
            assert given_rows == list(range(rows))
        for part in batches:
            np.testing.assert_array_equal(part["y"][:, 0], 10.0 * part["x"])

    def test_the_generator_shuffles_and_goes_on_from_epoch_to_epoch(self):
        data, random = {"x": np.arange(50)}, np.random.default_rng(3)
        first, second = (next(iter(Minibatches(data, 50, random)))["x"].tolist() for _ in range(2))
        assert first != second
        assert next(iter(Minibatches(data, 50, np.random.default_rng(3))))["x"].tolist() == first

    def test_arrays_of_unequal_length_are_refused_with_their_lengths(self):
        with pytest.raises(InputError) as raised:
            list(Minibatches({"x": np.zeros(3), "y": np.zeros(2)}, 1))
        assert str(raised.value) == "the arrays must have equally many rows, but have: {'x': 3, 'y': 2}"
        with pytest.raises(InputError, match=r"^the arrays must have equally many rows, but have: {}$"):
            list(Minibatches({}, 1))

    @pytest.mark.parametrize("batch", [0, -1])
    def test_a_batch_without_examples_is_refused(self, batch):
        with pytest.raises(InputError, match=f"^a batch needs at least one example, not {batch}$"):
            list(Minibatches({"x": np.zeros(3)}, batch))


def test_parameters_that_are_not_finite_are_never_kept():
    w = dr.parameter(1.0, "w")
    trainer = dr.Trainer(w * 1.0, dr.SGD(3e38))
    history = dr.History()
    with pytest.raises(dr.NonFiniteError, match="parameter 'w' became infinite or NaN"):
        best_epoch_kept(trainer, lambda _: [{}], 5, history=history)
    assert [epoch.number for epoch in history.epochs] == [1]
    assert w.value == np.float32(1 - 3e38)
