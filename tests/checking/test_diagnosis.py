"""Every recognisable mistake, planted, is named; a gradient that is right never has a cause."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

import deltarule as dr
from deltarule.checking.diagnosis import Evidence, diagnose
from deltarule.checking.diagnosis.shapes import shape_hint
from deltarule.graph import Operation, apply
from deltarule.graph.operation import OPERATIONS, Elementwise

RANDOM = np.random.default_rng(3)
X, Y, W, SQUARE = (RANDOM.normal(size=shape) for shape in ((5, 3), (5, 3), (4, 3), (3, 3)))
B = RANDOM.normal(size=3)
R = RANDOM.normal(size=(5, 3))


def cause_of(function, gradient, at, name="at"):
    cause = dr.gradient_check(function, gradient, at)[name].cause
    assert cause is not None
    return cause


# Functions of NumPy arrays


def affine_loss(x, w, b):
    return np.sum(np.tanh(x @ w.T + b) ** 2)


def affine_signal(x, w, b):
    a = np.tanh(x @ w.T + b)
    return 2 * a * (1 - a**2)


def affine_gradient(bias):
    def gradient(x, w, b):
        signal = affine_signal(x, w, b)
        return {"x": signal @ w, "w": signal.T @ x, "b": bias(signal)}

    return gradient


AFFINE = {"x": X, "w": W, "b": RANDOM.normal(size=4)}

PLANTED = {
    "half": (lambda x: np.sum(np.sin(x) ** 2), lambda x: np.sin(x) * np.cos(x), X, "factor", "numeric = 2 × analytic"),
    "twice": (lambda x: np.sum(x**2) / 2, lambda x: 2 * x, X, "factor", "a factor 2 too much (a ½ forgotten)"),
    "no mean": (lambda x: np.mean(x**3, axis=0).sum(), lambda x: 3 * x**2, X, "factor", "the 1/5 of a mean is missing"),
    "mean for sum": (lambda x: np.sum(x**3), lambda x: 3 * x**2 / 5, X, "factor", "a mean is taken for a sum"),
    "some factor": (lambda x: np.sum(x**3), lambda x: 2.2 * x**2, X, "factor", "a constant factor is missing"),
    "−2": (lambda x: np.sum(x**3), lambda x: -1.5 * x**2, X, "factor", "the sign is wrong too"),
    "sign": (lambda x: np.sum(np.cos(x)), np.sin, X, "sign", "numeric = −analytic: the sign is wrong"),
    "sign below 0": (lambda x: np.sum(np.abs(x)), np.ones_like, X, "sign", "exactly where at is below 0"),
    "detached": (lambda x: np.sum(x**2), np.zeros_like, X, "detached", "it is zero everywhere"),
    "NaN": (lambda x: np.sum(x**2), lambda x: x * np.nan, X, "not finite", "NaN or infinite in 15 of 15 entries"),
    "transposed": (
        lambda x: np.sum(np.sin(x) * SQUARE),
        lambda x: (np.cos(x) * SQUARE).T,
        SQUARE + 0.1,
        "transposed",
        "numeric = analytic transposed",
    ),
    "reshaped": (
        lambda x: np.sum(np.sin(x) * R),
        lambda x: (np.cos(x) * R).T.reshape(5, 3),
        X,
        "transposed",
        "reshaped, not transposed",
    ),
    "rows rolled": (
        lambda x: np.sum(np.sin(x) * R),
        lambda x: np.roll(np.cos(x) * R, 1, axis=0),
        X,
        "order",
        "its rows are right, shifted by 1",
    ),
    "columns reversed": (
        lambda x: np.sum(np.sin(x) * R),
        lambda x: (np.cos(x) * R)[:, ::-1],
        X,
        "order",
        "its columns are right, in reverse order",
    ),
    "permuted": (
        lambda x: np.sum(np.sin(x) * R),
        lambda x: (np.cos(x) * R)[[1, 0, 2, 4, 3]],
        X,
        "order",
        "in another order: numeric = analytic taken in the order [1, 0, 2, 4, 3]",
    ),
    "x·x, one use": (
        lambda x: np.sum(x * x),
        lambda x: x,
        X,
        "missing term",
        "at is used 2 times (multiply, multiply), but the gradient holds only the term of use",
    ),
    "x sin x, one use": (
        lambda x: np.sum(x * np.sin(x)),
        np.sin,
        X,
        "missing term",
        "at is used 2 times (sin, multiply), but the gradient holds only the term of use 2 (multiply)",
    ),
    "x xᵀ, one use": (
        lambda x: np.sum((x @ x.T) * SQUARE),
        lambda x: SQUARE @ x,
        SQUARE + 1,
        "missing term",
        "(matmul, matmul)",
    ),
    "three uses, two": (
        lambda x: np.sum(np.exp(x) * np.sin(x) * x),
        lambda x: np.exp(x) * np.cos(x) * x + np.exp(x) * np.sin(x),
        X,
        "missing term",
        "used 3 times",
    ),
    "a term twice": (
        lambda x: np.sum(x * np.sin(x)),
        lambda x: np.sin(x) + 2 * x * np.cos(x),
        X,
        "term twice",
        "the term of one use (sin) is counted twice",
    ),
    "a term's sign": (
        lambda x: np.sum(x * np.cos(x)),
        lambda x: np.cos(x) + x * np.sin(x),
        X,
        "sign of a term",
        "the term of one use (cos) has the wrong sign",
    ),
}


@pytest.mark.parametrize("mistake", PLANTED)
def test_a_planted_mistake_is_named(mistake):
    function, gradient, at, form, words = PLANTED[mistake]
    cause = cause_of(function, gradient, at)
    assert (cause.form, words in cause.text) == (form, True), cause


def test_one_row_in_place_of_the_sum_over_a_broadcast_axis():
    for row in (0, 3):
        cause = cause_of(affine_loss, affine_gradient(lambda signal, row=row: signal[row]), AFFINE, "b")
        assert cause.form == "missing sum"
        assert cause.text == f"the sum over axis 0 of add (5 rows) is missing: the gradient holds row {row} only"
    mean = cause_of(affine_loss, affine_gradient(lambda signal: signal.mean(axis=0)), AFFINE, "b")
    assert mean.text == "numeric = 5 × analytic: 5 is the size of axis 0 of x, so perhaps a mean is taken for a sum"


def test_a_gradient_that_was_not_summed_has_a_wrong_shape():
    with pytest.raises(dr.InputError, match=r"sum it over axis 0, over which b is broadcast$"):
        dr.gradient_check(affine_loss, affine_gradient(lambda signal: signal), AFFINE)


@pytest.mark.parametrize(
    ("shape", "expected", "hint"),
    [
        ((32, 3), (3,), "sum it over axis 0, over which b is broadcast"),
        ((4, 32, 3), (1, 3), "sum it over axes 0, 1, over which b is broadcast"),
        ((4, 3), (4, 1), "sum it over axis 1, over which b is broadcast"),
        ((3, 2), (2, 3), "it is transposed"),
        ((2,), (3,), ""),
        ((), (3,), ""),
    ],
)
def test_what_a_wrong_shape_tells(shape, expected, hint):
    assert shape_hint(shape, "b", expected) == hint


def test_only_some_places_are_wrong():
    def spoilt(place, factor):
        def gradient(x):
            slopes = np.cos(x) * R
            slopes[place] *= factor
            return slopes

        return cause_of(lambda x: np.sum(np.sin(x) * R), gradient, X).text

    assert spoilt((2, 1), 1.3) == "only entry [2, 1] is wrong"
    assert spoilt((2, 1), 2.0).startswith("only entry [2, 1] is wrong, where analytic = 2 × numeric")
    assert spoilt(3, 0.0).startswith("only row 3 of 5 is wrong, where it is zero everywhere")
    assert spoilt((slice(None), 1), -1.0).startswith("only column 1 of 3 is wrong, where numeric = −analytic")
    assert spoilt(slice(0, 2), np.arange(2, 8).reshape(2, 3)) == "only rows 0, 1 of 5 are wrong"


def test_rows_that_a_lookup_reads_twice_are_overwritten_and_not_added():
    ids = np.array([0, 2, 2, 4])

    def gradient(table):
        slopes = np.zeros_like(table)
        slopes[ids] = np.cos(table[ids])
        return slopes

    text = cause_of(lambda table: np.sum(np.sin(table[ids])), gradient, X).text
    assert text.startswith("only row 2 of 5 is wrong, where numeric = 2 × analytic")


def test_swapped_gradients():
    report = dr.gradient_check(
        lambda x, y: np.sum(np.sin(x) * y**2), lambda x, y: (2 * np.sin(x) * y, np.cos(x) * y**2), [X, Y]
    )
    assert report["at[0]"].cause.text == "it is the gradient of at[1]"
    assert report["at[1]"].cause.text == "it is the gradient of at[0]"


def test_a_constant_or_a_penalty_that_is_missing():
    def diagnosed(gap):
        return diagnose(Evidence("x", X, np.cos(X), np.cos(X) + gap, np.full(X.shape, 1e-10)))

    assert diagnosed(1.5).text == "numeric = analytic + 1.5 in every entry: a constant term is missing"
    penalty = "numeric = analytic + 0.1 × x: the gradient of a penalty ½ λ x² is missing"
    assert (diagnosed(0.1 * X).form, diagnosed(0.1 * X).text) == ("offset", penalty)


def test_a_mistake_of_no_known_form_has_no_cause():
    noise = RANDOM.normal(size=X.shape)
    check = dr.gradient_check(lambda x: np.sum(np.sin(x)), lambda x: np.cos(x) + noise, X)["at"]
    assert (check.wrong, check.cause) == (15, None)


# Operations of our own graph


class Planted(Elementwise):
    """An operation of which the tests choose the rules."""

    def __init__(self, forward, backward):
        self.rules = forward, backward

    def forward(self, z):
        return self.rules[0](z)

    def backward(self, signal, output, z):
        return (self.rules[1](signal, output, z),)


@pytest.mark.parametrize(
    ("forward", "backward", "form"),
    [
        (lambda z: np.tanh(z), lambda g, a, z: -g * (1 - a**2), "sign"),
        (lambda z: z**2, lambda g, a, z: g * z, "factor"),
        (lambda z: z * np.sin(z), lambda g, a, z: g * np.sin(z), "missing term"),
        (lambda z: np.exp(z), lambda g, a, z: 0 * g, "detached"),
        (lambda z: np.exp(z), lambda g, a, z: (g * a)[::-1], "order"),
    ],
)
def test_the_guilty_operation_of_a_graph_is_named(forward, backward, form):
    x, w = dr.input("x", (5, 3)), dr.parameter(W.T, "w")
    hidden = apply(Planted(forward, backward), dr.tanh(x @ w)).named("hidden")
    report = dr.gradient_check(dr.sum(dr.sigmoid(hidden)), feeds={"x": X})
    assert {check.verdict for check in report} == {"wrong"}
    for check in report:
        assert check.cause.form == form
        assert check.cause.text.startswith("the local gradient of  (hidden) by its input 1 is wrong: ")


def test_every_operation_is_named_when_its_local_gradient_is_wrong(monkeypatch):
    kind = OPERATIONS["sigmoid"]
    monkeypatch.setattr(kind, "backward", lambda self, signal, output, z: (signal * output,))
    x = dr.input("x", (5, 3))
    report = dr.gradient_check(dr.sum(dr.sigmoid(dr.tanh(x))), feeds={"x": X})
    assert report["x"].cause.text.startswith("the local gradient of sigmoid by its input 1 is wrong")
    assert report["x"].cause.text in str(report)
    assert report.as_dict()["parameters"][0]["cause"]["form"] == report["x"].cause.form


# What is right has no cause


@given(arrays(float, array_shapes(max_dims=3, max_side=4), elements=st.floats(-3, 3)))
def test_a_right_gradient_has_no_cause(numeric):
    evidence = Evidence("x", np.ones_like(numeric), numeric, numeric, np.full(numeric.shape, 1e-10))
    assert diagnose(evidence) is None
    rounded = Evidence("x", np.ones_like(numeric), numeric * (1 + 1e-8), numeric, np.full(numeric.shape, 1e-10))
    assert diagnose(rounded) is None


@given(st.integers(0, 10**6))
def test_right_gradients_of_random_functions_have_no_cause(seed):
    random = np.random.default_rng(seed)
    x, y, c = random.normal(size=(3, 2)), random.normal(size=2), random.normal(size=(3, 2))
    report = dr.gradient_check(
        lambda x, y: np.sum(c * np.sin(x * y) + np.abs(x) * y**2),
        lambda x, y: (
            c * np.cos(x * y) * y + np.sign(x) * y**2,
            (c * np.cos(x * y) * x + 2 * np.abs(x) * y).sum(axis=0),
        ),
        [x, y],
    )
    assert report.passed
    assert [check.cause for check in report] == [None, None]


@pytest.mark.parametrize("name", OPERATIONS)
def test_right_operations_have_no_cause(name):
    kind: type[Operation] = OPERATIONS[name]
    for operation, inputs in kind.samples(np.random.default_rng(8)):
        operands = [
            value if position in operation.integer_inputs else dr.parameter(value, f"p{position}")
            for position, value in enumerate(inputs)
        ]
        if len(operation.integer_inputs) == len(inputs):
            continue
        assert [check.cause for check in dr.gradient_check(dr.sum(dr.tanh(apply(operation, *operands))))] == [
            None for position in range(len(inputs)) if position not in operation.integer_inputs
        ]
