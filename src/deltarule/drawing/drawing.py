"""A finished drawing: SVG text, and where everything stands in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deltarule.files import write_whole

__all__ = ["Drawing", "svg_document"]

_STYLE = """\
.deltarule { font-family: ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; font-size: 13px }
.deltarule .paper { fill: #ffffff }
.deltarule text { fill: #1f2430 }
.deltarule .title { font-weight: bold }
.deltarule .quiet { fill: #667085; font-size: 11px }
.deltarule .value { fill: #0b62c4 }
.deltarule .signal { fill: #c2410c }
.deltarule .body { fill: #f4f6fa; stroke: #8a94a6; stroke-width: 1.2 }
.deltarule .input .body { fill: #e3effd; stroke: #3b82c4 }
.deltarule .parameter .body { fill: #e6f4ea; stroke: #3d8b57 }
.deltarule .arrow { fill: none; stroke: #8a94a6; stroke-width: 1.4 }
.deltarule .head { fill: #8a94a6; stroke: none }
.deltarule .positive { stroke: #2f855a }
.deltarule .negative { stroke: #a21caf }
.deltarule tspan.positive { stroke: none; fill: #2f855a }
.deltarule tspan.negative { stroke: none; fill: #a21caf }
@media (prefers-color-scheme: dark) {
.deltarule .paper { fill: #14181f }
.deltarule text { fill: #e6e9ef }
.deltarule .quiet { fill: #98a2b3 }
.deltarule .value { fill: #6fb3ff }
.deltarule .signal { fill: #ff9a5c }
.deltarule .body { fill: #1f2530; stroke: #7c879b }
.deltarule .input .body { fill: #14304d; stroke: #5a9bd8 }
.deltarule .parameter .body { fill: #163525; stroke: #5fb37f }
.deltarule .arrow { stroke: #7c879b }
.deltarule .head { fill: #7c879b }
.deltarule .positive { stroke: #5fd394 }
.deltarule .negative { stroke: #e879f9 }
.deltarule tspan.positive { fill: #5fd394 }
.deltarule tspan.negative { fill: #e879f9 }
}
"""


@dataclass(frozen=True)
class Drawing:
    """A drawing, which notebooks show by itself.

    Attributes
    ----------
    svg : the drawing as one SVG document, in colours for light and dark surroundings
    nodes : a dict for each node with ``id``, ``label``, ``shape``, ``kind``, ``value``, ``signal`` (the texts shown, or
        ``None``), and its box: the corner ``x``, ``y``, and ``width``, ``height``; in the order of computation
    edges : a dict for each arrow with ``source`` and ``target``, ids of nodes, and its ``points``
    width, height : of the whole, in pixels

    In the SVG, the group of a node has its id as ``data-node``, and an arrow the ids ``data-source`` and
    ``data-target``; texts of values and signals have the classes ``value`` and ``signal``.
    """

    svg: str = field(repr=False)
    nodes: list[dict[str, Any]] = field(repr=False)
    edges: list[dict[str, Any]] = field(repr=False)
    width: float
    height: float

    def save(self, path: str | Path) -> None:
        """Write the SVG to a file, which is replaced only when the new one is complete."""
        write_whole(path, self.svg)

    def _repr_svg_(self) -> str:
        return self.svg


def svg_document(body: str, width: float, height: float, title: str) -> str:
    """Wrap shapes and texts in a document with its colours and a background of its own."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="deltarule" role="img" aria-label="{title}" '
        f'width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}">'
        f"\n<style>\n{_STYLE}</style>\n"
        f'<rect class="paper" width="{width:g}" height="{height:g}" rx="8"/>\n{body}</svg>\n'
    )
