"""deltarule tag: text in, labels out, block by block, so that neither need fit into memory."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import Enum
from itertools import chain, pairwise, repeat
from pathlib import Path
from typing import Annotated, Any

import typer

from deltarule.cli.display import coloured, output, status
from deltarule.cli.options import Encoding
from deltarule.errors import InputError
from deltarule.tagging import TaggedText, Tagger
from deltarule.text import (
    Corpus,
    TokenBlock,
    conll_corpora,
    conll_token_blocks,
    conllu_corpora,
    read_blocks,
    spans,
)
from deltarule.text.files import blocks_of, decoded

__all__ = ["tag"]

_BLOCK = 1 << 20  # bytes that are read at once
_FIRST_LINES = 1000  # that tell what kind of text it is


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
        OutputFormat | None,
        typer.Option(
            "--format",
            help="conll: a token and its label a line; json: a sentence a line; text: names marked, words parted.",
            show_default="conll; text where characters make words",
        ),
    ] = None,
    input_format: Annotated[
        InputFormat,
        typer.Option(
            "--input",
            help="tokens: one a line, empty lines after sentences; text: plain; auto: by the name (.conll, .conllu), "
            "else tokens if lines have no spaces and the model labels words.",
        ),
    ] = InputFormat.auto,
    out: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write.", show_default="standard output")
    ] = None,
    probabilities: Annotated[
        bool,
        typer.Option("--probabilities", help="Write the probability of each label too: a column, or a field in JSON."),
    ] = False,
    encoding: Encoding = "utf-8",
    threads: Annotated[int | None, typer.Option(help="Cores to work on.", show_default="all")] = None,
) -> None:
    """Label the words of a text."""
    if probabilities and output_format is OutputFormat.text:
        raise InputError("--format text has no place for probabilities; choose --format conll or --format json")
    tagger = Tagger.load(model)
    source = "standard input" if file == "-" else file
    characters = tagger.config.unit == "character"
    texts, kind = _kind_of(file, source, input_format, encoding, spaced=not characters)
    if output_format is None:
        segments = characters and not any(span.type for span in spans(tagger.model.labelling.names))
        output_format = OutputFormat.text if segments else OutputFormat.conll
    if output_format is OutputFormat.conll:
        with _writing(out) as stream:
            stream.writelines(_conll_lines(tagger, texts, kind, source, threads, probabilities))
        return
    tagged = _tagged(tagger, _corpora(tagger, texts, kind, source), kind, threads, probabilities)
    if out is None and output_format is OutputFormat.text and output.is_terminal:
        for part in _marked(tagged, kind, coloured):
            output.print(part, end="", soft_wrap=True)
        return
    with _writing(out) as stream:
        if output_format is OutputFormat.json:
            stream.writelines(_json_lines(tagged))
        else:
            stream.writelines(part.encode() for part in _marked(tagged, kind, lambda text: str(text).rstrip("\n")))


class _Kind(Enum):
    """What a text is made of."""

    tokens = "tokens"
    conllu = "conllu"
    plain = "plain"


def _corpora(tagger: Tagger, texts: Iterable[str], kind: _Kind, source: str) -> Iterator[Corpus]:
    """Read a text as a corpus for each block."""
    if kind is _Kind.plain:
        return tagger.model.unit.plain_corpora(texts, source)
    return (conll_corpora if kind is _Kind.tokens else conllu_corpora)(texts, source)


def _kind_of(
    file: str, source: str, input_format: InputFormat, encoding: str, spaced: bool
) -> tuple[Iterator[str], _Kind]:
    """Open a text; return it in blocks, with what its name or its first lines say that it is.

    Lines without spaces are tokens where a text has spaces between words.
    """
    texts = _standard_input(encoding) if file == "-" else read_blocks(file, encoding, _BLOCK)
    beginning = ""
    for text in texts:
        beginning += text
        if beginning.count("\n") >= _FIRST_LINES and not beginning.isspace():
            break
    if not beginning.strip():
        raise InputError(f"{source}: there is nothing to tag")
    texts, name = chain([beginning], texts), file.lower().removesuffix(".gz")
    if input_format is not InputFormat.auto:
        return texts, _Kind.tokens if input_format is InputFormat.tokens else _Kind.plain
    if name.endswith(".conllu"):
        return texts, _Kind.conllu
    tokens = name.endswith(".conll") or (spaced and _one_token_a_line(beginning))
    return texts, _Kind.tokens if tokens else _Kind.plain


def _standard_input(encoding: str) -> Iterator[str]:
    """Read standard input as files are read: without byte order mark, lines that end in a line feed."""
    if sys.stdin.isatty():
        status.print("reading text from the keyboard; end it with Ctrl-D on a line of its own")
    try:
        yield from decoded(
            blocks_of(sys.stdin.buffer, _BLOCK),
            encoding,
            lambda _, error: f"standard input is not {encoding}: {error.reason}; give its --encoding",
        )
    except LookupError:
        raise InputError(f"there is no encoding {encoding!r}; try utf-8 or latin-1") from None


def _one_token_a_line(text: str) -> bool:
    """Say whether no line has words parted by spaces; columns parted by tabs count as one token with its labels."""
    return not any(" " in line.strip() for line in text.split("\n")[:_FIRST_LINES] if not line.startswith("# "))


def _conll_lines(
    tagger: Tagger, texts: Iterable[str], kind: _Kind, source: str, threads: int | None, probabilities: bool
) -> Iterator[memoryview]:
    """Yield a line for each token, and an empty one behind each sentence."""
    if tagger.config.unit == "character" or tagger.config.lexicons:
        return _corpus_lines(tagger, _corpora(tagger, texts, kind, source), threads, probabilities)
    if kind is _Kind.tokens:
        blocks = conll_token_blocks(texts, source)
    else:
        blocks = map(TokenBlock.of_corpus, _corpora(tagger, texts, kind, source))
    return tagger.model.tagged_lines(blocks, threads, probabilities)


def _corpus_lines(
    tagger: Tagger, corpora: Iterable[Corpus], threads: int | None, probabilities: bool
) -> Iterator[memoryview]:
    """Yield a line for each character or word that depends on its neighbours; and an empty one behind each sentence."""
    for corpus in map(tagger.model.unit.cut, corpora, repeat(None)):
        columns = [[corpus.forms[token] for token in corpus.tokens.tolist()]]
        if probabilities:
            labels, found = tagger.model.predict_with_probabilities(corpus, threads)
            confidences = tagger.model.labelling.spelling.confidences(found, labels).tolist()
            columns += [tagger.model.labelling.written(labels, corpus), [f"{p:.4f}" for p in confidences]]
        else:
            columns.append(tagger.predict(corpus, threads=threads))
        lines = ["\t".join(line) + "\n" for line in zip(*columns, strict=True)]
        sentences = ("".join(lines[begin:end]) + "\n" for begin, end in pairwise(corpus.sentence_offsets.tolist()))
        yield memoryview("".join(sentences).encode())


def _tagged(
    tagger: Tagger, corpora: Iterable[Corpus], kind: _Kind, threads: int | None, probabilities: bool
) -> Iterator[tuple[int, TaggedText]]:
    """Tag corpora that follow each other; yield where the text of each begins in that of all."""
    begin = 0
    for corpus in corpora:
        if kind is _Kind.plain or len(corpus):
            tagged = tagger.tag_corpus(corpus, threads=threads, probabilities=probabilities)
            yield begin, tagged
            # Sentences of tokens, which have no text of their own, stand on lines of their own.
            begin += len(tagged.text) + (kind is not _Kind.plain)


def _json_lines(tagged: Iterable[tuple[int, TaggedText]]) -> Iterator[bytes]:
    """Yield a line for each sentence."""
    for begin, text in tagged:
        for sentence in text.as_dicts(begin):
            yield json.dumps(sentence, ensure_ascii=False).encode() + b"\n"


def _marked(tagged: Iterable[tuple[int, TaggedText]], kind: _Kind, mark: Callable[[TaggedText], Any]) -> Iterator[Any]:
    """Yield texts with their entities marked and what is between them, and a single line feed at the end of all."""
    line_feeds, open_end = "", False
    for begin, text in tagged:
        if begin and kind is not _Kind.plain:
            line_feeds += "\n"
        rest = len(text.text.rstrip("\n"))
        if rest:
            # Words of Chinese that only the cut between two texts parts.
            yield line_feeds or " " * (open_end and text.segmented and not text.text[0].isspace())
            yield mark(text)
            line_feeds, open_end = "", not text.text[-1].isspace()
        line_feeds += text.text[rest:]
    yield "\n"


@contextmanager
def _writing(out: Path | None) -> Iterator[Any]:
    """Open standard output, or a temporary file that takes its name when all is written; both take bytes."""
    if out is None:
        yield sys.stdout.buffer
        return
    path = out.resolve()
    if path.is_dir():
        raise InputError(f"{out}: this is a directory; name a file in it")
    if not path.parent.is_dir():
        raise InputError(f"{out}: there is no directory {out.parent}")
    if path.exists() and not path.is_file():  # a device or a pipe
        with path.open("wb") as file:
            yield file
        return
    with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as workspace:
        complete = Path(workspace) / path.name
        with complete.open("wb") as file:
            yield file
        if path.exists():
            shutil.copymode(path, complete)
        complete.replace(path)
