"""Errors of a tagger with their sentences: in colour on a terminal, plain when piped."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from deltarule.cli.display import output
from deltarule.tagging import Confusion, Example
from deltarule.text import Span

__all__ = ["marked_example", "show_confusions"]

_NEIGHBOURS = 8  # words that are shown before and behind an error
_BOTH, _EXPECTED, _PREDICTED = "bold green", "bold yellow", "bold red"


def show_confusions(confusions: Sequence[Confusion], between: str = " ") -> None:
    """Print kinds of errors, each with how often it occurs and a few sentences with it.

    Parameters
    ----------
    confusions : the commonest first
    between : what stands between words: nothing where they are characters
    """
    if not confusions:
        output.print("\nno errors")
        return
    output.print(
        Text("\nerrors, with what was expected in ")
        .append("[ ]", _EXPECTED)
        .append(" and what was predicted in ")
        .append("{ }", _PREDICTED)
    )
    for confusion in confusions:
        output.print(_headline(confusion), soft_wrap=True)
        for example in confusion.examples:
            output.print(Text("    ") + marked_example(example, between), soft_wrap=True)


def _headline(confusion: Confusion) -> Text:
    """Tell how often what was taken for what."""
    line = Text(f"{confusion.count:6,}  {confusion.error}", "bold")
    expected, predicted = (name or "nothing" for name in (confusion.expected, confusion.predicted))
    if confusion.error in ("missed", "invented"):
        return line.append(f" {confusion.expected or confusion.predicted}")
    if expected == predicted:
        return line.append(f" of {expected}")
    return line.append(": ").append(expected, _EXPECTED).append(" → ").append(predicted, _PREDICTED)


def marked_example(example: Example, between: str = " ") -> Text:
    """Show the words around an error, what was expected in [ ] and what was predicted in { }."""
    chunks = [*example.expected, *example.predicted]
    first = max(0, min(chunk.start for chunk in chunks) - _NEIGHBOURS)
    last = min(len(example.words), max(chunk.end for chunk in chunks) + _NEIGHBOURS)
    shown = Text("… " if first else "")
    for i in range(first, last):
        expected, predicted = (_chunk_at(i, own) for own in (example.expected, example.predicted))
        style = (_BOTH if predicted else _EXPECTED) if expected else _PREDICTED if predicted else ""
        shown.append(between if i > first else "")
        for chunk, bracket, colour in ((expected, "[", _EXPECTED), (predicted, "{", _PREDICTED)):
            if chunk and chunk.start == i:
                shown.append(f"{bracket}{chunk.type} " if chunk.type else bracket, colour)
        shown.append(example.words[i], style)
        for chunk, bracket, colour in ((predicted, "}", _PREDICTED), (expected, "]", _EXPECTED)):
            if chunk and chunk.end == i + 1:
                shown.append(bracket, colour)
    return shown.append(" …" if last < len(example.words) else "")


def _chunk_at(position: int, chunks: Sequence[Span]) -> Span | None:
    return next((chunk for chunk in chunks if chunk.start <= position < chunk.end), None)
