"""deltarule explain: why a word got its label."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deltarule.cli.display import output, print_json
from deltarule.cli.options import Json
from deltarule.cli.training import say
from deltarule.errors import InputError
from deltarule.files import check_place, write_whole
from deltarule.tagging import Tagger

__all__ = ["explain"]


def explain(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="Directory of the model.")],
    text: Annotated[str, typer.Argument(metavar="TEXT", help="Plain text.")],
    word: Annotated[str | None, typer.Option(help="The word to explain, where it stands in TEXT once.")] = None,
    number: Annotated[int | None, typer.Option(help="The word's number in TEXT, counted from 0, instead.")] = None,
    weight: Annotated[
        str | None,
        typer.Option(help="Also follow the error signal to a weight, such as hidden[3,14] or hidden.bias[3]."),
    ] = None,
    baseline: Annotated[
        str, typer.Option(help="What stands for no word: boundary (of a sentence) or zero vectors.")
    ] = "boundary",
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a page to look at.")] = None,
    json: Json = False,
) -> None:
    """Explain the label of a word: what each word of its window, and each feature, did for it."""
    if (word is None) == (number is None):
        raise InputError("say which word to explain: --word WORD, or --number N, counted from 0")
    if html is not None:
        check_place(html)
    tagger = Tagger.load(model)
    place = number if number is not None else word
    assert place is not None
    explanation = tagger.explain(text, place, baseline=baseline)
    trace = None if weight is None else tagger.trace(text, place, weight)
    if html is not None:
        write_whole(html, explanation.to_html())
        say(f"written to {html}")
    if json:
        print_json(explanation.to_dict() | ({} if trace is None else {"trace": trace.to_dict()}))
    elif html is None:
        output.print(str(explanation), markup=False, soft_wrap=True)
    if trace is not None and not json:
        output.print(f"\n{trace}" if html is None else str(trace), markup=False, soft_wrap=True)
