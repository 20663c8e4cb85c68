"""Update rules as kernels take them: those of NumPy, to the rounding of single precision."""

from ctypes import c_double
from dataclasses import dataclass

import numpy as np
import pytest

import deltarule as dr
from deltarule.training.compiled_rules import SettingsAhead, rule_number, rule_settings
from deltarule.training.update_rules import UPDATE_RULES, Adam, UpdateRule

STEPS = 30
RULES = {
    **{name: kind(0.1) for name, kind in UPDATE_RULES.items()},
    "momentum of 0.5": dr.Momentum(0.1, momentum=0.5),
    "nesterov of 0.5": dr.Nesterov(0.1, momentum=0.5),
    "adagrad with a large epsilon": dr.AdaGrad(0.1, epsilon=0.3),
    "rmsprop of 0.6": dr.RMSProp(0.1, decay=0.6, epsilon=0.2),
    "adam of 0.5 and 0.7": Adam(0.1, beta1=0.5, beta2=0.7, epsilon=0.1),
    "adamw with strong decay": dr.AdamW(0.1, weight_decay=0.5),
}
SCHEDULES = {
    "constant": dr.ConstantRate(),
    "warm-up": dr.ConstantRate(warm_up=0.3),
    "linear": dr.LinearDecay(),
    "cosine": dr.CosineDecay(),
    "steps": dr.StepDecay(),
}


class Line:
    """Σ W ∘ x + Σ_i table_{ids_i} y_i + Σ tail z: gradients are the arrays that are fed, whatever the parameters."""

    def __init__(self):
        random = np.random.default_rng(0)
        # 37 and 5 are no multiples of what a vector of numbers holds.
        shapes = {"weight": (37, 5), "table": (40, 3), "tail": (7,), "single": ()}
        self.parameters = [
            dr.parameter(random.normal(size=shape).astype(np.float32), name) for name, shape in shapes.items()
        ]
        weight, table, tail, single = self.parameters
        rows = dr.row_lookup(table, dr.input("ids", ("batch",), integer=True)) * dr.input("y", ("batch", 3))
        self.loss = dr.sum(weight * dr.input("x", (37, 5))) + dr.sum(rows)
        self.loss = self.loss + dr.sum(tail * dr.input("z", (7,))) + single * 0.3

    def feeds(self, step):
        random = np.random.default_rng(step)
        batch = int(random.integers(0, 25))  # rows named twice, rows never named, and no rows at all
        feeds = {name: random.normal(size=shape) for name, shape in (("x", (37, 5)), ("y", (batch, 3)), ("z", (7,)))}
        return {**{k: v.astype(np.float32) for k, v in feeds.items()}, "ids": random.integers(0, 30, batch)}


def trained(**options):
    line = Line()
    trainer = dr.Trainer(line.loss, steps=STEPS, **options)
    for step in range(STEPS):
        trainer.step(line.feeds(step))
    return line, trainer


def compare(**options):
    """Train on kernels, and on the reference interpreter in double precision; return the trainer on kernels."""
    found, on_kernels = trained(threads=1, **options)
    expected, reference = trained(dtype=np.float64, **options)
    assert on_kernels._compiled_steps is not None
    assert reference._compiled_steps is None
    for own, right, first in zip(found.parameters, expected.parameters, Line().parameters, strict=True):
        moved = np.abs(right.value - first.value).max()
        assert moved > 1e-3
        np.testing.assert_allclose(own.value, right.value, rtol=2e-6, atol=2e-6 * moved, err_msg=own.name)
        states, right_states = on_kernels._states[own], reference._states[right]
        assert states.keys() == right_states.keys()
        for name, state in states.items():
            np.testing.assert_allclose(
                state, right_states[name], rtol=1e-5, atol=1e-6 * np.abs(right_states[name]).max(), err_msg=name
            )
    return on_kernels


@pytest.mark.parametrize("clip", [None, 3.0, 1e6], ids=["no clip", "clip", "wide clip"])
@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_parameters_and_what_a_rule_remembers_are_those_of_the_reference(rule, clip):
    compare(update_rule=rule, clip=clip)


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
@pytest.mark.parametrize("rule", [dr.SGD(0.1), dr.AdamW(0.1)], ids=["sgd", "adamw"])
def test_schedules(rule, schedule):
    compare(update_rule=rule, schedule=schedule)


def test_rows_that_no_lookup_named_stay_to_the_last_bit():
    for rule in RULES.values():
        line, trainer = trained(update_rule=rule, clip=2.0, threads=1)
        table, first = line.parameters[1], Line().parameters[1]
        np.testing.assert_array_equal(table.value[30:], first.value[30:])
        for state in trainer._states[table].values():
            assert not state[30:].any()


def test_a_table_that_is_also_penalised_moves_as_a_whole():
    def final(**options):
        random = np.random.default_rng(0)
        table = dr.parameter(random.normal(size=(9, 2)).astype(np.float32))
        loss = dr.mean(dr.row_lookup(table, dr.input("ids", ("batch",), integer=True)) ** 2)
        trainer = dr.Trainer(loss + dr.l2_penalty([table], 0.1), dr.Adam(0.05), **options)
        for _ in range(STEPS):
            trainer.step({"ids": random.integers(0, 5, 4)})
        return table.value

    np.testing.assert_allclose(final(), final(dtype=np.float64), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("entries", [1, 16384 * 2 + 5, 16384 * 9])
def test_parameters_that_are_updated_in_slices(entries):
    """A parameter is cut into four slices at most, and the squares of its gradient add up over them."""
    x = np.random.default_rng(0).normal(size=entries).astype(np.float32)
    w = dr.parameter(np.zeros(entries, np.float32))
    trainer = dr.Trainer(dr.sum(w * dr.input("x", (entries,))), dr.SGD(1.0), clip=0.1, threads=2)
    trainer.step({"x": x})
    np.testing.assert_allclose(w.value, -0.1 * x / np.linalg.norm(x.astype(np.float64)), rtol=1e-6)


def test_squares_that_overflow_single_precision_are_clipped():
    w = dr.parameter(np.zeros(3, np.float32))
    dr.Trainer(dr.sum(w * dr.input("x", (3,))), dr.SGD(1.0), clip=1.0, threads=1).step({"x": [3e30, 0, -4e30]})
    np.testing.assert_allclose(w.value, [-0.6, 0, 0.8], rtol=1e-6)


def test_the_rate_of_a_step_is_the_rate_of_adam_corrected():
    rate, beta1, beta2, correction, epsilon, shrink = rule_settings(dr.AdamW(weight_decay=0.5), 0.1, 3)
    assert (beta1, beta2, epsilon, shrink) == (0.9, 0.999, 1e-8, 1 - 0.1 * 0.5)
    assert rate == pytest.approx(0.1 / (1 - 0.9**3))
    assert correction == pytest.approx(1 / np.sqrt(1 - 0.999**3))
    together = rule_settings(dr.AdamW(weight_decay=0.5), np.array([0.2, 0.1]), np.array([1, 3]))
    for many, one in zip(together, (rate, beta1, beta2, correction, epsilon, shrink), strict=True):
        assert np.broadcast_to(many, 2)[1] == pytest.approx(one, rel=1e-15)


@pytest.mark.parametrize("schedule", [dr.ConstantRate(), dr.ConstantRate(warm_up=0.1), dr.CosineDecay(warm_up=0.2)])
@pytest.mark.parametrize("rule", [dr.SGD(0.5), dr.Nesterov(0.1), dr.AdamW(0.2, weight_decay=0.5)])
def test_settings_found_ahead_are_those_of_each_step(rule, schedule):
    """Steps may be taken one by one or some at a time, again from an earlier one, and beyond what was planned."""
    ahead = SettingsAhead(rule, schedule, 600)
    for first, count in [(0, 1), (1, 1), (2, 50), (52, 300), (352, 1), (3, 2), (595, 10), (604, 1), (5000, 700)]:
        found = np.ctypeslib.as_array((c_double * (8 * count)).from_address(ahead.address_of(first, count)))
        found = found.reshape(count, 8)
        for row, step in zip(found, range(first, first + count), strict=True):
            expected = rule_settings(rule, rule.learning_rate * schedule.factor(step, 600), step + 1)
            np.testing.assert_allclose(row[: len(expected)], expected, rtol=1e-14)


@pytest.mark.parametrize("beta", [0.0, 0.5, 0.9, 0.999, 0.9999])
@pytest.mark.parametrize("step", [1, 50, 379, 380, 381, 7000, 40_000, 400_000, 10_000_000])
def test_late_steps_are_corrected_as_the_reference_corrects_them(beta, step):
    """Powers are no longer found where they are rounded off."""
    rate, _, _, correction, *_ = rule_settings(dr.Adam(beta1=beta, beta2=beta), 0.1, np.array([step]))
    assert rate == pytest.approx(0.1 / (1 - beta**step), rel=1e-14)
    assert correction == pytest.approx((1 - beta**step) ** -0.5, rel=1e-14)


@dataclass(frozen=True)
class Sign(UpdateRule):
    """θ ← θ − α sign ∇."""

    def update(self, value, gradient, state, rate, step):
        value -= rate * np.sign(gradient)


@dataclass(frozen=True)
class HalfAdam(Adam):
    """A rule derived from one of ours may do anything."""

    def update(self, value, gradient, state, rate, step):
        super().update(value, 0.5 * gradient, state, 2 * rate, step)


def test_every_rule_of_ours_has_a_kernel_and_no_other():
    assert all(rule_number(rule) is not None for rule in RULES.values())
    assert len({rule_number(kind()) for kind in UPDATE_RULES.values()}) == len(UPDATE_RULES) - 1  # AdamW is Adam's
    assert rule_number(Sign()) is rule_number(HalfAdam()) is None


@pytest.mark.parametrize("rule", [Sign(0.1), HalfAdam(0.1)], ids=["own", "derived"])
def test_rules_of_users_train_on_the_reference(rule):
    line, trainer = trained(update_rule=rule)
    assert trainer._compiled_steps is None
    expected, _ = trained(update_rule=rule, compiled=False)
    for own, right in zip(line.parameters, expected.parameters, strict=True):
        np.testing.assert_array_equal(own.value, right.value)
