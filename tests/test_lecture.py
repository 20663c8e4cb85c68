"""The lecture's worked example: W 8×20, b 8, U 8×1, and every way to its gradient."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import deltarule as dr
from deltarule.checking import gradient_check

lecture = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "examples" / "lecture.py")))

EXACT = {"rtol": 0, "atol": 1e-10}


@pytest.fixture(params=range(3))
def parameters(request):
    return lecture.make_parameters(seed=request.param)


@pytest.fixture
def x():
    return lecture.window_vector(lecture.TRUE_WINDOW)


def assert_same(actual, expected):
    for name in ("W", "b", "U"):
        np.testing.assert_allclose(getattr(actual, name), getattr(expected, name), **EXACT)


def test_sizes_are_those_of_the_lecture(parameters, x):
    assert (x.shape, parameters.W.shape, parameters.b.shape, parameters.U.shape) == ((20,), (8, 20), (8,), (8, 1))
    corrupted = lecture.window_vector(lecture.CORRUPTED_WINDOW)
    np.testing.assert_array_equal(
        x[:4], corrupted[8:12]
    )  # "Museums" begins one window, and is in the middle of the other
    np.testing.assert_array_equal(x[8:12], corrupted[16:])  # "Paris"


def test_by_hand_equals_the_vectorised_rule(parameters, x):
    np.testing.assert_allclose(
        lecture.gradient_by_hand(parameters, x), lecture.gradients_vectorised(parameters, x).W, **EXACT
    )


def test_error_sharing_reaches_every_weight(parameters, x):
    by_hand = lecture.gradient_by_hand(parameters, x)
    shared = [[lecture.error_sharing_steps(parameters, x, i, j)[-1][1] for j in range(1, 21)] for i in range(1, 9)]
    np.testing.assert_allclose(shared, by_hand, **EXACT)


def test_error_sharing_for_one_weight_step_by_step(parameters, x):
    values = [value for _, value in lecture.error_sharing_steps(parameters, x, neuron=1, entry=4)]
    z_1 = parameters.W[0] @ x + parameters.b[0]
    slope = np.exp(-z_1) / (1 + np.exp(-z_1)) ** 2
    u_1 = parameters.U[0, 0]
    np.testing.assert_allclose(values, [1, 1, u_1, u_1 * slope, u_1 * slope * x[3]], **EXACT)


def test_error_signals_of_the_graph_are_the_steps(parameters, x):
    W, b, U = (dr.parameter(array) for array in (parameters.W, parameters.b, parameters.U))
    run = dr.backprop(lecture.score_node(W, b, U, dr.constant(x)))
    assert run.value("s") == pytest.approx(lecture.score(parameters, x), abs=1e-12)
    assert run.error_signal("s") == 1.0
    np.testing.assert_array_equal(run.error_signal("a"), parameters.U[:, 0])
    np.testing.assert_allclose(run.error_signal("z"), lecture.gradients_vectorised(parameters, x).b, **EXACT)


def test_the_graph_equals_the_vectorised_rule(parameters, x):
    assert_same(lecture.gradients_by_graph(parameters, x), lecture.gradients_vectorised(parameters, x))


def test_central_differences_agree(parameters, x):
    assert_same(lecture.gradients_by_differences(parameters, x), lecture.gradients_vectorised(parameters, x))


def test_biases_are_weights_on_an_input_of_one(parameters, x):
    value, gradients = lecture.gradients_with_bias_as_weight(parameters, x)
    assert value == pytest.approx(lecture.score(parameters, x), abs=1e-10)
    assert_same(gradients, lecture.gradients_vectorised(parameters, x))


def test_the_general_step_through_more_layers(parameters, x):
    random = np.random.default_rng(9)
    weights = [random.normal(scale=0.5, size=shape) for shape in ((8, 20), (6, 8), (5, 6), (1, 5))]
    activations = [x]
    for W in weights[:-1]:
        activations.append(lecture.sigmoid(W @ activations[-1]))
    delta, expected = np.ones(1), []
    for layer in reversed(range(4)):
        expected.insert(0, np.outer(delta, activations[layer]))
        if layer:
            a = activations[layer]
            delta = a * (1 - a) * (weights[layer].T @ delta)

    nodes = [dr.parameter(W) for W in weights]
    node = dr.constant(x)
    for W in nodes[:-1]:
        node = dr.sigmoid(dr.linear(node, W))
    run = dr.backprop(dr.linear(node, nodes[-1]))
    for W, gradient in zip(nodes, expected, strict=True):
        np.testing.assert_allclose(run.gradient(W), gradient, **EXACT)


def test_the_objective_compares_a_true_with_a_corrupted_window(parameters, x):
    run = lecture.max_margin_run(parameters, margin=20.0)
    corrupted = lecture.window_vector(lecture.CORRUPTED_WINDOW)
    s, s_c = lecture.score(parameters, x), lecture.score(parameters, corrupted)
    assert run.value("J") == pytest.approx(20 + s_c - s, abs=1e-10)
    true, other = lecture.gradients_vectorised(parameters, x), lecture.gradients_vectorised(parameters, corrupted)
    for name in ("W", "b", "U"):
        expected = getattr(other, name) - getattr(true, name)
        np.testing.assert_allclose(run.gradient(name), expected, **EXACT)


def test_no_error_no_signal_once_the_margin_is_kept(parameters, x):
    s, s_c = (lecture.score(parameters, lecture.window_vector(words)) for words in lecture_windows())
    if s < s_c:
        parameters.U *= -1  # the other way round, the true window has the higher score
    run = lecture.max_margin_run(parameters, margin=abs(s - s_c) - 1e-6)
    assert run.value("J") == 0.0
    for name in ("W", "b", "U"):
        assert not run.gradient(name).any()
    run = lecture.max_margin_run(parameters, margin=abs(s - s_c) + 1e-6)
    assert run.value("J") == pytest.approx(1e-6, abs=1e-12)
    assert run.gradient("s") == -1.0
    assert run.gradient("s_c") == 1.0


def lecture_windows():
    return lecture.TRUE_WINDOW, lecture.CORRUPTED_WINDOW


def test_descent_ends_where_the_margin_is_kept(parameters):
    runs = lecture.descend(parameters)
    losses = [run.value("J") for run in runs]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] == 0.0
    assert runs[-1].value("s") - runs[-1].value("s_c") >= 1.0


def test_the_gradient_check_says_the_same(parameters, x):
    W, b, U = (dr.parameter(getattr(parameters, name), name) for name in ("W", "b", "U"))
    report = gradient_check(lecture.score_node(W, b, U, dr.constant(x)))
    assert [(check.name, check.verdict, check.checked) for check in report.checks] == [
        ("W", "agrees", 160),
        ("b", "agrees", 8),
        ("U", "agrees", 8),
    ]


def test_the_example_prints_every_way(capsys):
    lecture.main()
    printed = capsys.readouterr().out
    gradient = lecture.gradient_by_hand(lecture.make_parameters(), lecture.window_vector(lecture.TRUE_WINDOW))[0, 3]
    assert printed.count(f"{gradient:.9f}") == 7  # the last step of error sharing, and six ways
    assert "no error, no signal, no update" in printed
