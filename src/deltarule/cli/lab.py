"""deltarule lab: a page in the browser on which backpropagation can be watched."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from deltarule.cli.display import output
from deltarule.cli.training import TrainingDisplay, say
from deltarule.errors import InputError
from deltarule.tagging import Tagger

__all__ = ["lab"]


def lab(
    model: Annotated[
        Path | None,
        typer.Argument(
            metavar="[MODEL]", help="Directory of a model.", show_default="a small one, trained on the sample corpus"
        ),
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on; others than this machine's can reach 0.0.0.0.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 8642,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open the page in a browser.")] = False,
) -> None:
    """Open a page to tag, calculate, watch and check on; Ctrl-C ends it."""
    try:
        from deltarule.lab import serve
    except ModuleNotFoundError as error:
        if error.name and error.name.startswith("deltarule"):
            raise
        raise InputError(f"the page needs the package {error.name}: pip install 'deltarule[lab]'") from None

    def ready(address: str) -> None:
        output.print(f"The lab is at {address} and ends with Ctrl-C.", markup=False, soft_wrap=True)
        output.file.flush()
        if not no_browser:
            webbrowser.open(address)

    tagger = _ready_tagger() if model is None else Tagger.load(model)
    name = "sample model" if model is None else model.resolve().name
    serve(tagger, name, host, port, ready)


def _ready_tagger() -> Tagger:
    """Load the tagger of the sample corpus, or train it at the first time."""
    from deltarule.lab.ready_model import SETTINGS, kept_model, train_model

    tagger = kept_model()
    if tagger is None:
        say("Training a small tagger on the sample corpus; it is kept for the next time.")
        with TrainingDisplay(SETTINGS["epochs"], quiet=True) as display:
            tagger = train_model(display.progress)
    return tagger
