import numpy as np
import pytest

from deltarule.checking.differences import DEFAULT_STEP, Evaluation, difference, extrapolate, ladder


def line(function):
    return lambda value: Evaluation(float(function(value)))


def test_slopes_of_a_parabola():
    slopes = difference(line(lambda x: x * x), 3.0, 9.0, 0.5, magnitude=0.0)
    assert slopes.step == 1.5  # scaled to the entry
    assert (slopes.left, slopes.right, slopes.central, slopes.jump) == (4.5, 7.5, 6.0, 3.0)
    assert slopes.usable


def test_small_entries_move_by_the_step_itself():
    assert difference(line(np.sin), 2.0**-30, 0.0, 2.0**-10, 0.0).step == 2.0**-10


def test_the_step_is_the_one_really_taken():
    point = 1e6 + 0.1
    slopes = difference(line(lambda x: 3 * x), point, 3 * point, DEFAULT_STEP, 0.0)
    assert slopes.step == (point + slopes.step) - point
    assert slopes.central == pytest.approx(3.0, abs=slopes.noise)


def noise(size, step, magnitude=0.0):
    return difference(line(lambda x: size), 0.0, size, step, magnitude).noise


def test_noise_grows_with_the_loss_and_with_small_steps():
    assert noise(1, 1e-3) == pytest.approx(8 * 2.0**-52 / 1e-3, rel=1e-12)
    assert noise(10, 1e-3) == pytest.approx(10 * noise(1, 1e-3), rel=1e-12)
    assert noise(1, 1e-4) == pytest.approx(10 * noise(1, 1e-3), rel=1e-12)
    assert noise(1, 1e-3, magnitude=50.0) == pytest.approx(50 * noise(1, 1e-3), rel=1e-12)


def test_left_and_right_at_a_kink():
    slopes = difference(line(abs), 0.0, 0.0, 1e-4, 0.0)
    assert (slopes.left, slopes.right, slopes.central, slopes.jump) == (-1.0, 1.0, 0.0, 2.0)


def test_a_step_that_leaves_the_domain_or_meets_a_kink_is_not_usable():
    assert not difference(line(lambda x: np.nan if x < 0 else x), 0.0, 0.0, 1e-4, 0.0).usable
    crossed = difference(lambda value: Evaluation(value, "relu" if value < 0 else None), 0.0, 0.0, 1e-4, 0.0)
    assert (crossed.kink, crossed.usable) == ("relu", False)


def test_extrapolation_removes_the_error_of_order_two():
    exact = np.cos(0.7)
    steps = ladder(line(np.sin), 0.7, np.sin(0.7), 0.0)
    assert [step.step for step in steps] == pytest.approx([2.0**-9 / 8**k for k in range(7)], rel=1e-9)
    assert abs(steps[0].central - exact) > 1e-7
    assert abs(extrapolate(steps[0], steps[1]) - exact) < 2e-12
