"""Draws the pictures of the documentation from real runs: `make pictures`."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from io import StringIO
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress

import deltarule as dr
from deltarule.cli import demo, display, evaluate, training

IMAGES = Path(__file__).resolve().parent / "images"
COLOURS = ("#1f77b4", "#d62728")


def draw_demo() -> None:
    """Record the terminal during `deltarule demo`, without its progress bar."""
    console = Console(record=True, force_terminal=True, width=96, highlight=False, file=StringIO())
    for module in (demo, display, evaluate, training):
        if hasattr(module, "output"):
            module.output = console
    training.progress_bar = lambda: Progress(disable=True)
    here = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        demo.demo()
        os.chdir(here)
    picture = console.export_svg(title="deltarule demo")
    # The picture needs no file from another host: any monospaced font will do.
    picture = re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL)
    (IMAGES / "demo.svg").write_text(picture, encoding="utf-8")


def rings(random: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Draw points on two rings, one inside the other."""
    angle, ring = random.uniform(0, 2 * np.pi, 400), random.integers(0, 2, 400)
    radius = 1 + ring + random.normal(scale=0.1, size=400)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1), ring


def draw_boundaries() -> None:
    """Show what a line and what a layer of neurons can part."""
    points, ring = rings(np.random.default_rng(0))
    networks = {
        "no hidden layer": dr.Network([dr.Dense(2, 2)]),
        "16 tanh neurons": dr.Network([dr.Dense(2, 16, activation="tanh"), dr.Dense(16, 2)]),
    }
    side = np.linspace(-2.6, 2.6, 200)
    grid = np.stack(np.meshgrid(side, side), axis=-1)
    figure, panels = plt.subplots(1, 2, figsize=(7.2, 3.7), layout="constrained")
    for panel, (name, network) in zip(panels, networks.items(), strict=True):
        data = {"inputs": points, "targets": ring}
        dr.train(network, dr.SoftmaxCrossEntropy(), data, epochs=60, update_rule=dr.Adam(0.01))
        scores = network.predict(grid.reshape(-1, 2)).reshape(200, 200, 2)
        right = (network.predict(points).argmax(axis=1) == ring).mean()
        panel.contourf(side, side, scores[..., 1] - scores[..., 0], levels=[-1e9, 0, 1e9], colors=COLOURS, alpha=0.2)
        for label, colour in enumerate(COLOURS):
            panel.scatter(*points[ring == label].T, s=6, color=colour)
        panel.set(title=f"{name}: {right:.0%} right", aspect="equal", xticks=[], yticks=[])
    save(figure, "rings")


def draw_margin() -> None:
    """Show the max-margin objective and the signal that it sends to the true window's score."""
    s, s_c = dr.input("s", ("pairs",)), dr.input("s_c", ("pairs",))
    J = dr.maximum(0.0, 1.0 + s_c - s)
    gap = np.linspace(-1.5, 2.5, 401)
    run = dr.backprop(J, {"s": gap, "s_c": np.zeros_like(gap)})
    figure, panel = plt.subplots(figsize=(5.2, 3), layout="constrained")
    panel.plot(gap, run.value(J), color=COLOURS[0], label="J = max(0, Δ + s_c − s)")
    panel.plot(gap, run.gradient(s), color=COLOURS[1], label="∂J/∂s, the signal")
    panel.axvline(1, color="grey", linewidth=0.8, linestyle="--")
    panel.annotate("Δ = 1: from here on,\nno error and no work", (1.05, 1.5))
    panel.set(xlabel="s − s_c")
    panel.legend(frameon=False)
    save(figure, "margin")


def draw_graphs() -> None:
    """Draw a neuron as a graph, and a network neuron by neuron."""
    names = ("w0", "x0", "w1", "x1", "w2")
    w0, x0, w1, x1, w2 = (dr.input(name) for name in names)
    run = dr.backprop(dr.sigmoid(w0 * x0 + w1 * x1 + w2), dict(zip(names, (2.0, -1.0, -3.0, -2.0, -3.0), strict=True)))
    run.draw().save(IMAGES / "graph.svg")
    layers = [dr.Dense(2, 4, activation="tanh"), dr.Dense(4, 3, activation="relu"), dr.Dense(3, 1)]
    dr.Network(layers, seed=1).draw([0.5, -1.0]).save(IMAGES / "neurons.svg")


def draw_pages() -> None:
    """Photograph the pages of an explanation and of a training, where Chromium is installed."""
    sample, watch = dr.sample_corpus(), dr.TrainingWatch()
    tagger = dr.Tagger(epochs=10, seed=1).fit(sample.train, dev=sample.dev, watch=watch)
    photograph(tagger.explain("Museums in Paris are amazing", "Paris").to_html(), "explanation", (1216, 910))
    confusion = tagger.model.confusion(sample.dev)
    page = dr.training_report(watch, title="Training on the sample", score="F1", confusion=confusion)
    photograph(page, "report", (1200, 2160))


def photograph(page: str, name: str, size: tuple[int, int]) -> None:
    """Write a page as a PNG file."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        print(f"chromium is not installed: {name}.png stays as it is")
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "page.html"
        file.write_text(page, encoding="utf-8")
        options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--virtual-time-budget=8000"]
        options += [f"--user-data-dir={folder}/user", f"--window-size={size[0]},{size[1]}"]
        picture = f"--screenshot={IMAGES / name}.png"
        subprocess.run([chromium, *options, picture, file.as_uri()], check=True, capture_output=True, timeout=120)


def save(figure: plt.Figure, name: str) -> None:
    """Write a figure as SVG, the same bytes for the same figure."""
    with mpl.rc_context({"svg.hashsalt": name, "svg.fonttype": "none"}):
        figure.savefig(IMAGES / f"{name}.svg", metadata={"Date": None}, facecolor="white")
    plt.close(figure)


if __name__ == "__main__":
    draw_boundaries()
    draw_margin()
    draw_graphs()
    draw_pages()
    draw_demo()
