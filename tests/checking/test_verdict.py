import math

import numpy as np
import pytest

from deltarule.checking.differences import DEFAULT_STEP, Evaluation
from deltarule.checking.verdict import judge, relative_error


def verdict(function, point, analytic, tolerance=1e-6):
    return judge(
        lambda value: Evaluation(float(function(value))),
        (0,),
        point,
        analytic,
        centre=float(function(point)),
        magnitude=abs(float(function(point))),
        step=DEFAULT_STEP,
        tolerance=tolerance,
    )


def test_relative_error():
    assert relative_error(2.0, 1.0, 0.0, 1e-6) == 0.5
    assert relative_error(-1.0, 1.0, 0.0, 1e-6) == 2.0
    assert relative_error(0.0, 0.0, 0.0, 1e-6) == 0.0
    assert relative_error(2e-10, 1e-10, 1e-10, 1e-6) == pytest.approx(1e-6, rel=1e-9)  # a gap as large as the noise
    assert math.isnan(relative_error(math.nan, 1.0, 0.0, 1e-6))


SMOOTH = [
    (np.sin, np.cos),
    (np.exp, np.exp),
    (lambda x: x**3, lambda x: 3 * x**2),
    (np.tanh, lambda x: 1 / np.cosh(x) ** 2),
]


@pytest.mark.parametrize("point", [-2.3, -1e-3, 0.0, 0.4, 7.0])
@pytest.mark.parametrize(("function", "slope"), SMOOTH)
def test_smooth_functions(function, slope, point):
    right = verdict(function, point, float(slope(point)))
    assert right.verdict == "agrees"
    assert right.relative_error <= 1e-6
    if abs(slope(point)) > 1e-3:
        assert verdict(function, point, 1.001 * float(slope(point))).verdict == "wrong"
    assert verdict(function, point, float(slope(point)) + 1e-3 * max(1.0, abs(slope(point)))).verdict == "wrong"


@pytest.mark.parametrize("analytic", [math.nan, math.inf, -math.inf])
def test_a_gradient_that_is_not_finite_is_wrong(analytic):
    assert verdict(np.sin, 0.3, analytic).verdict == "wrong"
    assert verdict(abs, 0.0, analytic).verdict == "wrong"


def test_a_stiff_function_gets_other_steps_before_the_verdict():
    # Truncation spoils the first step: its relative error is near (1e4 h)² / 6 = 6e-4.
    stiff = verdict(lambda x: np.sin(1e4 * x), 0.1, 1e4 * math.cos(1e3))
    assert stiff.verdict == "agrees"
    assert verdict(lambda x: np.sin(1e4 * x), 0.1, 1.0001e4 * math.cos(1e3)).verdict == "wrong"


def test_a_tiny_gradient_beside_a_large_loss_is_no_alarm():
    slope = 1e-7
    assert verdict(lambda x: 1e3 + slope * x, 0.5, slope).verdict == "agrees"
    assert verdict(lambda x: 1e3 + slope * x, 0.5, 0.0).verdict == "agrees"  # rounding explains it
    assert verdict(lambda x: 1e3 + slope * x, 0.5, 1e-4).verdict == "wrong"  # rounding does not


@pytest.mark.parametrize("analytic", [-1.0, -0.5, 0.0, 1.0])
def test_any_slope_between_left_and_right_is_a_kink(analytic):
    entry = verdict(abs, 0.0, analytic)
    assert entry.verdict == "kink"
    assert (entry.left, entry.right, entry.numeric) == (-1.0, 1.0, 0.0)


@pytest.mark.parametrize("analytic", [-1.1, 1.1, 20.0])
def test_a_slope_outside_is_wrong_even_at_a_kink(analytic):
    assert verdict(abs, 0.0, analytic).verdict == "wrong"


@pytest.mark.parametrize("distance", [1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7])
@pytest.mark.parametrize("side", [-1, 1])
def test_a_kink_nearby_is_escaped(distance, side):
    point = side * distance
    assert verdict(abs, point, side).verdict == "agrees"
    assert verdict(abs, point, 1.01 * side).verdict == "wrong"
    assert verdict(abs, point, 0.0).verdict == "wrong"  # between left and right of a step, but not of the point
    assert verdict(abs, point, -side).verdict == "wrong"


def test_curvature_is_no_kink():
    assert verdict(lambda x: 1e3 * x * x, 0.0, 0.0).verdict == "agrees"
    assert verdict(lambda x: 1e3 * x * x, 0.0, 0.1).verdict == "wrong"


def test_a_gradient_at_the_edge_of_the_domain():
    entry = verdict(lambda x: math.log(x) if x > 0 else math.nan, 1e-3, 1e3)
    assert entry.verdict == "agrees"
    assert verdict(lambda x: math.log(x) if x > 0 else math.nan, 1e-3, 1.01e3).verdict == "wrong"


def test_a_looser_tolerance_agrees_with_more():
    assert verdict(np.sin, 0.0, 1.005).verdict == "wrong"
    assert verdict(np.sin, 0.0, 1.005, tolerance=1e-2).verdict == "agrees"


def at_known_kink(analytic, slopes):
    left, right = slopes

    def line(value):
        return Evaluation(left * value if value < 0 else right * value, "relu" if value < 0 else None)

    return judge(line, (2,), 0.0, analytic, centre=0.0, magnitude=1.0, step=DEFAULT_STEP, tolerance=1e-6)


def test_a_known_kink_is_named():
    entry = at_known_kink(0.0, (-1.0, 1.0))
    assert (entry.verdict, entry.kink, entry.index, entry.left, entry.right) == ("kink", "relu", (2,), -1.0, 1.0)


def test_at_a_known_kink_a_value_outside_is_no_error():
    # relu(x) − relu(−x) = x: backpropagation's convention gives 0 where both sides have slope 1.
    assert at_known_kink(0.0, (1.0, 1.0)).verdict == "kink"


def test_a_kink_that_the_loss_does_not_feel_is_none():
    assert at_known_kink(1.0, (1.0, 1.0)).verdict == "agrees"
