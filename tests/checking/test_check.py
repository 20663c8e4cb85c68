import numpy as np
import pytest

import deltarule as dr
from deltarule.checking import gradient_check
from deltarule.errors import InputError, NonFiniteError
from deltarule.graph.operations.activations import Sigmoid

KINKS = {
    "absolute": lambda x: dr.absolute(x),
    "maximum": lambda x: dr.maximum(x, np.zeros(3)),
    "relu": lambda x: dr.relu(x),
    "leaky_relu": lambda x: dr.leaky_relu(x, 0.1),
    "hard_tanh": lambda x: dr.hard_tanh(x + 1.0),
    "max": lambda x: dr.max(dr.concatenate([dr.reshape(x, (3, 1)), np.zeros((3, 1))], axis=1), axis=1),
}


def verdicts(report):
    return {check.name: check.verdict for check in report.checks}


# Networks


def lecture_network(activation="sigmoid"):
    return dr.Network([dr.Dense(20, 8, activation=activation), dr.Dense(8, 1, bias=False)])


def test_the_network_of_the_lecture():
    report = gradient_check(lecture_network(), objective=dr.MaxMargin(1.0))
    assert report.passed
    assert [(c.name, c.shape, c.checked, c.total, c.verdict) for c in report.checks] == [
        ("dense1.weight", (8, 20), 160, 160, "agrees"),
        ("dense1.bias", (8,), 8, 8, "agrees"),
        ("dense2.weight", (1, 8), 8, 8, "agrees"),
    ]
    assert max(check.worst.relative_error for check in report.checks) <= 1e-6
    assert report.evaluations == 2 * 176
    assert report.seconds > report.backward_seconds > 0


@pytest.mark.parametrize("objective", [dr.SoftmaxCrossEntropy(), dr.MultiClassMaxMargin(), dr.SquaredError()])
@pytest.mark.parametrize("activation", ["tanh", "relu", "hard_tanh", "soft_sign", "leaky_relu", "softmax"])
def test_networks_with_lookup_and_dropout(activation, objective):
    layers = [
        dr.Lookup(30, 4, window=5),
        dr.Window(5),
        dr.Dense(20, 6, activation=activation),
        dr.Dropout(0.5),
        dr.Dense(6, 3),
    ]
    network = dr.Network(layers)
    report = gradient_check(network, objective=objective, sample=25)
    assert report.passed, report
    assert report["lookup1.vectors"].checked == 25


def test_a_network_keeps_its_parameters():
    network = lecture_network()
    before = {name: parameter.value.copy() for name, parameter in network.parameters.items()}
    gradient_check(network, objective=dr.MaxMargin(1.0))
    for name, parameter in network.parameters.items():
        assert parameter.value.dtype == np.float32
        np.testing.assert_array_equal(parameter.value, before[name])


def test_a_wrong_local_gradient_in_a_network(monkeypatch):
    monkeypatch.setattr(Sigmoid, "backward", lambda self, signal, output, z: (signal * output,))
    report = gradient_check(lecture_network(), objective=dr.MaxMargin(1.0))
    assert not report
    assert verdicts(report) == {"dense1.weight": "wrong", "dense1.bias": "wrong", "dense2.weight": "agrees"}
    assert "FAILED" in str(report)


# Graphs


def test_parameters_and_inputs_of_a_graph():
    x, y = dr.input("x"), dr.input("y")
    report = gradient_check(x * y, feeds={"x": 4.0, "y": -3.0})
    assert verdicts(report) == {"x": "agrees", "y": "agrees"}
    assert (report["x"].worst.analytic, report["y"].worst.analytic) == (-3.0, 4.0)
    assert report["x"].worst.numeric == pytest.approx(-3.0, rel=1e-9)


def test_missing_feeds_are_drawn_from_the_seed():
    x, labels = dr.input("x", ("batch", 3)), dr.input("labels", ("batch",), integer=True)
    loss = dr.SoftmaxCrossEntropy()(dr.tanh(x), labels)
    first, again, other = (gradient_check(loss, seed=seed)["x"] for seed in (1, 1, 2))
    assert first == again != other
    assert first.shape == (5, 3)
    assert gradient_check(loss, feeds={"labels": [0, 1, 2]})["x"].shape == (3, 3)


@pytest.mark.parametrize("name", KINKS)
def test_a_point_at_a_kink_is_neither_right_nor_wrong(name):
    x = dr.parameter([-1.3, 0.0, 0.7], "x")
    report = gradient_check(dr.sum(KINKS[name](x) * np.array([1.0, -2.0, 3.0])))
    assert report.passed
    assert (report["x"].verdict, report["x"].kinks, report["x"].wrong) == ("kink", 1, 0)
    assert report["x"].worst.index == (1,)
    assert report["x"].worst.kink == name
    assert f"at a kink of {name}; slope" in str(report)


@pytest.mark.parametrize("name", KINKS)
@pytest.mark.parametrize("distance", [1e-3, 1e-5, 1e-6, 1e-7])
def test_a_kink_nearby_is_escaped(name, distance):
    for side in (-1, 1):
        x = dr.parameter([-1.3, side * distance, 0.7], "x")
        assert verdicts(gradient_check(dr.sum(KINKS[name](x)))) == {"x": "agrees"}


@pytest.mark.parametrize("name", ["absolute", "relu", "hard_tanh", "leaky_relu"])
def test_a_wrong_gradient_does_not_hide_behind_a_kink_elsewhere(name, monkeypatch):
    x, y = dr.parameter([0.0, 0.5], "x"), dr.parameter([0.0, 0.5], "y")
    monkeypatch.setattr(Sigmoid, "backward", lambda self, signal, output, z: (1.01 * signal * output * (1 - output),))
    report = gradient_check(dr.sum(KINKS[name](x)) + dr.sum(dr.sigmoid(y)))
    assert not report
    assert (report["x"].kinks, report["x"].wrong) == (1, 0)
    assert (report["y"].kinks, report["y"].wrong) == (0, 2)


def test_a_wrong_entry_beside_a_kink_in_the_same_parameter():
    x = dr.parameter([0.0, 0.5, 0.0], "x")

    def spoilt(report):
        return report["x"].verdict, report["x"].kinks, report["x"].wrong

    assert spoilt(gradient_check(dr.sum(dr.relu(x)))) == ("kink", 2, 0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(dr.relu(x).operation), "backward", lambda self, signal, output, z: (2.0 * signal * (z > 0),))
        assert spoilt(gradient_check(dr.sum(dr.relu(x)))) == ("wrong", 2, 1)


def test_the_kink_of_the_margin():
    s, s_c = dr.input("s"), dr.input("s_c")
    loss = dr.MaxMargin(1.0)(s, s_c)
    at_the_margin = gradient_check(loss, feeds={"s": 2.0, "s_c": 1.0})
    assert verdicts(at_the_margin) == {"s": "kink", "s_c": "kink"}
    assert at_the_margin["s"].worst.kink == "maximum"
    assert (at_the_margin["s"].worst.left, at_the_margin["s"].worst.right) == pytest.approx((-1.0, 0.0))
    assert verdicts(gradient_check(loss, feeds={"s": 3.0, "s_c": 1.0})) == {"s": "agrees", "s_c": "agrees"}


def test_a_difference_of_two_kinks_is_no_error():
    x = dr.parameter([0.0], "x")  # relu(x) − relu(−x) = x, though the convention at 0 gives 0
    report = gradient_check(dr.sum(dr.relu(x) - dr.relu(-x)))
    assert (report["x"].verdict, report["x"].worst.analytic) == ("kink", 0.0)
    assert (report["x"].worst.left, report["x"].worst.right) == pytest.approx((1.0, 1.0))


def test_a_confident_network_is_no_false_alarm():
    # The loss is a small difference of large numbers, whose rounding is larger than its gradient's millionth.
    scores = dr.parameter([[30.0, 1.0, 2.0], [4.0, 25.0, 3.0]], "scores")
    loss = dr.SoftmaxCrossEntropy()(1.0 * scores, dr.graph.Constant([0, 1], integer=True))
    assert gradient_check(loss).passed


# Functions


def test_a_function_of_one_array_of_several_and_of_named_ones():
    w, b = np.array([1.0, -2.0]), np.array(0.5)
    assert gradient_check(lambda w: (w**3).sum(), lambda w: 3 * w**2, w)
    for form in (list, tuple):
        report = gradient_check(lambda w, b: (b * w**3).sum(), lambda w, b: [3 * b * w**2, (w**3).sum()], form([w, b]))
        assert verdicts(report) == {"at[0]": "agrees", "at[1]": "agrees"}
    report = gradient_check(lambda w, b: (b * w**3).sum(), lambda w, b: {"w": 3 * b * w**2, "b": 0.0}, {"w": w, "b": b})
    assert verdicts(report) == {"w": "agrees", "b": "wrong"}


def test_one_wrong_entry_is_found_and_named():
    at = np.linspace(-1, 1, 12).reshape(3, 4)

    def gradient(x):
        slopes = np.cos(x)
        slopes[2, 1] *= 1.001
        return slopes

    check = gradient_check(lambda x: np.sin(x).sum(), gradient, at)["at"]
    assert (check.verdict, check.wrong, check.worst.index) == ("wrong", 1, (2, 1))
    assert check.worst.relative_error == pytest.approx(0.001 / 1.001, rel=1e-4)
    assert check.worst.numeric == pytest.approx(np.cos(at[2, 1]), rel=1e-9)


def test_kinks_of_a_function():
    at = np.array([0.0, 1e-6, -2.0])
    assert gradient_check(lambda x: np.abs(x).sum(), np.sign, at)["at"].kinks == 1
    outside = gradient_check(lambda x: np.abs(x).sum(), lambda x: np.sign(x) + 3.0 * (x == 0), at)["at"]
    assert (outside.verdict, outside.wrong, outside.worst.index) == ("wrong", 1, (0,))


def test_scikit_learns_own_loss():
    linear_loss = pytest.importorskip("sklearn.linear_model._linear_loss")
    base = pytest.importorskip("sklearn._loss").HalfBinomialLoss()
    random = np.random.default_rng(0)
    X, y = random.normal(size=(40, 3)), random.integers(0, 2, 40).astype(float)
    loss = linear_loss.LinearModelLoss(base_loss=base, fit_intercept=True)
    report = gradient_check(lambda w: loss.loss(w, X, y), lambda w: loss.gradient(w, X, y), random.normal(size=4))
    assert report["at"].worst.relative_error <= 1e-6


# Samples, settings, errors


def test_large_parameters_are_sampled_unless_told_otherwise():
    at = [np.ones(3), np.ones((100, 100))]
    report = gradient_check(lambda a, b: a.sum() + b.sum(), lambda a, b: (np.ones_like(a), np.ones_like(b)), at)
    assert [(check.checked, check.total) for check in report.checks] == [(3, 3), (3997, 10_000)]
    assert "4000 of 10003 entries checked" in str(report)
    report = gradient_check(
        lambda a, b: a.sum() + b.sum(), lambda a, b: (np.ones_like(a), np.ones_like(b)), at, sample=20
    )
    assert [check.checked for check in report.checks] == [3, 20]


def test_a_tables_read_rows_are_preferred():
    table = dr.parameter(np.random.default_rng(0).normal(size=(1000, 2)), "table")
    loss = dr.sum(dr.tanh(dr.row_lookup(table, np.array([5, 999]))))
    check = gradient_check(loss, sample=10)["table"]
    assert (check.checked, check.verdict) == (10, "agrees")
    assert check.worst.index[0] in (5, 999)


def test_a_looser_tolerance_and_another_step():
    def check(**settings):
        return gradient_check(np.sum, lambda x: 1.0001 * np.ones_like(x), np.ones(2), **settings)

    assert not check()
    assert check(tolerance=1e-3)
    assert not check(step=1e-2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((lambda x: x,), "cannot check a function: give a network, a node, or a function and its gradient"),
        ((np.sum, np.ones_like), "to check a function, give gradient_check(function, gradient, at)"),
        ((3.0, np.ones_like, 1.0), "to check a function, give gradient_check(function, gradient, at)"),
        (
            (lecture_network(),),
            "to check a network, say what it is trained for: objective=MaxMargin(1.0), for example",
        ),
    ],
)
def test_arguments_that_fit_no_use(arguments, message):
    with pytest.raises(InputError) as caught:
        gradient_check(*arguments)
    assert str(caught.value) == message


def test_nothing_to_check_is_no_success():
    with pytest.raises(InputError, match=r"^there is nothing to check: no parameters, and no inputs of numbers$"):
        gradient_check(dr.sum(dr.constant([1.0, 2.0])))


@pytest.mark.parametrize("setting", [{"tolerance": 0.0}, {"step": -1.0}, {"sample": 0}])
def test_settings_must_be_positive(setting):
    with pytest.raises(InputError, match=r"^tolerance, step and sample must be above 0$"):
        gradient_check(np.sum, np.ones_like, np.ones(2), **setting)


def test_a_loss_that_is_not_finite_has_no_gradient():
    with pytest.raises(NonFiniteError, match=r"^the loss is nan at this point; check the gradient where"):
        gradient_check(dr.log(dr.input("x")), feeds={"x": -1.0})


def test_a_gradient_of_nan_is_wrong():
    report = gradient_check(np.sum, lambda x: np.full_like(x, np.nan), np.ones(2))
    assert report["at"].wrong == 2
