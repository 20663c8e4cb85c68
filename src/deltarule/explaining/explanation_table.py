"""An explanation as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deltarule.explaining.explanation import Explanation

__all__ = ["aligned", "explanation_table"]

_LABELS, _FEATURES = 5, 8  # that are shown


def explanation_table(explanation: Explanation) -> str:
    """Write the labels, the words of the window, and the features that mattered most."""
    e = explanation
    shown = f" (written {e.written})" if e.written != e.label else ""
    lines = [f"{e.word!r} in {' '.join(e.words)!r}: {e.label}{shown}", ""]
    best = list(e.scores)[:_LABELS]
    best += [label for label in (e.label, e.runner_up) if label not in best]
    rows = [[label, f"{e.scores[label]:.3f}", f"{100 * e.probabilities[label]:.2f} %"] for label in best]
    lines += aligned(["label", "score", "probability"], rows)
    lines += ["", f"what moved {e.label} over {e.runner_up}, a margin of {e.margin:+.3f}:"]
    heads = ["gradient × input", "integrated", "if masked"]
    words = [
        [f"{w.offset:+d}" if w.offset else "→", w.word or "(beyond)", *_numbers(w.gradient, w.integrated, w.masked)]
        for w in e.window
    ]
    lines += aligned(["place", "word", *heads], words, left=2)
    lines += ["", "features that mattered most:"]
    features = [(word, feature) for word in e.window if word.word is not None for feature in word.features]
    features.sort(key=lambda pair: -abs(pair[1].integrated))
    rows = [
        [
            word.word or "",
            f.name,
            (f.value or "–") + ("" if f.known else " (unknown)"),
            *_numbers(f.gradient, f.integrated, f.masked),
        ]
        for word, f in features[:_FEATURES]
    ]
    lines += aligned(["word", "feature", "value", *heads], rows, left=3)
    total = sum(word.integrated for word in e.window)
    stand_in = "beyond a sentence's ends" if e.baseline == "boundary" else "of zeros"
    lines += [
        "",
        f"integrated parts: {total:+.3f} = {e.margin:+.3f} − ({e.baseline_margin:+.3f}), the margin less that of a"
        f" window of vectors {stand_in}; {e.points} points, error {abs(e.error):.0e}",
        "if masked: how far the margin falls with the word's vectors replaced by those",
    ]
    return "\n".join(lines)


def _numbers(*values: float) -> list[str]:
    return [f"{value:+.3f}" for value in values]


def aligned(heads: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> list[str]:
    """Lay out columns, the first few to the left and the others to the right."""
    table = [list(heads), *map(list, rows)]
    widths = [max(len(row[i]) for row in table) for i in range(len(heads))]
    return [
        "  ".join(
            cell.ljust(width) if i < left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    ]
