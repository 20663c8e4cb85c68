import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

import deltarule as dr
from deltarule.errors import InputError
from deltarule.training.schedules import SCHEDULES, schedule

every_schedule = pytest.mark.parametrize("name", SCHEDULES)

# Factors at the first, the middle and the last of 12 steps: progress 0, 6/12, 11/12.
FIRST_MIDDLE_LAST = {
    "constant": (1, 1, 1),
    "step": (1, 0.1, 0.01),
    "linear": (1, 0.5, 1 / 12),
    "cosine": (1, 0.5, (1 + math.cos(math.pi * 11 / 12)) / 2),
}


@every_schedule
def test_factors_at_the_first_middle_and_last_step(name):
    factors = [schedule(name).factor(step, 12) for step in (0, 6, 11)]
    assert factors == pytest.approx(FIRST_MIDDLE_LAST[name], rel=1e-14)


@every_schedule
def test_factors_after_a_warm_up_of_a_half(name):
    factors = [schedule(name, 0.5).factor(step, 24) for step in range(24)]
    assert factors[:12] == pytest.approx([(step + 1) / 13 for step in range(12)], rel=1e-14)
    assert [factors[step] for step in (12, 18, 23)] == pytest.approx(FIRST_MIDDLE_LAST[name], rel=1e-14)


@every_schedule
@given(steps=st.integers(1, 200), warm_up=st.floats(0, 0.99))
def test_the_rate_rises_in_the_warm_up_never_rises_after_it_and_stays_within_0_and_1(name, steps, warm_up):
    factors = [schedule(name, warm_up).factor(step, steps) for step in range(steps)]
    assert all(0 < factor <= 1 for factor in factors)
    rising = sum(step < warm_up * steps for step in range(steps))
    assert all(before < after for before, after in pairwise(factors[:rising]))
    assert all(before >= after for before, after in pairwise(factors[rising:]))
    if rising < steps:
        assert factors[rising] > 0.5 or name != "constant"


@every_schedule
def test_training_on_after_the_last_step_keeps_the_factor_of_the_end(name):
    ends = {"constant": 1, "step": 0.01, "linear": 0, "cosine": 0}
    for step in (12, 13, 100):
        assert schedule(name).factor(step, 12) == pytest.approx(ends[name], abs=1e-15)


def test_step_decay_falls_at_the_end_of_each_part():
    factors = [dr.StepDecay(parts=4, factor_each=0.5).factor(step, 8) for step in range(8)]
    assert factors == [1, 1, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125]


def test_the_trainer_scales_the_rate_by_the_schedule():
    w = dr.parameter(0.0, "w")
    trainer = dr.Trainer(w * 1.0, dr.SGD(0.5), schedule=dr.LinearDecay(), steps=4, dtype="float64")
    positions = []
    for _ in range(4):
        trainer.step()
        positions.append(float(w.value))
    assert positions == [-0.5, -0.875, -1.125, -1.25]


def test_an_unknown_schedule_is_refused_and_the_known_ones_are_listed():
    with pytest.raises(InputError) as raised:
        schedule("cyclic")
    assert str(raised.value) == f"unknown schedule 'cyclic'; choose one of: {', '.join(SCHEDULES)}"


@every_schedule
@pytest.mark.parametrize("warm_up", [-0.1, 1, 1.5, math.nan])
def test_a_warm_up_must_be_a_share(name, warm_up):
    message = f"warm_up is a share of all steps, at least 0 and below 1, not {warm_up}"
    with pytest.raises(InputError, match=f"^{message}$"):
        schedule(name, warm_up)


@pytest.mark.parametrize("parts", [0, -1])
def test_step_decay_needs_a_part(parts):
    with pytest.raises(InputError, match=f"^step decay needs at least one part, not {parts}$"):
        dr.StepDecay(parts=parts)
