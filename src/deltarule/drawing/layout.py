"""Where boxes go: in layers from left to right, with few crossings (Sugiyama et al. 1981), found by grandalf."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np

from deltarule.errors import InputError

__all__ = ["Point", "layout_available", "place_boxes"]

Point = tuple[float, float]

_BESIDE, _BETWEEN = 18, 46  # pixels between boxes of a layer, and between layers


def layout_available() -> bool:
    """Say whether the library that places boxes is installed."""
    return find_spec("grandalf") is not None


def place_boxes(
    sizes: Sequence[tuple[float, float]], edges: Sequence[tuple[int, int]]
) -> tuple[list[Point], dict[tuple[int, int], list[Point]]]:
    """Place boxes so that every edge leads to the right.

    Parameters
    ----------
    sizes : width and height of each box
    edges : from which box to which

    Returns
    -------
    list of points, dict
        The middle of each box; for each edge, where it bends between its boxes, in order.
    """
    if not layout_available():
        raise InputError("drawing a graph needs the package grandalf: pip install 'deltarule[draw]'")
    from grandalf.graphs import Edge, Graph, Vertex
    from grandalf.layouts import SugiyamaLayout, VertexViewer

    # grandalf lays out from top to bottom: the sides change places. It begins at the result, so that every leaf stands
    # right before its use.
    vertices = [Vertex(i) for i in range(len(sizes))]
    for vertex, (width, height) in zip(vertices, sizes, strict=True):
        vertex.view = VertexViewer(w=height, h=width)
    arcs = {(s, t): Edge(vertices[t], vertices[s]) for s, t in dict.fromkeys(edges)}
    for arc in arcs.values():
        arc.view = _Bends()
    places: list[Point] = [(0.0, 0.0)] * len(sizes)
    bends: dict[tuple[int, int], list[Point]] = {}
    top = 0.0
    for part in Graph(vertices, list(arcs.values())).C:
        layout = SugiyamaLayout(part)
        layout.xspace, layout.yspace = _BESIDE, _BETWEEN
        roots = [vertex for vertex in part.sV if not vertex.e_in()]
        layout.init_all(roots=roots, inverted_edges=[])
        layout.draw(4)
        for layer in layout.layers:
            _part_overlapping(layer)
        layout.draw_edges()
        members = list(part.sV)
        shift = top - min(v.view.xy[0] - v.view.w / 2 for v in members)
        for vertex in members:
            places[vertex.data] = (-vertex.view.xy[1], vertex.view.xy[0] + shift)
        for arc in part.sE:
            inner = [(-y, x + shift) for x, y in arc.view.points[1:-1]]
            bends[arc.v[1].data, arc.v[0].data] = inner[::-1]
        top = max(places[v.data][1] + v.view.w / 2 for v in members) + 2 * _BESIDE
    return places, bends


def _part_overlapping(layer: Sequence[Any]) -> None:
    """Move the boxes of a layer, which may overlap, as little as keeps their order and the space between them."""
    from scipy.optimize import isotonic_regression

    sizes = np.array([vertex.view.w for vertex in layer])
    # How far each must be from the first: places less these distances must not fall.
    least = np.cumsum(sizes + _BESIDE) - sizes / 2
    wanted = np.array([vertex.view.xy[0] for vertex in layer])
    for vertex, place in zip(layer, isotonic_regression(wanted - least).x + least, strict=True):
        vertex.view.xy = (float(place), vertex.view.xy[1])


class _Bends:
    """What grandalf wants of an edge: to be told its points."""

    points: Sequence[Any] = ()

    def setpath(self, points: Sequence[Any]) -> None:
        self.points = points
