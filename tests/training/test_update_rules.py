import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import deltarule as dr
from deltarule.errors import InputError
from deltarule.graph import RowSignal
from deltarule.training.update_rules import UPDATE_RULES, update_rule

RATE = 0.05
TORCH = {
    "sgd": lambda optim, parameters: optim.SGD(parameters, RATE),
    "momentum": lambda optim, parameters: optim.SGD(parameters, RATE, momentum=0.9),
    "nesterov": lambda optim, parameters: optim.SGD(parameters, RATE, momentum=0.9, nesterov=True),
    "adagrad": lambda optim, parameters: optim.Adagrad(parameters, RATE),
    "rmsprop": lambda optim, parameters: optim.RMSprop(parameters, RATE),
    "adam": lambda optim, parameters: optim.Adam(parameters, RATE),
    "adamw": lambda optim, parameters: optim.AdamW(parameters, RATE),
}

every_rule = pytest.mark.parametrize("name", UPDATE_RULES)


def after(rule, value, gradients):
    """The value and state after one step for each gradient."""
    value = np.array(value)
    state = rule.initial_state(value)
    for step, gradient in enumerate(gradients, start=1):
        rule.apply(value, gradient, state, rule.learning_rate, step)
    return value, state


def some_gradients(seed, shape=(6, 3), steps=20):
    return list(np.random.default_rng(seed).normal(size=(steps, *shape)))


@every_rule
def test_twenty_steps_agree_with_torch(name):
    torch = pytest.importorskip("torch")
    start, gradients = np.random.default_rng(0).normal(size=(6, 3)), some_gradients(1)
    theirs = torch.tensor(start, requires_grad=True)
    optimiser = TORCH[name](torch.optim, [theirs])
    for gradient in gradients:
        theirs.grad = torch.tensor(gradient)
        optimiser.step()
    ours, _ = after(update_rule(name, RATE), start, gradients)
    np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=1e-10, atol=1e-12)
    assert np.abs(ours - start).min() > 1e-4


def test_settings_other_than_the_defaults_agree_with_torch():
    torch = pytest.importorskip("torch")
    start, gradients = np.random.default_rng(0).normal(size=(6, 3)), some_gradients(2)
    for ours, make in [
        (dr.Momentum(0.03, momentum=0.5), lambda p: torch.optim.SGD(p, 0.03, momentum=0.5)),
        (dr.Nesterov(0.03, momentum=0.5), lambda p: torch.optim.SGD(p, 0.03, momentum=0.5, nesterov=True)),
        (dr.AdaGrad(0.03, epsilon=0.1), lambda p: torch.optim.Adagrad(p, 0.03, eps=0.1)),
        (dr.RMSProp(0.03, decay=0.8, epsilon=0.1), lambda p: torch.optim.RMSprop(p, 0.03, alpha=0.8, eps=0.1)),
        (dr.Adam(0.03, beta1=0.8, beta2=0.9, epsilon=0.1), lambda p: torch.optim.Adam(p, 0.03, (0.8, 0.9), 0.1)),
        (dr.AdamW(0.03, weight_decay=0.5), lambda p: torch.optim.AdamW(p, 0.03, weight_decay=0.5)),
    ]:
        theirs = torch.tensor(start, requires_grad=True)
        optimiser = make([theirs])
        for gradient in gradients:
            theirs.grad = torch.tensor(gradient)
            optimiser.step()
        value, _ = after(ours, start, gradients)
        np.testing.assert_allclose(value, theirs.detach().numpy(), rtol=1e-10, atol=1e-12, err_msg=str(ours))


def by_hand(name):
    """Two steps from θ = 1 with gradients 2 and −1 at the rate 0.05."""
    mean, squares = [0.1 * 2, 0.9 * 0.2 - 0.1], [0.001 * 4, 0.999 * 0.004 + 0.001]
    moments = zip((1, 2), mean, squares, strict=True)
    adam = [m / (1 - 0.9**t) / (math.sqrt(v / (1 - 0.999**t)) + 1e-8) for t, m, v in moments]
    return {
        "sgd": 1 - 0.05 * (2 - 1),
        "momentum": 1 - 0.05 * (2 + (0.9 * 2 - 1)),
        "nesterov": 1 - 0.05 * ((2 + 0.9 * 2) + (-1 + 0.9 * (0.9 * 2 - 1))),
        "adagrad": 1 - 0.05 * (2 / (2 + 1e-10) - 1 / (math.sqrt(5) + 1e-10)),
        "rmsprop": 1 - 0.05 * (2 / (math.sqrt(0.04) + 1e-8) - 1 / (math.sqrt(0.99 * 0.04 + 0.01) + 1e-8)),
        "adam": 1 - 0.05 * (adam[0] + adam[1]),
        "adamw": ((1 - 0.0005) - 0.05 * adam[0]) * (1 - 0.0005) - 0.05 * adam[1],
    }[name]


@every_rule
@pytest.mark.parametrize("shape", [(), (1,), (2, 3)])
def test_two_steps_by_hand_on_any_shape(name, shape):
    value, _ = after(update_rule(name, 0.05), np.ones(shape), [np.full(shape, 2.0), np.full(shape, -1.0)])
    np.testing.assert_allclose(value, np.full(shape, by_hand(name)), rtol=1e-13)


@every_rule
def test_parameters_change_in_place_and_keep_their_precision(name):
    rule = update_rule(name)
    value = np.ones((2, 2), np.float32)
    alias, state = value, rule.initial_state(value)
    gradient = np.full((2, 2), 0.5, np.float32)
    rule.apply(value, gradient, state, 0.1, 1)
    assert alias is value
    assert (value < 1).all()
    assert gradient.tolist() == [[0.5, 0.5], [0.5, 0.5]]
    assert {array.dtype for array in [value, *state.values()]} == {np.dtype(np.float32)}


@every_rule
@pytest.mark.parametrize("shape", [(6, 3), (6,), (6, 2, 2)])
def test_rows_that_appear_at_every_step_change_as_if_they_were_the_whole_parameter(name, shape):
    rule, rows = update_rule(name, RATE), np.array([4, 1, 3])
    start = np.random.default_rng(0).normal(size=shape)
    gradients = some_gradients(3, (3, *shape[1:]))
    value, state = after(rule, start, [RowSignal(rows, gradient, shape) for gradient in gradients])
    alone, alone_state = after(rule, start[rows], gradients)
    np.testing.assert_array_equal(value[rows], alone)
    for remembered, array in state.items():
        np.testing.assert_array_equal(array[rows], alone_state[remembered])


@every_rule
def test_rows_without_a_gradient_and_what_is_remembered_of_them_stay_bit_for_bit(name):
    rule = update_rule(name, RATE)
    value, state = after(rule, np.random.default_rng(0).normal(size=(6, 3)), some_gradients(4, steps=3))
    before, state_before = value.copy(), {remembered: array.copy() for remembered, array in state.items()}
    rule.apply(value, RowSignal(np.array([5, 2]), np.ones((2, 3)), (6, 3)), state, RATE, 4)
    silent = [0, 1, 3, 4]
    assert value[silent].tobytes() == before[silent].tobytes()
    assert (value[[2, 5]] != before[[2, 5]]).all()
    for remembered, array in state.items():
        assert array[silent].tobytes() == state_before[remembered][silent].tobytes()
        assert (array[[2, 5]] != state_before[remembered][[2, 5]]).all()


@every_rule
@settings(max_examples=20, deadline=None)
@given(ids=st.lists(st.integers(0, 4), max_size=9), seed=st.integers(0, 999))
def test_a_row_named_many_times_gets_one_update_with_the_sum(name, ids, seed):
    rule, rows = update_rule(name, RATE), np.array(ids, int)
    random = np.random.default_rng(seed)
    start, values = random.normal(size=(5, 2)), random.normal(size=(len(ids), 2))
    summed = np.zeros((5, 2))
    np.add.at(summed, rows, values)
    distinct = np.array(sorted(set(ids)), int)
    many, state = after(rule, start, [RowSignal(rows, values, (5, 2))])
    once, state_once = after(rule, start, [RowSignal(distinct, summed[distinct], (5, 2))])
    np.testing.assert_allclose(many, once, rtol=1e-10, atol=1e-12)
    for remembered, array in state.items():
        np.testing.assert_allclose(array, state_once[remembered], rtol=1e-10, atol=1e-12)


@every_rule
def test_no_rows_change_nothing(name):
    start = np.random.default_rng(0).normal(size=(4, 2))
    value, _ = after(update_rule(name), start, [RowSignal(np.zeros(0, int), np.zeros((0, 2)), (4, 2))])
    np.testing.assert_array_equal(value, start)


@every_rule
def test_a_rule_is_found_by_its_name_in_any_case_with_its_default_or_a_given_rate(name):
    assert update_rule(name) == UPDATE_RULES[name]()
    assert update_rule(UPDATE_RULES[name].__name__, 0.25) == UPDATE_RULES[name](0.25)
    assert update_rule(name, 0.25).learning_rate == 0.25


@every_rule
def test_every_rule_goes_downhill_on_a_scalar(name):
    w = dr.parameter(5.0, "w")
    trainer = dr.Trainer((w - 3.0) ** 2, update_rule(name, 0.1))
    losses = [trainer.step() for _ in range(30)]
    assert losses[0] == 4
    assert min(losses) < 2.9
    assert w.value.shape == ()


def test_an_unknown_rule_is_refused_and_the_known_ones_are_listed():
    with pytest.raises(InputError) as raised:
        update_rule("lion")
    assert str(raised.value) == f"unknown update rule 'lion'; choose one of: {', '.join(UPDATE_RULES)}"


@every_rule
@pytest.mark.parametrize("rate", [0, -0.1, math.nan])
def test_a_learning_rate_must_be_above_0(name, rate):
    with pytest.raises(InputError, match=f"^the learning rate must be above 0, not {rate}$"):
        update_rule(name, rate)
