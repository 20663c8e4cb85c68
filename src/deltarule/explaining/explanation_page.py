"""An explanation as a page: the window with bars for words and features, and a strip of neurons."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deltarule.explaining.explanation import Explanation, HiddenLayer, WindowWord

__all__ = ["explanation_fragment", "explanation_page"]

_STYLE = """
.deltarule-why { --paper: #fff; --ink: #1f2430; --quiet: #5b6475; --line: #d5dae3; --up: #2f855a; --down: #a21caf;
  --value: #0b62c4; font: 15px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--paper); padding: 1rem;
  border-radius: 8px; max-width: 75rem }
@media (prefers-color-scheme: dark) { .deltarule-why { --paper: #14181f; --ink: #e6e9ef; --quiet: #a3acbb;
  --line: #39414f; --up: #5fd394; --down: #e879f9; --value: #6fb3ff } }
.deltarule-why h1 { font-size: 1.3rem; margin: 0 0 .3rem } .deltarule-why h2 { font-size: 1rem; margin: 1.2rem 0 .4rem }
.deltarule-why p { margin: .3rem 0; color: var(--quiet) }
.deltarule-why mark { background: var(--value); color: var(--paper);
  border-radius: 4px; padding: 0 .3em }
.deltarule-why .window { display: grid; grid-template-columns: repeat(auto-fit, minmax(11.5rem, 1fr)); gap: .7rem }
.deltarule-why .word { border: 1px solid var(--line); border-radius: 8px; padding: .5rem .6rem; min-width: 0 }
.deltarule-why .word.middle { border: 2px solid var(--value) }
.deltarule-why .word b { overflow-wrap: anywhere } .deltarule-why small { color: var(--quiet) }
.deltarule-why .bar { display: grid; grid-template: "name number" "bar bar" / minmax(0, 1fr) auto; gap: 0 .4rem;
  align-items: center; font-size: .85rem; margin-bottom: .15rem }
.deltarule-why .bar > span:first-child { overflow-wrap: anywhere }
.deltarule-why .bar i { grid-area: bar; display: block; height: .4rem; position: relative; background:
  linear-gradient(var(--line), var(--line)) center / 1px 100% no-repeat }
.deltarule-why .bar i::after { content: ""; position: absolute; top: 0; bottom: 0; left: 50%;
  width: calc(var(--size) / 2);  background: var(--up) }
.deltarule-why .bar.down i::after { left: auto; right: 50%; background: var(--down) }
.deltarule-why .bar.plain i::after { left: 0; width: var(--size); background: var(--value) }
.deltarule-why .bar.plain i { background: none }
.deltarule-why .bar span:last-child { text-align: right; font-variant-numeric: tabular-nums }
.deltarule-why .labels { max-width: 30rem } .deltarule-why .labels .bar {
  grid-template: "name bar number" / 6rem 1fr 11rem }
.deltarule-why svg { width: 100%; height: auto; display: block } .deltarule-why .up { fill: var(--up) }
.deltarule-why .down { fill: var(--down) } .deltarule-why svg text { fill: var(--quiet); font-size: 11px }
"""
_LABELS = 6  # that are shown


def explanation_page(explanation: Explanation) -> str:
    """Return a whole HTML document that needs no other file."""
    title = escape(f"{explanation.word}: {explanation.written}")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{title}</title></head>\n<body>{explanation_fragment(explanation)}</body></html>\n"
    )


def explanation_fragment(explanation: Explanation) -> str:
    """Return the explanation as one element with its own style."""
    e = explanation
    words = " ".join(f"<mark>{escape(word)}</mark>" if i == e.index else escape(word) for i, word in enumerate(e.words))
    largest = max((abs(f.integrated) for w in e.window for f in w.features), default=0.0)
    largest_word = max(abs(w.integrated) for w in e.window)
    cards = "".join(_card(word, largest_word, largest) for word in e.window)
    stand_in = (
        "the vectors that stand beyond the ends of a sentence" if e.baseline == "boundary" else "vectors of zeros"
    )
    return f"""<div class="deltarule-why"><style>{_STYLE}</style>
<h1>{words}</h1>
<p>Why is <b>{escape(e.word)}</b> labelled <b>{escape(e.label)}</b>{_written(e)}?
Its score is {e.margin:+.3f} over that of {escape(e.runner_up)}.</p>
<h2>Labels</h2><div class="labels">{_labels(e)}</div>
<h2>What moved {escape(e.label)} over {escape(e.runner_up)}</h2>
<p>Parts by integrated gradients: right and green for {escape(e.label)}, left and purple against it. They sum to
{e.margin - e.baseline_margin:+.3f}: the margin {e.margin:+.3f} less {e.baseline_margin:+.3f}, that of {stand_in}.</p>
<div class="window">{cards}</div>
{"".join(_strip(layer) for layer in e.hidden)}
</div>"""


def _written(e: Explanation) -> str:
    return f" (written {escape(e.written)})" if e.written != e.label else ""


def _labels(e: Explanation) -> str:
    """Draw a bar for the probability of each of the best labels."""
    best = [label for i, label in enumerate(e.scores) if i < _LABELS or label in (e.label, e.runner_up)]
    return "".join(
        f'<div class="bar plain"><span>{escape(label)}</span>'
        f'<i style="--size: {100 * e.probabilities[label]:.2f}%"></i>'
        f"<span>{100 * e.probabilities[label]:.2f} %, score {e.scores[label]:.3f}</span></div>"
        for label in best
    )


def _card(word: WindowWord, largest_word: float, largest: float) -> str:
    """Draw a word of the window: its part, the two checks on it, and a bar for each feature."""
    name = escape(word.word) if word.word is not None else "<small>beyond the sentence</small>"
    features = "".join(
        _bar(f"{f.name} <small>{escape(f.value)}{'' if f.known else ' (unknown)'}</small>", f.integrated, largest)
        for f in word.features
    )
    place = f"{word.offset:+d}" if word.offset else "this word"
    return (
        f'<div class="word{"" if word.offset else " middle"}"><small>{place}</small>'
        f"{_bar(f'<b>{name}</b>', word.integrated, largest_word)}"
        f"<small>gradient × input {word.gradient:+.3f}, if masked {word.masked:+.3f}</small><hr>{features}</div>"
    )


def _bar(name: str, value: float, largest: float) -> str:
    """Draw a bar to the right or to the left, as long as a share of the longest."""
    size = 100 * abs(value) / largest if largest else 0.0
    return (
        f'<div class="bar{" down" if value < 0 else ""}"><span>{name}</span><i style="--size: {size:.1f}%"></i>'
        f"<span>{value:+.3f}</span></div>"
    )


def _strip(layer: HiddenLayer) -> str:
    """Draw a cell for each neuron, for its activation and, below, for its error signal."""
    count = len(layer.activations)
    across = min(count, 100)
    rows = -(-count // across)
    cells = [
        _cells(values, across, 14 + 26 * at, layer.name, what)
        for at, (what, values) in enumerate((("a", layer.activations), ("δ", layer.signals)))
    ]
    return (
        f"<h2>Neurons of {escape(layer.name)}</h2>"
        f"<p>Above the activation a of each of {count}, below it the error signal δ"
        ": green above 0, purple below; the stronger, the larger.</p>"
        f'<svg viewBox="0 0 {across * 10 + 14} {rows * 56}" role="img" aria-label="neurons">{"".join(cells)}</svg>'
    )


def _cells(values: Sequence[float], across: int, top: float, layer: str, symbol: str) -> str:
    """Draw one value of each neuron as a square, as large as the value."""
    largest = max((abs(value) for value in values), default=0.0) or 1.0
    cells = [f'<text x="0" y="{top + 4 + row * 56:g}">{symbol}</text>' for row in range(-(-len(values) // across))]
    for i, value in enumerate(values):
        row, column = divmod(i, across)
        size = 1 + 8 * (abs(value) / largest) ** 0.5
        x, y = 19 + column * 10 - size / 2, top + row * 56 - size / 2
        cells.append(
            f'<rect class="{"down" if value < 0 else "up"}" x="{x:.1f}" y="{y:.1f}" '
            f'width="{size:.1f}" height="{size:.1f}">'
            f"<title>{escape(layer)}[{i}]: {symbol} = {value:.4g}</title></rect>"
        )
    return "".join(cells)
