"""deltarule tag: text in, labels out."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from deltarule.cli.display import coloured, output
from deltarule.cli.options import Encoding
from deltarule.errors import InputError
from deltarule.tagging import TaggedText, Tagger
from deltarule.text import Corpus, parse_conll, read_plain, read_text

__all__ = ["tag"]


class OutputFormat(str, Enum):
    """How labels are written."""

    conll = "conll"
    json = "json"
    text = "text"


class InputFormat(str, Enum):
    """How a text is read."""

    auto = "auto"
    tokens = "tokens"
    text = "text"


def tag(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="Directory of the model.")],
    file: Annotated[str, typer.Argument(metavar="[FILE|-]", help="Text to tag; - is standard input.")] = "-",
    output_format: Annotated[
        OutputFormat,
        typer.Option(
            "--format", help="conll: a token and its label a line; json: a sentence a line; text: entities marked."
        ),
    ] = OutputFormat.conll,
    input_format: Annotated[
        InputFormat,
        typer.Option(
            "--input",
            help="tokens: one a line, empty lines after sentences; text: plain text; auto: tokens if lines have no spaces.",
        ),
    ] = InputFormat.auto,
    out: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write.", show_default="standard output")
    ] = None,
    encoding: Encoding = "utf-8",
) -> None:
    """Label the words of a text."""
    tagger = Tagger.load(model)
    corpus = _read(file, input_format, encoding)
    tagged = tagger.tag_corpus(corpus)
    if out is None and output_format is OutputFormat.text and output.is_terminal:
        output.print(coloured(tagged), soft_wrap=True)
        return
    with _writing(out) as stream:
        _write(tagged, output_format, stream)


def _read(file: str, input_format: InputFormat, encoding: str) -> Corpus:
    """Read a file or standard input as tokens or as plain text."""
    if file == "-":
        try:
            text, source = sys.stdin.buffer.read().decode(encoding), "standard input"
        except UnicodeDecodeError as error:
            raise InputError(f"standard input is not {encoding}: {error.reason}; give its --encoding") from None
    else:
        text, source = read_text(file, encoding), file
    if not text.strip():
        raise InputError(f"{source}: there is nothing to tag")
    if input_format is InputFormat.tokens or (input_format is InputFormat.auto and _one_token_a_line(text)):
        return parse_conll(text.splitlines(), labelled=False, source=source)
    return read_plain(text, source)


def _one_token_a_line(text: str) -> bool:
    """Say whether no line has words parted by spaces; columns parted by tabs count as one token with its labels."""
    return not any(" " in line.strip() for line in text.splitlines()[:1000] if not line.startswith("# "))


def _write(tagged: TaggedText, output_format: OutputFormat, stream: TextIO) -> None:
    """Write labels in a format."""
    if output_format is OutputFormat.text:
        stream.write(str(tagged).rstrip("\n") + "\n")
    elif output_format is OutputFormat.json:
        stream.writelines(json.dumps(sentence, ensure_ascii=False) + "\n" for sentence in tagged.as_dicts())
    else:
        for sentence in tagged.sentences:
            stream.writelines(f"{token.text}\t{token.label}\n" for token in sentence.tokens)
            stream.write("\n")


@contextmanager
def _writing(out: Path | None) -> Iterator[Any]:
    """Open standard output, or a temporary file that takes its name when all is written."""
    if out is None:
        yield sys.stdout
        return
    if not out.absolute().parent.is_dir():
        raise InputError(f"{out}: there is no directory {out.parent}")
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=out.absolute().parent, prefix=f".{out.name}.", delete=False
    ) as file:
        try:
            yield file
        except BaseException:
            os.unlink(file.name)
            raise
    os.chmod(file.name, 0o644)
    os.replace(file.name, out)
