"""The terms of a derivative, measured by moving an array in one of its uses alone."""

import subprocess
import sys

import numpy as np
import pytest

from deltarule.integrations.numpy_watching import call_watched
from deltarule.integrations.watching import Move, UntraceableError

X = np.arange(6.0).reshape(2, 3)
V = np.full((2, 3), 0.5)


def terms(function, row=None):
    """The names of the uses, and how far each moves the function when it sees x + v."""
    still, uses = call_watched(function, {"x": X.copy()}, "x", Move(V), by_name=False)
    assert still == function(X)
    moved = [call_watched(function, {"x": X.copy()}, "x", Move(V, use, row), False)[0] for use in range(len(uses))]
    return [use.function for use in uses], [float(value - still) for value in moved]


@pytest.mark.parametrize(
    ("function", "uses", "steps"),
    [
        (lambda x: (x * x).sum(), ["multiply", "multiply"], [7.5, 7.5]),
        (lambda x: (x @ x.T).sum(), ["matmul", "matmul"], [15.0, 15.0]),
        (lambda x: np.sum(x**2), ["square"], [16.5]),
        (lambda x: np.concatenate([x, 2 * x]).sum(), ["multiply", "concatenate"], [6.0, 3.0]),
        (lambda x: (x.T[0] * 2).sum(), ["multiply"], [2.0]),
        (lambda x: x[[0, 0]].sum() + x.mean(), ["__getitem__", "reduce"], [3.0, 0.5]),
    ],
)
def test_each_use_moves_the_function_by_its_term(function, uses, steps):
    assert terms(function) == (uses, pytest.approx(steps))


def test_a_term_falls_apart_into_rows():
    def weighted(x):
        return ((np.ones((4, 2, 3)) + x) * np.arange(1.0, 5.0)[:, None, None]).sum()

    assert terms(weighted) == (["add"], pytest.approx([30.0]))
    assert [terms(weighted, (0, row))[1][0] for row in range(4)] == pytest.approx([3.0, 6.0, 9.0, 12.0])


def test_an_array_that_is_changed_in_place_cannot_be_watched():
    def careless(x):
        x -= 1.0
        return x.sum()

    with pytest.raises(UntraceableError):
        call_watched(careless, {"x": X.copy()}, "x", Move(V), by_name=False)


def test_frameworks_are_not_imported_for_numpy():
    code = (
        "import sys, numpy as np, deltarule as dr; dr.assert_gradients(np.sum, np.ones_like, np.ones(2));"
        " print(sorted({'jax', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.strip() == "[]"
