"""Boxes with lines of text, and arrows between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from deltarule.drawing.drawing import Drawing, svg_document
from deltarule.drawing.layout import Point, place_boxes
from deltarule.drawing.text import cut, readable, width_of

__all__ = ["Box", "draw_boxes"]

_MARGIN, _PADDING, _LINE = 16.0, 10.0, 17.0
_SIZE, _SMALL = 13.0, 11.0
_LONGEST = 30


@dataclass(frozen=True)
class Box:
    """A box.

    Attributes
    ----------
    title : what it is called
    kind : "input", "parameter", "constant" or "operation"; gives its colour
    operation : what makes it, where the title does not say so
    shape : its shape, "" for a single number
    value, signal : texts, or ``None`` where they are not known
    """

    title: str
    kind: str = "operation"
    operation: str = ""
    shape: str = ""
    value: str | None = None
    signal: str | None = None

    def lines(self) -> list[tuple[str, str, float]]:
        """Return the lines of text: class, text and font size."""
        second = "  ".join(part for part in (self.operation, self.shape) if part)
        lines = [("title", self.title, _SIZE), ("quiet", second, _SMALL)]
        lines += [("value", f"= {self.value}", _SIZE)] if self.value is not None else []
        lines += [("signal", f"δ {self.signal}", _SIZE)] if self.signal is not None else []
        return [(kind, cut(readable(text), _LONGEST), size) for kind, text, size in lines if text]

    def size(self) -> tuple[float, float]:
        """Return width and height, so that no text leaves the box."""
        lines = self.lines()
        width = max(width_of(text, size) for _, text, size in lines) + 2 * _PADDING
        return max(width, 40.0), len(lines) * _LINE + 10


def draw_boxes(boxes: Sequence[Box], edges: Sequence[tuple[int, int]], title: str = "computational graph") -> Drawing:
    """Draw boxes and the arrows between them, from left to right.

    Parameters
    ----------
    boxes : the boxes
    edges : from which box to which, by number
    title : what the drawing is called by a screen reader
    """
    sizes = [box.size() for box in boxes]
    places, bends = place_boxes(sizes, edges)
    left = min(x - w / 2 for (x, _), (w, _) in zip(places, sizes, strict=True)) - _MARGIN
    above = min(y - h / 2 for (_, y), (_, h) in zip(places, sizes, strict=True)) - _MARGIN
    places = [(x - left, y - above) for x, y in places]
    legend = any(box.value is not None for box in boxes)
    bottom = max(y + h / 2 for (_, y), (_, h) in zip(places, sizes, strict=True)) + _MARGIN
    width = max(x + w / 2 for (x, _), (w, _) in zip(places, sizes, strict=True)) + _MARGIN
    height = bottom + (20 if legend else 0)
    width = max(width, 270.0) if legend else width

    nodes = [
        _node(number, box, place, size)
        for number, (box, place, size) in enumerate(zip(boxes, places, sizes, strict=True))
    ]
    arrows = []
    for source, target in dict.fromkeys(edges):
        inner = [(x - left, y - above) for x, y in bends.get((source, target), [])]
        start = (places[source][0] + sizes[source][0] / 2, places[source][1])
        end = (places[target][0] - sizes[target][0] / 2, places[target][1])
        arrows.append({"source": f"n{source}", "target": f"n{target}", "points": [start, *inner, end]})
    parts = [_arrow(arrow) for arrow in arrows]
    parts += [_group(node, box) for node, box in zip(nodes, boxes, strict=True)]
    if legend:
        parts.append(
            f'<text class="quiet" x="{_MARGIN:g}" y="{height - 12:g}"><tspan class="value">= value</tspan>'
            '<tspan class="signal" dx="14">δ error signal (gradient)</tspan></text>\n'
        )
    return Drawing(svg_document("".join(parts), width, height, title), nodes, arrows, width, height)


def _node(number: int, box: Box, place: Point, size: tuple[float, float]) -> dict[str, Any]:
    """Say what stands where."""
    (x, y), (width, height) = place, size
    return {
        "id": f"n{number}",
        "label": box.title,
        "operation": box.operation,
        "shape": box.shape,
        "kind": box.kind,
        "value": box.value,
        "signal": box.signal,
        "x": x - width / 2,
        "y": y - height / 2,
        "width": width,
        "height": height,
    }


def _group(node: dict[str, Any], box: Box) -> str:
    """Draw a box."""
    x, y, width, height = node["x"], node["y"], node["width"], node["height"]
    middle, lines = x + width / 2, box.lines()
    texts = "".join(
        f'<text class="{kind}" x="{middle:.1f}" y="{y + 5 + _LINE * (i + 0.75):.1f}" text-anchor="middle">'
        f"{escape(text)}</text>"
        for i, (kind, text, _) in enumerate(lines)
    )
    told = "\n".join(readable(text) for text in (box.title, box.operation, box.shape) if text)
    return (
        f'<g class="node {box.kind}" data-node={quoteattr(node["id"])}><title>{escape(told)}</title>'
        f'<rect class="body" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="7"/>{texts}</g>\n'
    )


def _arrow(arrow: dict[str, Any]) -> str:
    """Draw an arrow: straight to each bend, in curves that leave and arrive level."""
    points: list[Point] = arrow["points"]
    path = f"M{points[0][0]:.1f},{points[0][1]:.1f}"
    end = (points[-1][0] - 6, points[-1][1])  # where the head begins
    for (x0, y0), (x1, y1) in zip(points, [*points[1:-1], end], strict=False):
        bend = (x1 - x0) / 2
        path += f" C{x0 + bend:.1f},{y0:.1f} {x1 - bend:.1f},{y1:.1f} {x1:.1f},{y1:.1f}"
    x, y = points[-1]
    return (
        f'<g data-source="{arrow["source"]}" data-target="{arrow["target"]}"><path class="arrow" d="{path}"/>'
        f'<path class="head" d="M{x:.1f},{y:.1f} l-8,-4 v8 z"/></g>\n'
    )
