"""A training as one page: curves, histograms layer by layer, what looks wrong, and the confusion matrix."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

import numpy as np

from deltarule.errors import InputError
from deltarule.explaining.statistics import LayerStatistics, Observation, TrainingWatch

__all__ = ["Confusion", "check_report", "training_report"]

_STYLE = """
:root { color-scheme: light dark; --paper: #fff; --ink: #1f2430; --quiet: #5b6475; --line: #d5dae3; --warn: #9a3412 }
@media (prefers-color-scheme: dark) { :root { --paper: #14181f; --ink: #e6e9ef; --quiet: #a3acbb; --line: #39414f;
  --warn: #ffb37a } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 0 auto; padding: 1rem;
  max-width: 75rem } h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin: 2rem 0 .3rem } p { color: var(--quiet) }
.warning { color: var(--warn) } .pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)) }
.pair > div { min-width: 0 } .scroll { overflow-x: auto } table { border-collapse: collapse; font-size: .9rem }
th, td { padding: .2rem .7rem; text-align: right; border-bottom: 1px solid var(--line) }
th:first-child, td:first-child { text-align: left }
"""
# Charts have no background of their own; their lettering follows the page from light to dark.
_SCRIPT = """
const dark = matchMedia("(prefers-color-scheme: dark)");
function recolour() {
  const ink = dark.matches ? "#e6e9ef" : "#1f2430", line = dark.matches ? "#39414f" : "#d5dae3";
  for (const chart of document.querySelectorAll(".plotly-graph-div")) {
    Plotly.Plots.resize(chart);
    if (chart.data[0].type === "heatmap") Plotly.restyle(chart, {"textfont.color": ink});
    Plotly.relayout(chart, {"font.color": ink, "xaxis.gridcolor": line, "yaxis.gridcolor": line,
      "xaxis.zerolinecolor": line, "yaxis.zerolinecolor": line});
  }
}
recolour(); dark.addEventListener("change", recolour);
"""


@dataclass(frozen=True)
class Confusion:
    """How often each label was given where each was right.

    Attributes
    ----------
    labels : names
    counts : of shape (right label, given label)
    """

    labels: tuple[str, ...]
    counts: Any

    @classmethod
    def of_labels(cls, gold: Sequence[str], predicted: Sequence[str]) -> Confusion:
        """Count pairs of labels.

        >>> Confusion.of_labels(["O", "LOC", "LOC"], ["O", "LOC", "O"]).counts.tolist()
        [[1, 1], [0, 1]]
        """
        labels = sorted({*gold, *predicted})
        number = {label: i for i, label in enumerate(labels)}
        counts = np.zeros((len(labels), len(labels)), int)
        np.add.at(counts, ([number[label] for label in gold], [number[label] for label in predicted]), 1)
        return cls(tuple(labels), counts)


def check_report() -> None:
    """Raise `InputError` where the package that draws charts is missing; call it before a long training."""
    if find_spec("plotly") is None:
        raise InputError("a training report needs the package plotly: pip install 'deltarule[report]'")


def training_report(
    watch: TrainingWatch, *, title: str = "Training", score: str = "score", confusion: Confusion | None = None
) -> str:
    """Write the report of a training as an HTML document that needs no other file and no network.

    Parameters
    ----------
    watch : what was seen during training
    title : heading
    score : what the score of an epoch is, such as "F1"
    confusion : of the trained model on development data

    Raises
    ------
    InputError
        When plotly is missing, or nothing was seen.
    """
    check_report()
    if not watch.observations:
        raise InputError("the watch saw no training: give it to train or fit as watch=")
    from plotly.offline import get_plotlyjs

    body = [f"<h1>{escape(title)}</h1>", _warnings(watch), _curves(watch, score)]
    body += [_across_layers(watch.observations), _table(watch.observations[-1])]
    for position, layer in enumerate(watch.observations[-1].layers):
        body.append(_histograms(layer.name, [o.layers[position] for o in watch.observations], watch.observations))
    if confusion is not None:
        body.append(_confusion(confusion))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style><script>{get_plotlyjs()}</script></head>\n"
        f"<body>{''.join(body)}<script>{_SCRIPT}</script></body></html>\n"
    )


def _warnings(watch: TrainingWatch) -> str:
    """List what looks wrong after the last epoch."""
    said = watch.warnings()
    if not said:
        return "<p>Nothing looks wrong: no saturated or dead layers, signals reach all of them.</p>"
    return "<ul>" + "".join(f'<li class="warning">{escape(text)}</li>' for text in said) + "</ul>"


def _curves(watch: TrainingWatch, score: str) -> str:
    """Draw loss and score by epoch."""
    epochs = [o.epoch for o in watch.observations if o.epoch is not None]
    numbers = [epoch.number for epoch in epochs]
    charts = [_lines("Loss", numbers, {"loss": [epoch.loss for epoch in epochs]})]
    if any(epoch.score is not None for epoch in epochs):
        charts.append(_lines(f"{score} on development data", numbers, {score: [epoch.score for epoch in epochs]}))
    return f'<h2>Epochs</h2><div class="pair">{"".join(charts)}</div>'


def _across_layers(observations: Sequence[Observation]) -> str:
    """Draw how each layer's signals, updates and saturation went."""
    numbers = [0 if o.epoch is None else o.epoch.number for o in observations]

    def of(value: Callable[[LayerStatistics], float | None]) -> dict[str, list[float | None]]:
        lines = {
            layer.name: [value(o.layers[i]) for o in observations] for i, layer in enumerate(observations[0].layers)
        }
        return {name: line for name, line in lines.items() if any(point is not None for point in line)}

    charts = [
        _lines("Error signals δ, root mean square", numbers, of(lambda layer: layer.signal or None), logarithmic=True),
        _lines(
            "Update of a step, relative to the weights",
            numbers,
            of(lambda layer: layer.update_ratio or None),
            logarithmic=True,
        ),
    ]
    for name, lines in (
        ("Saturated activations", of(lambda layer: layer.saturated)),
        ("Dead neurons", of(lambda layer: layer.dead)),
    ):
        if lines:
            charts.append(_lines(name, numbers, lines, share=True))
    told = "<p>Epoch 0 is before training; each point is measured on the same few batches, without dropout.</p>"
    return f'<h2>Layers</h2>{told}<div class="pair">{"".join(charts)}</div>'


def _table(observation: Observation) -> str:
    """Write the figures after the last epoch."""
    heads = ("layer", "neurons", "activation", "saturated", "dead", "signal", "weight", "update / weight")
    rows = [
        (
            f"{layer.name} ({layer.function or 'identity'})",
            str(layer.neurons),
            f"{layer.activation_mean:.3f} ± {layer.activation_deviation:.3f}",
            "–" if layer.saturated is None else f"{layer.saturated:.1%}",
            "–" if layer.dead is None else f"{layer.dead:.1%}",
            f"{layer.signal:.3g}",
            f"{layer.weight:.3g}",
            f"{layer.update_ratio:.2g}" if observation.rate else "–",
        )
        for layer in observation.layers
    ]
    head = "".join(f"<th>{name}</th>" for name in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="scroll"><table><tr>{head}</tr>{body}</table></div>'


def _histograms(name: str, layers: Sequence[LayerStatistics], observations: Sequence[Observation]) -> str:
    """Draw the histograms of a layer's activations and signals, before training and after the last epoch."""
    moments = ["before training" if o.epoch is None else f"epoch {o.epoch.number}" for o in observations]
    shown = sorted({0, len(layers) // 2, len(layers) - 1})
    charts = [
        _bars(f"Activations a of {name}", {moments[i]: layers[i].activations for i in shown}),
        _bars(f"log₁₀ |δ| of {name}", {moments[i]: layers[i].signals for i in shown}),
    ]
    return f'<h2>{escape(name)}</h2><div class="pair">{"".join(charts)}</div>'


def _confusion(confusion: Confusion) -> str:
    """Draw a square for each pair of labels, with its count, shaded by its share of the row."""
    import plotly.graph_objects as go

    counts = np.asarray(confusion.counts)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure = go.Figure(
        go.Heatmap(
            z=shares.tolist(),
            x=list(confusion.labels),
            y=list(confusion.labels),
            text=counts.tolist(),
            texttemplate="%{text}",
            colorscale=[[0, "rgba(59,130,196,0)"], [1, "rgba(59,130,196,0.75)"]],
            showscale=False,
            hovertemplate="%{y} labelled %{x}: %{text} (%{z:.1%})<extra></extra>",
        )
    )
    figure.update_yaxes(autorange="reversed", title="right label", showgrid=False)
    figure.update_xaxes(title="label given", side="top", showgrid=False)
    size = max(320, 70 + 34 * len(confusion.labels))
    return f"<h2>Confusion matrix, by token</h2>{_shown(figure, height=size, top=70)}"


def _lines(
    title: str, x: Sequence[int], lines: dict[str, list[Any]], *, logarithmic: bool = False, share: bool = False
) -> str:
    """Draw lines over epochs."""
    import plotly.graph_objects as go

    figure = go.Figure([go.Scatter(x=list(x), y=y, name=name, mode="lines+markers") for name, y in lines.items()])
    figure.update_xaxes(title="epoch", dtick=max(1, len(x) // 10))
    figure.update_yaxes(type="log" if logarithmic else "linear", tickformat=".0%" if share else None)
    if logarithmic:
        figure.update_yaxes(exponentformat="power", dtick=1)
    if share:
        greatest = max(point for y in lines.values() for point in y if point is not None)
        figure.update_yaxes(range=[0, max(0.05, 1.1 * greatest)])
    figure.update_layout(title=title, showlegend=len(lines) > 1)
    return f"<div>{_shown(figure)}</div>"


def _bars(title: str, histograms: dict[str, tuple[list[int], list[float]]]) -> str:
    """Draw histograms over each other, each as the share of all values in its bins."""
    import plotly.graph_objects as go

    figure = go.Figure()
    for name, (counts, edges) in histograms.items():
        middles = [(a + b) / 2 for a, b in pairwise(edges)]
        total = sum(counts) or 1
        figure.add_scatter(x=middles, y=[count / total for count in counts], name=name, line_shape="hvh", mode="lines")
    figure.update_yaxes(tickformat=".0%")
    figure.update_layout(title=title, showlegend=True)
    return f"<div>{_shown(figure)}</div>"


def _shown(figure: Any, height: int = 320, top: int = 60) -> str:
    """Return a chart as HTML, without the script that all charts share."""
    figure.update_layout(
        template="none",
        height=height,
        margin={"l": 70, "r": 20, "t": top, "b": 60},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        colorway=["#3b82c4", "#d9742b", "#3d9d6a", "#a855c7", "#c43b5b", "#8a8f3a"],
        legend={"orientation": "h", "y": -0.4},
    )
    figure.update_yaxes(automargin=True)
    text: str = figure.to_html(
        full_html=False, include_plotlyjs=False, config={"displayModeBar": False, "responsive": True}
    )
    return text
