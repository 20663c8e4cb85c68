import pytest

import deltarule as dr
from deltarule.graph.picture import MOST_NODES


def test_a_run_shows_the_value_and_the_signal_of_every_node():
    w, x = dr.parameter([2.0, -1.0], "w"), dr.input("x", (2,))
    run = dr.backprop(dr.sum(w * x * 3.0), {"x": [5.0, 7.0]})
    shown = [(n["label"], n["kind"], n["shape"], n["value"], n["signal"]) for n in run.draw().nodes]
    assert shown == [
        ("w", "parameter", "(2,)", "[2, -1]", "[15, 21]"),
        ("x", "input", "(2,)", "[5, 7]", "[6, -3]"),
        ("×", "operation", "(2,)", "[10, -7]", "[3, 3]"),
        ("3", "constant", "", None, None),
        ("×", "operation", "(2,)", "[30, -21]", "[1, 1]"),
        ("Σ", "operation", "", "9", "1"),
    ]


def test_a_node_used_twice_is_drawn_once():
    x = dr.input("x")
    drawing = (x * x).draw()
    assert [(edge["source"], edge["target"]) for edge in drawing.edges] == [("n0", "n1")]


def test_names_are_text_not_markup():
    drawing = dr.input('<b>&"x"').draw()
    assert "<b>" not in drawing.svg
    assert "&lt;b&gt;&amp;" in drawing.svg


def test_notebooks_show_graphs_runs_and_networks():
    x = dr.input("x")
    net = dr.Network([dr.Dense(2, 3), dr.Dense(3, 1)])
    for shown in (x * x, dr.backprop(x * x, {"x": 1.0}), net, (x * x).draw()):
        assert shown._repr_svg_().startswith("<svg")


def test_notebooks_fall_back_to_text_without_the_layout_library_or_for_large_graphs(monkeypatch):
    x = dr.input("x")
    large = x
    for _ in range(120):
        large = large + 1.0
    assert large._repr_svg_() is None
    monkeypatch.setattr("deltarule.graph.node.layout_available", lambda: False)
    assert x._repr_svg_() is None


def test_a_graph_too_large_to_read_is_refused():
    node = dr.input("x")
    for _ in range(MOST_NODES):
        node = dr.tanh(node)
    with pytest.raises(dr.InputError, match=f"{MOST_NODES + 1} nodes is too large to draw"):
        node.draw()
