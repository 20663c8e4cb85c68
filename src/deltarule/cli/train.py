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
from deltarule.explaining import TrainingWatch, check_report, training_report
from deltarule.files import check_place, write_whole
from deltarule.model_directories import check_writable
from deltarule.tagging import Tagger, TaggerConfig
from deltarule.text import Corpus, read_corpus

__all__ = ["train"]


def train(
    corpus: Annotated[Path, typer.Argument(metavar="TRAIN", help="Labelled corpus: CoNLL columns or CoNLL-U.")],
    model: Annotated[Path, typer.Option("--model", "-o", help="Directory to write the model to.")],
    dev: Annotated[
        Path | None, typer.Option(help="Development corpus; the epoch that does best on it is kept.")
    ] = None,
    vectors: Annotated[
        Path | None,
        typer.Option(help="Word vectors: GloVe, word2vec, fastText, or what vectors train wrote.", show_default="none"),
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
        str | None,
        typer.Option(
            help="Of each token: softmax or max-margin; of sentences, with learned transitions between labels: crf or"
            " structured-max-margin.",
            show_default=default_of("objective"),
        ),
    ] = None,
    window: Annotated[
        int | None, typer.Option(help="Words in a window; odd.", show_default=default_of("window"))
    ] = None,
    members: Annotated[
        int | None,
        typer.Option(
            help="Hidden layers side by side, each trained for itself; their scores are averaged.",
            show_default=default_of("members"),
        ),
    ] = None,
    hidden: Annotated[
        int | None, typer.Option(help="Neurons of each hidden layer.", show_default=default_of("hidden"))
    ] = None,
    activation: Annotated[
        str | None,
        typer.Option(
            help="Activation: sigmoid, tanh, hard_tanh, soft_sign, relu, leaky_relu; several, with commas between, go"
            " to the members in turn. Under max-margin tanh by default.",
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
    context: Annotated[
        bool | None,
        typer.Option("--context/--no-context", help="Let words see the rest of their document.", show_default="yes"),
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
    report: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write a page on the training: curves, layers, errors.", show_default="none"),
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
        "context": context,
        "lexicons": parse_lexicons(lexicon),
        "objective": objective,
        "window": window,
        "members": members,
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
    if report is not None:
        check_place(report)
        check_report()
    watch = None if report is None else TrainingWatch()
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
                watch=watch,
            )
    except (KeyboardInterrupt, NonFiniteError):
        if display.rows:
            tagger.save(model)
            say(f"training stopped early; the best epoch so far is saved in {model}")
            if report is not None and watch is not None:
                write_report(report, tagger, watch, None, title=f"Training on {corpus}, stopped early")
        raise
    tagger.save(model)
    if report is not None and watch is not None:
        gold = None if dev is None else read_corpus(dev, columns=parse_columns(columns), field=field, encoding=encoding)
        write_report(report, tagger, watch, gold, title=f"Training on {corpus}")
    if json:
        print_json({"model": str(model), "epochs": display.rows})
    else:
        say(f"model written to {model}; next: deltarule evaluate {model} TEST, or: deltarule tag {model} FILE")


def write_report(file: Path, tagger: Tagger, watch: TrainingWatch, dev: Corpus | None, title: str) -> None:
    """Write the page of a training, with the confusion matrix of a development corpus; say what looks wrong."""
    score = "accuracy" if tagger.model.labelling.plain else "F1"
    confusion = None if dev is None else tagger.model.confusion(dev)
    write_whole(file, training_report(watch, title=title, score=score, confusion=confusion))
    for warning in watch.warnings():
        say(f"warning: {warning}")
    say(f"report written to {file}")


# What --help tells of the settings that have no option of their own.
_OTHER_SETTINGS = ", ".join(
    f"{name} ({default_of(name)})" for name in TaggerConfig.model_fields if name not in signature(train).parameters
)
