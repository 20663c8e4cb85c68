"""deltarule check: the gradients of a trained model against central differences."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deltarule.checking import gradient_check
from deltarule.cli.display import output, print_json
from deltarule.cli.options import Columns, Encoding, Field, Json, parse_columns
from deltarule.data import sample_corpus
from deltarule.tagging import Tagger
from deltarule.text import read_corpus

__all__ = ["check"]


def check(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="Directory of the model.")],
    corpus: Annotated[
        Path | None, typer.Option("--data", help="Text to compute the loss on.", show_default="the sample corpus")
    ] = None,
    sentences: Annotated[int, typer.Option(min=1, help="Sentences of it to use.")] = 5,
    sample: Annotated[int, typer.Option(min=1, help="Entries to check in each parameter.")] = 50,
    seed: Annotated[int, typer.Option(help="Seed of the sample, of the labels and of dropout.")] = 0,
    columns: Columns = None,
    field: Field = "upos",
    encoding: Encoding = "utf-8",
    json: Json = False,
) -> None:
    """Check the gradients of a model; exit code 1 if one is wrong."""
    if corpus is None:
        text = sample_corpus().dev
    else:
        text = read_corpus(corpus, columns=parse_columns(columns), field=field, encoding=encoding, labelled=False)
    tagging = Tagger.load(model).model
    feeds = tagging.example_feeds(text, sentences, seed)
    report = gradient_check(tagging.network.loss, feeds=feeds, sample=sample, seed=seed)
    if json:
        print_json(report.as_dict())
    else:
        output.print(str(report), markup=False, soft_wrap=True)
    raise typer.Exit(0 if report else 1)
