import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from deltarule.drawing import NeuronLayer, draw_neurons

SVG = "{http://www.w3.org/2000/svg}"


def test_a_line_is_as_thick_as_its_weight_is_large_and_coloured_by_its_sign():
    layers = [NeuronLayer("inputs", 2), NeuronLayer("hidden", 1, weight=np.array([[2.0, -1.0]]))]
    drawing = draw_neurons(layers)
    lines = ElementTree.fromstring(drawing.svg).findall(f"{SVG}line")
    widths = [float(line.get("stroke-width")) for line in lines]
    assert [line.get("class") for line in lines] == ["positive", "negative"]
    assert widths[0] - 0.3 == pytest.approx(2 * (widths[1] - 0.3))
    assert [edge["weight"] for edge in drawing.edges] == [2.0, -1.0]


def test_neurons_show_activations_and_signals():
    layers = [
        NeuronLayer("inputs", 1, values=np.array([0.5]), signals=np.array([-3e-5])),
        NeuronLayer("score", 1, weight=np.zeros((1, 1)), values=np.array([123.0]), signals=np.array([1.0])),
    ]
    drawing = draw_neurons(layers)
    texts = ["".join(text.itertext()) for text in ElementTree.fromstring(drawing.svg).findall(f".//{SVG}g/{SVG}text")]
    assert texts == ["0.50", "δ -3e-5", "1e2", "δ 1.00"]
    assert [(node["value"], node["signal"]) for node in drawing.nodes] == [("0.5", "-3e-05"), ("123", "1")]
