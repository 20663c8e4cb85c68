import numpy as np
import pytest

import deltarule as dr


def test_neurons_show_what_the_backward_pass_computes():
    net = dr.Network([dr.Dense(4, 3, activation="sigmoid"), dr.Dropout(0.5), dr.Dense(3, 2)], seed=3)
    inputs = [0.5, -1.0, 2.0, 0.25]
    drawing = net.draw(inputs, output=1)
    node = net.input_node()
    run = dr.backprop(dr.sum(net(node) * np.array([0.0, 1.0])), {node: [inputs]})
    hidden = drawing.nodes[4:7]
    assert [float(n["value"]) for n in hidden] == pytest.approx(run.value("dense1.activation")[0], rel=1e-3)
    assert [float(n["signal"]) for n in hidden] == pytest.approx(run.gradient("dense1.preactivation")[0], rel=1e-3)
    assert [n["signal"] for n in drawing.nodes[7:]] == ["0", "1"]
    weights = {(edge["source"], edge["target"]): edge["weight"] for edge in drawing.edges}
    assert weights["l0n2", "l1n1"] == net.parameters["dense1.weight"].value[1, 2]


def test_large_networks_and_lookups_are_drawn_as_graphs():
    assert dr.Network([dr.Dense(100, 2)]).draw().nodes[0]["label"] == "inputs"
    net = dr.Network([dr.Lookup(9, 2, window=3), dr.Window(3), dr.Dense(6, 1)])
    run = net.draw([1, 2, 3])
    assert {n["label"] for n in run.nodes} >= {"lookup1.vectors", "window1.vectors", "dense1.weight"}
    assert run.nodes[-1]["signal"] == "[1]"


def test_one_example_and_one_known_output():
    net = dr.Network([dr.Dense(2, 3)])
    with pytest.raises(dr.InputError, match="one example"):
        net.draw(np.zeros((5, 2)))
    with pytest.raises(dr.InputError, match="there is no output 3"):
        net.draw([0.0, 0.0], output=3)
