"""What the commands show: tables, progress and coloured entities on a terminal, plain text when piped."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from deltarule.tagging import Evaluation, TaggedText

__all__ = ["coloured", "evaluation_rows", "output", "print_json", "print_table", "progress_bar", "status"]

output = Console(highlight=False)
"""Results: standard output."""
status = Console(stderr=True, highlight=False)
"""Progress and errors: standard error, so that results can be piped."""

_PALETTE = ("cyan", "magenta", "green", "yellow", "blue", "red")


def print_json(value: dict[str, Any]) -> None:
    """Print one JSON object on a line of standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table: ruled on a terminal, columns parted by tabs when piped."""
    if not output.is_terminal:
        for row in [columns, *rows]:
            sys.stdout.write("\t".join(row) + "\n")
        return
    table = Table(header_style="bold")
    for position, column in enumerate(columns):
        table.add_column(column, justify="left" if position == 0 else "right")
    for row in rows:
        table.add_row(*row)
    output.print(table)


def evaluation_rows(evaluation: Evaluation) -> list[list[str]]:
    """Return a row for each type and one for all: precision, recall, F1 in per cent, and counts."""
    scores = [*evaluation.types.items(), ("all", evaluation.overall)]
    if list(evaluation.types) == [""]:
        scores = [("word", evaluation.overall)]  # characters make words, which have no type
    return [
        [name, *(f"{100 * share:.2f}" for share in (s.precision, s.recall, s.f1)), str(s.gold), str(s.predicted)]
        for name, s in scores
    ]


def progress_bar() -> Progress:
    """Return a bar that vanishes when done.

    It is where results are shown, if that is a terminal, so that they appear above it; else on standard error, where it
    shows nothing if that is no terminal either.
    """
    console = output if output.is_terminal else status
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def coloured(tagged: TaggedText) -> Text:
    """Return the text with its entities marked, a colour for each type; without any, tokens that have a label."""
    if tagged.segmented:
        return Text(str(tagged).rstrip("\n"))
    marks = [(entity.type, entity.start, entity.end) for entity in tagged.entities]
    marks = marks or [(token.label, token.start, token.end) for token in tagged.tokens if token.label != "O"]
    types = sorted({name for name, _, _ in marks})
    styles = {name: f"bold black on {_PALETTE[i % len(_PALETTE)]}" for i, name in enumerate(types)}
    shown, done = Text(), 0
    for name, start, end in marks:
        shown.append(tagged.text[done:start])
        shown.append(f" {tagged.text[start:end]} ", styles[name])
        shown.append(f"{name} ", styles[name] + " italic")
        done = end
    return shown.append(tagged.text[done:].rstrip("\n"))
