"""deltarule train: a labelled corpus in, a model out."""

from __future__ import annotations

from inspect import signature
from pathlib import Path
from typing import Annotated

import typer

from deltarule.cli.display import print_json
from deltarule.cli.options import (
    Columns,
    Encoding,
    Field,
    Json,
    Threads,
    configuration,
    default_of,
    parse_columns,
    parse_lexicons,
)
from deltarule.cli.training import TrainingDisplay, say
from deltarule.errors import NonFiniteError
from deltarule.tagging import Tagger, TaggerConfig, check_writable

__all__ = ["train"]


def train(
    corpus: Annotated[Path, typer.Argument(metavar="TRAIN", help="Labelled corpus: CoNLL columns or CoNLL-U.")],
    model: Annotated[Path, typer.Option("--model", "-o", help="Directory to write the model to.")],
    dev: Annotated[
        Path | None, typer.Option(help="Development corpus; the epoch that does best on it is kept.")
    ] = None,
    vectors: Annotated[
        Path | None, typer.Option(help="Word vectors: GloVe or word2vec text, gzip allowed.", show_default="none")
    ] = None,
    unit: Annotated[
        str | None,
        typer.Option(
            help="What gets a label: word, or character, which divides Chinese into words.",
            show_default=default_of("unit"),
        ),
    ] = None,
    lexicon: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=FILE",
            show_default="none",
            help="Phrases, one a line, as a feature, such as LOC=cities.txt; repeat it.",
        ),
    ] = None,
    objective: Annotated[
        str | None, typer.Option(help="softmax or max-margin.", show_default=default_of("objective"))
    ] = None,
    window: Annotated[
        int | None, typer.Option(help="Words in a window; odd.", show_default=default_of("window"))
    ] = None,
    hidden: Annotated[int | None, typer.Option(help="Hidden neurons.", show_default=default_of("hidden"))] = None,
    activation: Annotated[
        str | None,
        typer.Option(
            help="Activation: sigmoid, tanh, hard_tanh, soft_sign, relu, leaky_relu.",
            show_default=default_of("activation"),
        ),
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over TRAIN.", show_default=default_of("epochs"))] = None,
    batch: Annotated[int | None, typer.Option(help="Tokens in a step.", show_default=default_of("batch"))] = None,
    learning_rate: Annotated[
        float | None, typer.Option(help="Highest learning rate.", show_default=default_of("learning_rate"))
    ] = None,
    dropout: Annotated[
        float | None, typer.Option(help="Share dropped in training.", show_default=default_of("dropout"))
    ] = None,
    patience: Annotated[
        int | None,
        typer.Option(help="Stop after so many epochs without a better DEV score.", show_default=default_of("patience")),
    ] = None,
    trainable_vectors: Annotated[
        bool | None,
        typer.Option("--trainable-vectors/--frozen-vectors", help="Train word vectors too.", show_default="trainable"),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Same seed, same model file.", show_default=default_of("seed"))
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            help=f"TOML file of settings, which options override. It may also set: {_OTHER_SETTINGS}.",
            show_default="none",
        ),
    ] = None,
    scheme: Annotated[
        str | None,
        typer.Option(
            help="Label scheme, where labels break it: IOB1, IOB2, IOBES, BMES, BILOU.", show_default="recognised"
        ),
    ] = None,
    columns: Columns = None,
    field: Field = "upos",
    encoding: Encoding = "utf-8",
    threads: Threads = None,
    json: Json = False,
) -> None:
    """Train a tagger on a labelled corpus and write the model."""
    options = {
        "vectors": None if vectors is None else str(vectors),
        "unit": unit,
        "lexicons": parse_lexicons(lexicon),
        "objective": objective,
        "window": window,
        "hidden": hidden,
        "activation": activation,
        "epochs": epochs,
        "batch": batch,
        "learning_rate": learning_rate,
        "dropout": dropout,
        "patience": patience,
        "trainable_vectors": trainable_vectors,
        "seed": seed,
    }
    settings = configuration(config, options)
    check_writable(model)
    tagger = Tagger(**settings.model_dump())
    try:
        with TrainingDisplay(settings.epochs, quiet=json) as display:
            tagger.fit(
                corpus,
                dev,
                columns=parse_columns(columns),
                field=field,
                encoding=encoding,
                scheme=scheme,
                threads=threads,
                progress=display.progress,
            )
    except (KeyboardInterrupt, NonFiniteError):
        if display.rows:
            tagger.save(model)
            say(f"training stopped early; the best epoch so far is saved in {model}")
        raise
    tagger.save(model)
    if json:
        print_json({"model": str(model), "epochs": display.rows})
    else:
        say(f"model written to {model}; next: deltarule evaluate {model} TEST, or: deltarule tag {model} FILE")


# What --help tells of the settings that have no option of their own.
_OTHER_SETTINGS = ", ".join(
    f"{name} ({default_of(name)})" for name in TaggerConfig.model_fields if name not in signature(train).parameters
)
