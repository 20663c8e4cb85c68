import pytest

import deltarule as dr
from deltarule.lab.calculator import calculate

MOST = 80
EXPRESSIONS = [
    ("x*y", {"x": 4, "y": -3}),
    ("sigmoid(w0*x0 + w1*x1 + w2)", {"w0": 2, "x0": -1, "w1": -3, "x1": -2, "w2": -3}),
    ("max(0, 1 + sc - s)", {"sc": 0.4, "s": 0.9}),
    ("x*x + 3*x", {"x": 2}),
    ("(tanh(w*x + b) - y)**2", {"w": 0.5, "x": 1.5, "b": 0.1, "y": 1}),
    ("log(x) / y", {"x": 2, "y": 3}),
]


def by_text(answer):
    return {node["text"]: node for node in answer["nodes"]}


@pytest.mark.parametrize(("text", "values"), EXPRESSIONS)
def test_values_and_gradients_are_the_library_s_own(text, values):
    answer = calculate(text, values, MOST)
    output = dr.parse_expression(text)
    run = dr.backprop(output, values)
    assert answer["value"] == run.value(output)
    assert [node["value"] for node in answer["nodes"]] == [run.value(node) for node in run.order]
    assert [node["gradient"] for node in answer["nodes"]] == [run.gradient(node) for node in run.order]
    report = dr.gradient_check(output, feeds=values)
    for name in values:
        assert by_text(answer)[name]["check"]["numeric"] == pytest.approx(report[name].worst.numeric, rel=1e-8)


@pytest.mark.parametrize(("text", "values"), EXPRESSIONS)
def test_every_gradient_is_checked_numerically(text, values):
    for node in calculate(text, values, MOST)["nodes"]:
        if node["kind"] == "constant":
            assert node["check"] is None
        else:
            assert node["check"]["verdict"] == "agrees"
            assert node["check"]["numeric"] == pytest.approx(node["gradient"], rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(("text", "values"), EXPRESSIONS)
def test_what_flows_back_along_edges_sums_to_gradients(text, values):
    answer = calculate(text, values, MOST)
    gradients = {node["id"]: node["gradient"] for node in answer["nodes"]}
    sums = dict.fromkeys(gradients, 0.0)
    sums[answer["nodes"][-1]["id"]] = 1.0
    for edge in answer["edges"]:
        assert edge["signal"] == pytest.approx(gradients[edge["target"]] * edge["local"], rel=1e-12)
        sums[edge["source"]] += edge["signal"]
    assert sums == pytest.approx(gradients)


def test_a_wrong_gradient_is_found_out(monkeypatch):
    from deltarule.graph.operations.activations import Tanh

    right = Tanh.backward
    monkeypatch.setattr(Tanh, "backward", lambda *arguments: tuple(1.01 * signal for signal in right(*arguments)))
    checks = {text: node["check"] for text, node in by_text(calculate("2*tanh(x)", {"x": 0.5}, MOST)).items()}
    assert checks["x"]["verdict"] == "wrong"
    assert checks["tanh(x)"]["verdict"] == "agrees"  # above the wrong operation


def test_a_kink_is_told_with_both_slopes():
    check = by_text(calculate("max(0, 1 + sc - s)", {"sc": 0, "s": 1}, MOST))["s"]["check"]
    assert (check["verdict"], check["kink"]) == ("kink", "maximum")
    assert (check["left"], check["right"]) == (pytest.approx(-1), pytest.approx(0))


def test_names_without_a_value_get_1():
    assert calculate("a + 2*b", {"b": 3}, MOST)["inputs"] == {"a": 1.0, "b": 3.0}


def test_the_drawing_has_the_nodes_by_their_ids():
    answer = calculate("x*y", {}, MOST)
    assert all(f'data-node="{node["id"]}"' in answer["drawing"] for node in answer["nodes"])


@pytest.mark.parametrize("text", ["3", "x", "-x"])
def test_the_smallest_expressions(text):
    assert calculate(text, {}, MOST)["nodes"][-1]["gradient"] == 1.0


@pytest.mark.parametrize(
    ("text", "values", "told"),
    [
        ("log(x)", {"x": -1}, r"log\(x\) is nan at -1"),
        ("1/x", {"x": 0}, r"1/x is inf at 1 and 0"),
        ("exp(x)", {"x": 1e4}, r"exp\(x\) is inf at 10000"),
        ("sqrt(x)", {"x": 0}, "the gradient of x is inf"),
    ],
)
def test_values_that_are_not_finite_are_told_with_their_place(text, values, told):
    with pytest.raises(dr.NonFiniteError, match=told):
        calculate(text, values, MOST)


@pytest.mark.parametrize(
    ("text", "values", "told"),
    [
        ("x", {"z": 1}, "has no name 'z'; its names are: x"),
        ("x", {"x": 1e13}, "the value of x must be between ±1e.12"),
        ("+".join(f"x{i}" for i in range(60)), {}, "at most 80 are allowed"),
    ],
)
def test_what_cannot_be_calculated_is_refused(text, values, told):
    with pytest.raises(dr.InputError, match=told):
        calculate(text, values, MOST)
