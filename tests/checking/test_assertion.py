import re

import numpy as np
import pytest

import deltarule as dr

AT = np.array([0.0, 0.5, -2.0, 1.5])


def test_right_gradients_give_the_report():
    assert dr.assert_gradients(lambda x: np.sum(x**3), lambda x: 3 * x**2, AT)["at"].checked == 4


def test_a_failure_shows_the_worst_entries_the_kinks_apart_and_the_cause():
    with pytest.raises(AssertionError) as caught:
        dr.assert_gradients(
            lambda x, y: np.sum(np.abs(x)) + np.sum(y**2),
            lambda x, y: {"x": 2 * np.sign(x), "y": 2 * y},
            {"x": AT, "y": AT},
        )
    numbers = re.sub(r"(\d\.\d{3})\d+", r"\1", str(caught.value))
    lines = numbers.splitlines()
    lines[3:6] = sorted(lines[3:6])  # of one error each, but for rounding
    assert lines == [
        "wrong gradient: 3 of 4 entries of x",
        "",
        "parameter  entry  analytic  numeric  rel. error",
        "x          [1]           2        1     5.0e-01",
        "x          [2]          -2       -1     5.0e-01",
        "x          [3]           2        1     5.0e-01",
        "",
        "likely cause, x: analytic = 2 × numeric: a factor 2 too much (a ½ forgotten)",
        "",
        "at kinks, where no gradient is wrong as long as it lies between the slopes:",
        "parameter  entry  analytic  left  right",
        "x          [0]           0    -1      1",
        "",
        "not wrong: y",
    ]


def test_many_wrong_entries_are_counted():
    with pytest.raises(AssertionError, match=r"wrong gradient: 20 of 20 entries of at\n") as caught:
        dr.assert_gradients(np.sum, lambda x: np.arange(20.0) + 5, np.ones(20))
    assert "... and 15 more" in str(caught.value)


def test_a_random_function_is_no_wrong_gradient():
    random = np.random.default_rng(0)
    with pytest.raises(dr.InputError, match=r"^the function is not deterministic: two calls at the same point gave"):
        dr.assert_gradients(lambda x: np.sum(x * random.normal(size=4)), np.ones_like, AT)


def test_a_function_that_changes_later_is_found_out():
    calls = []

    def tired(x):
        calls.append(1)
        return float(np.sum(x**2)) + (0.1 if len(calls) > 5 else 0.0)

    with pytest.raises(dr.InputError, match="the function is not deterministic"):
        dr.assert_gradients(tired, lambda x: 2 * x, AT)


def test_a_random_gradient_is_named():
    random = np.random.default_rng(0)
    with pytest.raises(dr.InputError, match="the gradient of at is not deterministic"):
        dr.assert_gradients(lambda x: np.sum(x**2), lambda x: random.normal(size=4), AT)
