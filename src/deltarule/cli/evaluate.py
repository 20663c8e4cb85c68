"""deltarule evaluate: precision, recall and F1 of a model on a labelled corpus."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deltarule.cli.display import evaluation_rows, output, print_json, print_table
from deltarule.cli.errors import show_confusions
from deltarule.cli.options import Columns, Encoding, Field, Json, Threads, parse_columns
from deltarule.tagging import Evaluation, Tagger

__all__ = ["evaluate", "show_evaluation"]


def evaluate(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="Directory of the model.")],
    corpus: Annotated[Path, typer.Argument(metavar="TEST", help="Labelled corpus: CoNLL columns or CoNLL-U.")],
    columns: Columns = None,
    field: Field = "upos",
    encoding: Encoding = "utf-8",
    threads: Threads = None,
    errors: Annotated[
        bool, typer.Option("--errors", show_default="no", help="Show the commonest errors and sentences with them.")
    ] = False,
    shown: Annotated[int, typer.Option(min=1, help="Kinds of errors to show.")] = 10,
    json: Json = False,
) -> None:
    """Compare a model's labels with those of a corpus, by the conlleval definition."""
    tagger = Tagger.load(model)
    evaluation = tagger.evaluate(
        corpus, columns=parse_columns(columns), field=field, encoding=encoding, threads=threads
    )
    confusions = evaluation.confusions[:shown] if errors else ()
    if json:
        own = {"errors": [confusion.as_dict() for confusion in confusions]} if errors else {}
        print_json({**evaluation.as_dict(), **own})
        return
    show_evaluation(evaluation)
    if errors:
        show_confusions(confusions, between="" if tagger.config.unit == "character" else " ")


def show_evaluation(evaluation: Evaluation) -> None:
    """Print the table of an evaluation, and accuracy and speed below it."""
    print_table(("type", "precision", "recall", "F1", "gold", "predicted"), evaluation_rows(evaluation))
    speed = evaluation.tokens_per_second
    shown_speed = "" if speed is None else f", {speed:,.0f} tokens a second"
    output.print(f"accuracy {100 * evaluation.accuracy:.2f} % of {evaluation.tokens:,} tokens{shown_speed}")
