import numpy as np
import pytest

import deltarule as dr
from deltarule.execution.reference import backward, forward
from deltarule.explaining import WindowScores, integrated_gradients, trace_run


@pytest.fixture
def network():
    """A window network with a feature of the token itself, which does not pass through the window."""
    random = np.random.default_rng(0)
    word, shape, context, weight, context_weight, bias, output, output_bias = (
        dr.parameter(random.normal(size=size), name)
        for name, size in (
            ("word.vectors", (9, 4)),
            ("shape.vectors", (5, 2)),
            ("context.vectors", (6, 3)),
            ("hidden.weight", (7, 18)),
            ("extra.weight", (7, 3)),
            ("hidden.bias", (7,)),
            ("output.weight", (3, 7)),
            ("output.bias", (3,)),
        )
    )
    ids = {name: dr.input(name, ("forms",), integer=True) for name in ("word", "shape")}
    positions = dr.input("positions", ("tokens", 3), integer=True)
    token = dr.input("context", ("tokens",), integer=True)
    forms = dr.concatenate([dr.row_lookup(word, ids["word"]), dr.row_lookup(shape, ids["shape"])], axis=1)
    z = dr.window_affine(forms, positions, weight, bias) + dr.linear(dr.row_lookup(context, token), context_weight)
    scores = dr.affine(dr.relu(z.named("hidden.preactivation")), output, output_bias).named("scores")
    feeds = {
        "word": np.array([1, 3, 8, 5]),
        "shape": np.array([1, 2, 4, 0]),
        "positions": np.array([[0, 1, 2], [1, 2, 3], [2, 3, 1]]),
        "context": np.array([2, 5, 0]),
        "lengths": np.array([3]),  # which the scores do not depend on
    }
    return scores, feeds


def test_scores_are_those_of_the_graph(network):
    scores, feeds = network
    expected = forward([scores], {name: array for name, array in feeds.items() if name != "lengths"}).values[scores]
    for token in range(3):
        window = WindowScores(scores, feeds, token)
        assert window.over_window == ["word", "shape"]
        assert {name: array.shape for name, array in window.vectors.items()} == {
            "word": (1, 3, 4),
            "shape": (1, 3, 2),
            "context": (1, 1, 3),
        }
        assert window.values(window.vectors)[0] == pytest.approx(expected[token], rel=1e-12)


def test_gradients_are_those_of_central_differences(network):
    window = WindowScores(*network, 1)
    signal = np.array([1.0, 0.0, -1.0])
    _, gradients = window.scores_and_gradients(window.vectors, signal)
    for name, array in window.vectors.items():
        for entry in np.ndindex(array.shape):
            ends = []
            for change in (1e-6, -1e-6):
                vectors = {other: own.copy() for other, own in window.vectors.items()}
                vectors[name][entry] += change
                ends.append(window.values(vectors)[0] @ signal)
            assert gradients[name][entry] == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-5, abs=1e-7)


def test_parts_sum_to_the_difference_across_kinks_and_features_of_the_token_have_theirs(network):
    window = WindowScores(*network, 1)
    zero = {name: np.zeros_like(array) for name, array in window.vectors.items()}
    signal = np.array([1.0, 0.0, -1.0])
    found = integrated_gradients(window, window.vectors, zero, signal)
    expected = (window.values(window.vectors)[0] - window.values(zero)[0]) @ signal
    assert found.difference == pytest.approx(expected, rel=1e-12)
    assert sum(part.sum() for part in found.parts.values()) == pytest.approx(expected, abs=1e-3)
    assert found.parts["context"].shape == (1,)
    assert found.parts["context"][0] != 0


def test_a_linear_function_is_shared_out_exactly():
    """Where f is linear, a part is weight × difference: there is one right answer."""
    random = np.random.default_rng(1)
    table, weight = dr.parameter(random.normal(size=(4, 2)), "word.vectors"), random.normal(size=(2, 6))
    ids, positions = dr.input("word", ("forms",), integer=True), dr.input("positions", ("tokens", 3), integer=True)
    scores = dr.window_affine(dr.row_lookup(table, ids), positions, dr.parameter(weight, "w"), np.zeros(2))
    window = WindowScores(scores, {"word": np.arange(4), "positions": np.array([[0, 3, 2]])}, 0)
    zero = {"word": np.zeros((1, 3, 2))}
    found = integrated_gradients(window, window.vectors, zero, np.array([1.0, -1.0]))
    expected = ((weight[0] - weight[1]).reshape(3, 2) * table.value[[0, 3, 2]]).sum(axis=1)
    assert found.parts["word"] == pytest.approx(expected, rel=1e-9)


def test_the_signal_is_followed_through_a_sum_of_maps(network):
    scores, feeds = network
    window = WindowScores(scores, feeds, 1)
    run = window.run(window.vectors)
    backward(run, window.scores, signal=np.array([[0.0, 1.0, 0.0]]))
    for weight in ("hidden[2,5]", "extra[3,1]", "hidden.bias[6]"):
        trace = trace_run(run, window.scores, weight)
        name, entry = {"hidden[2,5]": ("hidden.weight", (2, 5)), "extra[3,1]": ("extra.weight", (3, 1))}.get(
            weight, ("hidden.bias", (6,))
        )
        assert trace.gradient == pytest.approx(run.gradient(name)[entry], rel=1e-12)
        assert [step.name for step in trace.steps] == ["signal", "share", "slope", "input"]


def test_a_network_without_windows_is_refused():
    x = dr.input("x", ("tokens", 2))
    with pytest.raises(dr.InputError, match="layers over words all read the same windows"):
        WindowScores(dr.linear(x, np.zeros((3, 2))), {"x": np.zeros((1, 2))}, 0)
