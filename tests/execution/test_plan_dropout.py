"""The dropout masks of plans: functions of a seed and of the place in an array, the same forward and back."""

import numpy as np
import pytest

import deltarule as dr
from deltarule.execution.plan import ForwardPlan

x = dr.input("x", ("batch", 40))
SHAPE = (25, 40)


def kept(mask, rate):
    """Return which entries a mask keeps, after asserting that those are scaled by 1 / (1 − rate)."""
    np.testing.assert_array_equal(np.unique(mask), np.array([0, 1 / (1 - rate)], np.float32))
    return mask > 0


@pytest.mark.parametrize("rate", [0.01, 0.1, 0.3, 0.5, 0.9])
def test_the_rate_is_right(plans, rate):
    dropped = [np.mean(~kept(plans.mask((20_000,), rate, seed), rate)) for seed in (0, 1, 2**31 + 5, 2**32 - 1)]
    # Five standard deviations of a binomial share.
    assert np.abs(np.array(dropped) - rate).max() < 5 * np.sqrt(rate * (1 - rate) / 20_000)


@pytest.mark.parametrize("shape", [(7,), (3, 5), (2, 3, 4)])
def test_a_mask_is_a_function_of_its_seed_and_of_the_number_of_the_entry(plans, shape):
    flat = plans.mask((int(np.prod(shape)),), 0.5, 9)
    np.testing.assert_array_equal(plans.mask(shape, 0.5, 9).ravel(), flat)
    np.testing.assert_array_equal(plans.mask((1000,), 0.5, 9)[: flat.size], flat)


def test_seeds_give_independent_masks(plans):
    masks = np.array([kept(plans.mask((4000,), 0.5, seed), 0.5) for seed in range(20)])
    correlation = np.corrcoef(masks) - np.eye(20)
    assert np.abs(correlation).max() < 5 / np.sqrt(4000)
    neighbours = np.mean(masks[:, 1:] == masks[:, :-1])
    assert abs(neighbours - 0.5) < 5 * 0.5 / np.sqrt(masks[:, 1:].size)


def test_two_masks_of_a_step_have_seeds_of_their_own(plans):
    first, second = dr.parameter(np.ones(500, np.float32)), dr.parameter(np.ones(500, np.float32))
    plan = plans.make(dr.sum(dr.dropout(first, 0.5)) + dr.sum(dr.dropout(second, 0.5)))
    assert plan.masks == 2
    plan.step({}, np.array([3, 4]))
    for node, seed in ((first, 3), (second, 4)):
        np.testing.assert_array_equal(plan.gradient(node), plans.mask((500,), 0.5, seed))


ACTIVATIONS = (None, dr.sigmoid, dr.tanh, dr.hard_tanh, dr.soft_sign, dr.relu, dr.leaky_relu)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("rate", [0.2, 0.5])
def test_the_mask_back_is_the_mask_forward(plans, activation, rate):
    """In Σ dropout(f(W x)) ∘ U, the gradient of U is what the pass forward made, that of W comes from the pass back."""
    inputs = dr.input("inputs", SHAPE)
    W, U = dr.parameter(np.eye(40, dtype=np.float32), "W"), dr.parameter(np.ones(SHAPE, np.float32), "U")
    z = dr.linear(inputs, W)
    plan = plans.make(dr.sum(dr.dropout(activation(z) if activation else z, rate) * U))
    batch = np.random.default_rng(0).normal(size=SHAPE).astype(np.float32)
    plan.step({"inputs": batch}, np.array([77]))
    mask = plans.mask(SHAPE, rate, 77)
    f = (lambda z: z * 1.0) if activation is None else activation
    run = dr.backprop(f(inputs), {"inputs": batch})
    np.testing.assert_allclose(plan.gradient(U), mask * run.value(run.order[-1]), rtol=1e-5)
    np.testing.assert_allclose(plan.gradient(W), (mask * run.gradient(inputs)).T @ batch, rtol=1e-5, atol=1e-5)


def test_saturated_neurons_that_are_kept_send_no_signal(plans):
    """Their output is 1 / (1 − rate), which must count as 1 whatever the rate."""
    W = dr.parameter(np.full((4, 40), 1, np.float32))
    for rate in np.arange(0.02, 1, 0.02):
        plan = plans.make(dr.sum(dr.dropout(dr.hard_tanh(dr.linear(x, W)), float(rate))))
        plan.step({"x": np.ones(SHAPE)}, np.array([5]))
        assert not plan.gradient(W).any(), rate


def test_other_batches_keep_the_masks_of_the_rows_they_share(plans):
    out = dr.parameter(np.ones((1, 40), np.float32))
    plan = plans.make(dr.sum(dr.dropout(x, 0.5) * out))
    for rows in (25, 3, 60):
        plan.step({"x": np.ones((rows, 40))}, np.array([6]))
        np.testing.assert_array_equal(plan.gradient(out)[0], plans.mask((rows, 40), 0.5, 6).sum(axis=0))


def test_dropout_of_rows_of_a_table_under_a_margin(plans):
    """Only some rows carry a signal, of arrays of two and of three axes."""
    table = dr.parameter(np.random.default_rng(0).normal(size=(30, 4)), "table")
    words, labels = dr.input("words", ("batch", 5), integer=True), dr.input("labels", ("batch",), integer=True)
    windows = dr.reshape(dr.dropout(dr.row_lookup(table, words), 0.5), ("batch", 20))
    scores = dr.Dense(20, 3)(dr.dropout(windows, 0.2))
    loss = dr.MultiClassMaxMargin(0.5)(scores, labels)
    random = np.random.default_rng(1)
    feeds = {"words": random.integers(0, 30, (40, 5)), "labels": random.integers(0, 3, 40)}
    plan = plans.check(loss, feeds, seeds=[8, 2**32 - 9])
    assert 0.1 < plan.violators < 0.9


def test_prediction_drops_nothing():
    (predicted,) = ForwardPlan([dr.dropout(dr.tanh(x), 0.9) + 0.0], threads=1)({"x": np.full(SHAPE, 0.3)})
    np.testing.assert_allclose(predicted, np.full(SHAPE, np.tanh(0.3)), rtol=1e-6)
