"""What training does not show: no entries, zero gradients, checks of norms. Rules: tests/training."""

import numpy as np
import pytest

from deltarule.execution.program import Program
from deltarule.execution.threads import Threads
from deltarule.kernels import instructions as do

INF, NAN = np.inf, np.nan
LARGEST = float(np.finfo(np.float32).max)
RULES = {do.SGD: 0, do.MOMENTUM: 1, do.NESTEROV: 1, do.ADAGRAD: 1, do.RMSPROP: 1, do.ADAM: 2}
SETTINGS = {
    do.SGD: [0.1], do.MOMENTUM: [0.1, 0.9], do.NESTEROV: [0.1, 0.9], do.ADAGRAD: [0.1, 1e-10],
    do.RMSPROP: [0.1, 0.99, 1e-8], do.ADAM: [1.0, 0.9, 0.999, 31.6, 1e-8, 1.0],
}  # fmt: skip


def settings(rule):
    return np.array(SETTINGS[rule] + [0.0] * (8 - len(SETTINGS[rule])))


@pytest.mark.parametrize("rule", RULES)
def test_a_gradient_of_zero_changes_nothing(run, normal, rule):
    value, zero = normal(40), np.zeros(40, np.float32)
    states = [np.zeros(40, np.float32) for _ in range(RULES[rule])] + [0] * (2 - RULES[rule])
    before = value.copy()
    for factor in (1.0, 0.5):
        run(do.UPDATE, value, zero, *states, 40, settings(rule), np.array([factor]), numbers=[rule, RULES[rule]])
    np.testing.assert_array_equal(value, before)
    assert not any(np.any(state) for state in states)


@pytest.mark.parametrize("slices", [2, 4])
@pytest.mark.parametrize("entries", [0, 1, 17, 100])
@pytest.mark.parametrize("rule", RULES)
def test_slices_and_rows_are_updated_as_the_whole(run, normal, rule, entries, slices):
    count = RULES[rule]

    def updated(code, *sizes, slices):
        arrays = [initial.copy() for initial in (value, gradient, *states)]
        own = [*arrays[2:], *[0] * (2 - count)]
        operands = [*arrays[:2], *own, *sizes, settings(rule), np.array([0.7])]
        run(code, *operands, numbers=[rule, count], slices=slices)
        return [arrays[0], *arrays[2:]]

    value, gradient, states = normal(entries), normal(entries), [np.abs(normal(entries)) for _ in range(count)]
    whole = updated(do.UPDATE, entries, slices=1)
    assert not entries or (whole[0] != value).any()
    every = np.arange(entries, dtype=np.int32)
    for found in (
        updated(do.UPDATE, entries, slices=slices), updated(do.UPDATE_ROWS, every, entries, 1, slices=slices)
    ):  # fmt: skip
        for one, other in zip(found, whole, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("rule", RULES)
def test_only_the_rows_that_are_named_change(run, normal, rule):
    value, sums, count = normal(9, 3), normal(2, 3), RULES[rule]
    states = [np.zeros((9, 3), np.float32) for _ in range(count)]
    before, ids = value.copy(), np.array([7, 2], np.int32)
    operands = [value, sums, *states, *[0] * (2 - count), ids, 2, 3, settings(rule), np.ones(1)]
    run(do.UPDATE_ROWS, *operands, numbers=[rule, count])
    others = [0, 1, 3, 4, 5, 6, 8]
    np.testing.assert_array_equal(value[others], before[others])
    assert (value[ids] != before[ids]).all()
    for state in states:
        assert not state[others].any()
        assert state[ids].all()


@pytest.mark.parametrize("slices", [1, 3, 4])
@pytest.mark.parametrize("numbers", [[], [3.0, 4.0], [3e30, 4e30], [1e-30] * 40, [NAN, 1], [1] * 39 + [INF]])
def test_norms_are_squared_in_double_precision(run, numbers, slices):
    x, norms = np.array(numbers, np.float32), np.full(4, 7.0)
    run(do.NORM, x, x.size, 1, norms, 1, slices=slices)
    np.testing.assert_allclose(norms[:slices].sum(), (x.astype(np.float64) ** 2).sum(), rtol=1e-7)
    assert (norms[slices:] == 7).all()


@pytest.mark.parametrize("slices", [1, 2, 4])
@pytest.mark.parametrize("parts", [1, 2, 8])
def test_norms_are_those_of_the_sum_of_parts_which_is_left_in_the_first(run, normal, parts, slices):
    x, norms = normal(parts, 100), np.zeros(4)
    expected = x.astype(np.float64).sum(axis=0)
    run(do.NORM, x, 50, 2, norms, parts, slices=slices)
    np.testing.assert_allclose(x[0], expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(norms.sum(), (expected**2).sum(), rtol=1e-5)


@pytest.mark.parametrize(("norms", "loss", "clip", "fine", "factor"), [
    ([9.0, 16.0], 1.0, 0.0, 1, 1.0), ([9.0, 16.0], 1.0, 5.0, 1, 1.0), ([9.0, 16.0], 1.0, 2.5, 1, 0.5),
    ([0.0, 0.0], 0.0, 1.0, 1, 1.0), ([1e60, 0.0], 1.0, 1.0, 1, 1e-30), ([1e60, 0.0], 1.0, 0.0, 0, 1.0),
    ([NAN, 1.0], 1.0, 0.0, 0, None), ([NAN, 1.0], 1.0, 1.0, 0, None), ([INF, 1.0], 1.0, 0.0, 0, None),
    ([INF, 1.0], 1.0, 1.0, 0, None), ([1.0, 1.0], NAN, 0.0, 0, None), ([1.0, 1.0], INF, 1.0, 0, None),
    ([1.0, 1.0], -INF, 0.0, 0, None), ([1.0, 1.0], LARGEST, 0.0, 1, 1.0),
])  # fmt: skip
def test_gradients_are_clipped_or_refused(run, norms, loss, clip, fine, factor):
    found = np.zeros(1)
    largest = float(np.finfo(np.float64).max) if clip else LARGEST
    loss = np.array([loss], np.float32)
    assert run(do.CHECK_GRADIENTS, np.array(norms), 2, loss, found, ..., numbers=[largest, clip]) == fine
    assert factor is None or found[0] == pytest.approx(factor)


def table_of(program, parameters, states, parts):
    """Return the table of `kernels.small_parameters` for parameters (value, gradient), as places of a program."""
    rows = []
    for (value, gradient), own in zip(parameters, states, strict=True):
        places = [program.array(array).address for array in (value, gradient, *own)]
        rows.append([*places, *[program.constant(0)] * (2 - len(own)), value.size, program.constant(parts)])
    return np.array(rows, np.int64)


@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize("rule", RULES)
def test_small_parameters_together_are_updated_as_each_by_itself(run, normal, rule, parts):
    sizes, count = [1, 17, 100, 8], RULES[rule]
    values, gradients = [normal(size) for size in sizes], [normal(parts, size) for size in sizes]
    states = [[np.abs(normal(size)) for _ in range(count)] for size in sizes]
    expected, norms = [], 0.0
    for value, gradient, own in zip(values, gradients, states, strict=True):
        one, total, copies = value.copy(), gradient.astype(np.float64).sum(axis=0), [state.copy() for state in own]
        norms += (total**2).sum()
        operands = [one, total.astype(np.float32), *copies, *[0] * (2 - count), value.size, settings(rule)]
        run(do.UPDATE, *operands, np.array([0.7]), numbers=[rule, count])
        expected += [one, *copies]
    program, found = Program(), np.zeros(1)
    table = table_of(program, list(zip(values, gradients, strict=True)), states, parts)
    place, number = program.array(table), program.constant(len(table))
    norm = program.array(found)
    program.emit(do.NORM_OF_EACH, [place, number, norm], writes=[norm])
    held = settings(rule), np.array([0.7])
    program.emit(do.UPDATE_EACH, [place, number, *map(program.array, held)], reads=[norm], numbers=[rule])
    program.finish()
    program.bind({})
    Threads(program, 1).run()
    assert found[0] == pytest.approx(norms, rel=1e-5)
    changed = [array for value, own in zip(values, states, strict=True) for array in (value, *own)]
    for one, other in zip(changed, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
