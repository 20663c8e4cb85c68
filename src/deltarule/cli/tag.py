"""deltarule tag: text in, labels out."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

from deltarule.cli.display import coloured, output, status
from deltarule.cli.options import Encoding
from deltarule.errors import InputError
from deltarule.tagging import Tagger
from deltarule.text import Corpus, parse_conll, read_corpus, read_plain, read_text

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
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="Text to tag; - is standard input.")] = "-",
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
            help="tokens: one a line, empty lines after sentences; text: plain; auto: by the name (.conll, .conllu), "
            "else tokens if lines have no spaces.",
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
    if output_format is OutputFormat.conll:
        labels = tagger.predict(corpus)  # no text and no offsets are needed
        with _writing(out) as stream:
            stream.writelines(_conll_lines(corpus, labels))
        return
    tagged = tagger.tag_corpus(corpus)
    if out is None and output_format is OutputFormat.text and output.is_terminal:
        output.print(coloured(tagged), soft_wrap=True)
        return
    with _writing(out) as stream:
        if output_format is OutputFormat.json:
            stream.writelines(json.dumps(sentence, ensure_ascii=False) + "\n" for sentence in tagged.as_dicts())
        else:
            stream.write(str(tagged).rstrip("\n") + "\n")


def _read(file: str, input_format: InputFormat, encoding: str) -> Corpus:
    """Read a file or standard input as tokens or as plain text."""
    name = file.lower().removesuffix(".gz")
    if file == "-":
        text, source = _standard_input(encoding), "standard input"
    elif input_format is InputFormat.auto and name.endswith(".conllu"):
        return read_corpus(file, encoding=encoding)
    else:
        text, source = read_text(file, encoding), file
    if not text.strip():
        raise InputError(f"{source}: there is nothing to tag")
    if input_format is InputFormat.auto and (name.endswith(".conll") or _one_token_a_line(text)):
        input_format = InputFormat.tokens
    if input_format is InputFormat.tokens:
        return parse_conll(text.removesuffix("\n").split("\n"), labelled=False, source=source)
    return read_plain(text, source)


def _standard_input(encoding: str) -> str:
    """Read standard input as files are read: without byte order mark, lines that end in a line feed."""
    if sys.stdin.isatty():
        status.print("reading text from the keyboard; end it with Ctrl-D on a line of its own")
    try:
        text = sys.stdin.buffer.read().decode(encoding)
    except UnicodeDecodeError as error:
        raise InputError(f"standard input is not {encoding}: {error.reason}; give its --encoding") from None
    except LookupError:
        raise InputError(f"there is no encoding {encoding!r}; try utf-8 or latin-1") from None
    return text.removeprefix("\ufeff").replace("\r\n", "\n")


def _one_token_a_line(text: str) -> bool:
    """Say whether no line has words parted by spaces; columns parted by tabs count as one token with its labels."""
    return not any(" " in line.strip() for line in text.split("\n")[:1000] if not line.startswith("# "))


def _conll_lines(corpus: Corpus, labels: Sequence[str]) -> list[str]:
    """Return a line for each token, and an empty one behind each sentence."""
    lines = [f"{corpus.forms[token]}\t{label}\n" for token, label in zip(corpus.tokens.tolist(), labels, strict=True)]
    for end in corpus.sentence_offsets[1:].tolist():
        lines[end - 1] += "\n"
    return lines


@contextmanager
def _writing(out: Path | None) -> Iterator[Any]:
    """Open standard output, or a temporary file that takes its name when all is written."""
    if out is None:
        yield sys.stdout
        return
    path = out.resolve()
    if path.is_dir():
        raise InputError(f"{out}: this is a directory; name a file in it")
    if not path.parent.is_dir():
        raise InputError(f"{out}: there is no directory {out.parent}")
    if path.exists() and not path.is_file():  # a device or a pipe
        with path.open("w", encoding="utf-8") as file:
            yield file
        return
    with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as workspace:
        complete = Path(workspace) / path.name
        with complete.open("w", encoding="utf-8") as file:
            yield file
        if path.exists():
            shutil.copymode(path, complete)
        complete.replace(path)
