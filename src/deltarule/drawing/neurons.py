"""Layers of neurons, joined by their weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
from numpy.typing import NDArray

from deltarule.drawing.drawing import Drawing, svg_document
from deltarule.drawing.text import width_of

__all__ = ["MOST_NEURONS", "NeuronLayer", "draw_neurons"]

MOST_NEURONS = 24
"""Neurons of a layer that are drawn one by one."""

_RADIUS, _ROW, _MARGIN, _SMALL = 17.0, 44.0, 20.0, 11.0
_BETWEEN = 170.0
_THICKEST = 5.0


@dataclass(frozen=True)
class NeuronLayer:
    """A layer of neurons.

    Attributes
    ----------
    name : what it is called
    note : what stands below the name, such as its activation function
    weight : from the layer before, of shape (neurons, neurons before); ``None`` for inputs
    size : number of neurons
    values : activation of each, if known
    signals : error signal δ of each, if known
    """

    name: str
    size: int
    note: str = ""
    weight: NDArray[Any] | None = None
    values: NDArray[Any] | None = None
    signals: NDArray[Any] | None = None


def draw_neurons(layers: Sequence[NeuronLayer], title: str = "neural network") -> Drawing:
    """Draw layers from left to right; a line for each weight, as thick as the weight is large.

    Parameters
    ----------
    layers : the inputs first, each of at most `MOST_NEURONS` neurons
    title : what the drawing is called by a screen reader
    """
    known = any(layer.values is not None for layer in layers)
    row = _ROW + (12 if known else 0)
    widest = max(layer.size for layer in layers)
    top = 54.0
    columns = [max(width_of(layer.name, 13), width_of(layer.note, _SMALL), 2 * _RADIUS) for layer in layers]
    centres = [_MARGIN + columns[0] / 2]
    for before, own in pairwise(columns):
        centres.append(centres[-1] + max(_BETWEEN, before / 2 + own / 2 + 20))
    width = max(centres[-1] + columns[-1] / 2 + _MARGIN, 470.0 if known else 300.0)
    height = top + widest * row + 34
    places = [
        [(x, top + (widest - layer.size) * row / 2 + (i + 0.5) * row) for i in range(layer.size)]
        for x, layer in zip(centres, layers, strict=True)
    ]
    largest = max((float(np.abs(layer.weight).max()) for layer in layers if layer.weight is not None), default=1.0)

    parts, nodes, edges = [], [], []
    for number, layer in enumerate(layers):
        if layer.weight is None:
            continue
        for (i, j), weight in np.ndenumerate(layer.weight):
            start, end = places[number - 1][j], places[number][i]
            source, target = f"l{number - 1}n{j}", f"l{number}n{i}"
            share = abs(float(weight)) / (largest or 1.0)
            edges.append({"source": source, "target": target, "points": [start, end], "weight": float(weight)})
            parts.append(
                f'<line class="{"negative" if weight < 0 else "positive"}" data-source="{source}" '
                f'data-target="{target}" x1="{start[0]:.1f}" y1="{start[1]:.1f}" x2="{end[0]:.1f}" y2="{end[1]:.1f}" '
                f'stroke-width="{0.3 + _THICKEST * share:.2f}" stroke-opacity="{0.25 + 0.6 * share:.2f}">'
                f"<title>{escape(layer.name)} weight [{i}, {j}] = {weight:.4g}</title></line>\n"
            )
    for number, layer in enumerate(layers):
        parts.append(_heading(layer, centres[number]))
        for i, (x, y) in enumerate(places[number]):
            value = None if layer.values is None else float(layer.values[i])
            signal = None if layer.signals is None else float(layer.signals[i])
            node = {
                "id": f"l{number}n{i}",
                "label": f"{layer.name}[{i}]",
                "shape": "",
                "kind": "input" if layer.weight is None else "operation",
                "value": None if value is None else f"{value:.4g}",
                "signal": None if signal is None else f"{signal:.4g}",
                "x": x - _RADIUS,
                "y": y - _RADIUS,
                "width": 2 * _RADIUS,
                "height": 2 * _RADIUS,
            }
            nodes.append(node)
            parts.append(_neuron(node, x, y, value, signal))
    parts.append(_legend(height, known))
    return Drawing(svg_document("".join(parts), width, height, title), nodes, edges, width, height)


def _heading(layer: NeuronLayer, x: float) -> str:
    """Write the name of a layer above it, and its note."""
    return (
        f'<text class="title" x="{x:.1f}" y="24" text-anchor="middle">{escape(layer.name)}</text>'
        f'<text class="quiet" x="{x:.1f}" y="40" text-anchor="middle">{escape(layer.note)}</text>\n'
    )


def _neuron(node: dict[str, Any], x: float, y: float, value: float | None, signal: float | None) -> str:
    """Draw a neuron: its activation in it, its error signal below it."""
    texts = "" if value is None else _number("value", x, y + 3.5, _short(value), 9.5)
    if signal is not None:
        below = f"δ {_short(signal)}"
        half = width_of(below, 9.5) / 2
        texts += f'<rect class="paper" x="{x - half:.1f}" y="{y + _RADIUS + 2:.1f}" width="{2 * half:.1f}" height="12" '
        texts += 'rx="3" fill-opacity="0.85"/>' + _number("signal", x, y + _RADIUS + 11, below, 9.5)
    told = node["label"] + ("" if value is None else f"\nactivation {value:.6g}")
    told += "" if signal is None else f"\nδ {signal:.6g}"
    return (
        f'<g class="node {node["kind"]}" data-node="{node["id"]}"><title>{escape(told)}</title>'
        f'<circle class="body" cx="{x:.1f}" cy="{y:.1f}" r="{_RADIUS:g}"/>{texts}</g>\n'
    )


def _number(kind: str, x: float, y: float, text: str, size: float) -> str:
    return (
        f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="middle" style="font-size: {size}px">{text}</text>'
    )


def _short(number: float) -> str:
    """Write a number in at most five characters, which a neuron has room for."""
    if number == 0:
        return "0"
    if 0.005 <= abs(number) < 99.95:
        return f"{number:.1f}" if abs(number) >= 9.995 else f"{number:.2f}"
    mantissa, exponent = f"{number:.0e}".split("e")
    return f"{mantissa}e{int(exponent)}"


def _legend(height: float, known: bool) -> str:
    """Say what the colours mean."""
    told = [("positive", "weight > 0"), ("negative", "weight < 0")]
    told += [("value", "activation"), ("signal", "δ error signal")] if known else []
    spans = "".join(
        f'<tspan class="{kind}" dx="{14 if i else 0}">{escape(text)}</tspan>' for i, (kind, text) in enumerate(told)
    )
    return f'<text class="quiet" x="{_MARGIN:g}" y="{height - 12:g}">{spans}</text>\n'
