"""CoNLL columns: one token a line, columns divided by tabs or spaces, an empty line after each sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from deltarule.errors import InputError
from deltarule.text.corpus import Corpus, CorpusBuilder
from deltarule.text.files import FilePath, read_lines

__all__ = ["Layout", "add_conll_lines", "find_layout", "parse_conll", "read_conll"]

_DOCUMENT_START = "-DOCSTART-"
_NEW_DOCUMENT = re.compile(r"#\s*newdoc\b")
_METADATA = re.compile(r"# (newdoc|newpar|\S+ =)( |$)")
_SHOWN = 80


class Layout(NamedTuple):
    """How the lines of one file divide into columns."""

    tabs: bool
    width: int

    def split(self, line: str) -> list[str]:
        """Return the columns of a line."""
        # str.split() would also split at the no-break and ideographic spaces that occur inside tokens.
        return line.split("\t") if self.tabs else [field for field in line.split(" ") if field]

    def is_comment(self, line: str, fields: Sequence[str]) -> bool:
        """Tell a comment from a token such as ``#`` or ``#tag``: a token has as many columns as its file."""
        if not line.startswith("#"):
            return False
        if len(fields) != self.width:
            return True
        # Between spaces "# NN O" is a token but "# newdoc" and "# id = 7" are not, whatever the number of columns.
        return line.startswith("# ") if self.tabs else _METADATA.match(line) is not None


def read_conll(
    path: FilePath,
    columns: tuple[int, int] | None = None,
    encoding: str = "utf-8",
    labelled: bool = True,
) -> Corpus:
    """Read a file of CoNLL columns.

    Tabs or spaces divide the columns, whichever the first token's line has. Lines that begin with
    ``-DOCSTART-`` and ``# newdoc`` comments begin documents; other comments are skipped. A line that begins with
    ``#`` is a token, not a comment, if it has as many columns as the other lines and is not written like a comment.

    Parameters
    ----------
    path : str or path
        The file; gzip is decompressed.
    columns : pair of int, optional
        The columns of token and label, counted from 0, or from the end if negative; first and last if absent.
    encoding : str
        The encoding of the file.
    labelled : bool
        Whether to read labels; without, files of one column will do.

    Returns
    -------
    Corpus

    Raises
    ------
    InputError
        If the file cannot be read or a line is malformed; the message names file, line number and the line.
    """
    return parse_conll(read_lines(path, encoding), columns, labelled, source=str(path))


def parse_conll(
    lines: Sequence[str],
    columns: tuple[int, int] | None = None,
    labelled: bool = True,
    source: str = "<memory>",
) -> Corpus:
    """Read lines of CoNLL columns; see `read_conll`.

    Examples
    --------
    >>> corpus = parse_conll(["# a comment", "#Paris B-LOC", "sings O"])
    >>> corpus.words(0), corpus.sentence_labels(0)
    (['#Paris', 'sings'], ['B-LOC', 'O'])
    """
    layout = find_layout(enumerate(lines, start=1), labelled, source)
    builder = CorpusBuilder(source)
    add_conll_lines(builder, enumerate(lines, start=1), layout, columns, labelled)
    corpus = builder.build()
    if not len(corpus):
        raise InputError(f"{source}: there are no tokens in it, only comments; one token a line was expected")
    return corpus


def find_layout(lines: Iterable[tuple[int, str]], labelled: bool, source: str) -> Layout:
    """Return how lines divide into columns, told by the first that is a token.

    Parameters
    ----------
    lines : with their numbers; only so many are read as it takes
    labelled : whether there must be labels
    source : for messages
    """
    number, line = _first_token(lines, source)
    tabs = "\t" in line
    layout = Layout(tabs, len(Layout(tabs, 0).split(line)))
    if labelled and layout.width == 1:
        raise InputError(
            f"{source}:{number}: expected a token and a label, found one column: {line[:_SHOWN]!r}; "
            "divide them by a tab or by spaces"
        )
    return layout


def add_conll_lines(
    builder: CorpusBuilder,
    lines: Iterable[tuple[int, str]],
    layout: Layout,
    columns: tuple[int, int] | None = None,
    labelled: bool = True,
) -> None:
    """Add the tokens of lines, which come with their numbers, to a corpus; see `read_conll`."""
    source = builder.source
    token_column, label_column = _column_positions(columns, layout.width, labelled, source)
    for number, line in lines:
        if not line:
            builder.end_sentence()
            continue
        fields = layout.split(line)
        if line[0] in "#-" and _is_mark(line, fields, layout):
            if _begins_document(line):
                builder.end_document()
        elif not line.strip(" \t"):
            builder.end_sentence()
        elif len(fields) != layout.width:
            raise _wrong_width(source, number, line, fields, layout)
        elif not (fields[token_column] and fields[label_column]):
            raise InputError(
                f"{source}:{number}: empty token or label: {line[:_SHOWN]!r}; fill it in, or drop the line"
            )
        elif labelled:
            builder.add_token(fields[token_column], fields[label_column])
        else:
            builder.add_token(fields[token_column])


def _is_mark(line: str, fields: Sequence[str], layout: Layout) -> bool:
    return (line[0] == "-" and _begins_document(line)) or layout.is_comment(line, fields)


def _begins_document(line: str) -> bool:
    if line[0] == "-":
        return re.split("[ \t]", line, maxsplit=1)[0] == _DOCUMENT_START
    return _NEW_DOCUMENT.match(line) is not None


def _first_token(lines: Iterable[tuple[int, str]], source: str) -> tuple[int, str]:
    """Find the first line that can only be a token or, if there is none, the first that may be one."""
    candidate = None
    for number, line in lines:
        if not line.strip(" \t") or line.startswith("# ") or _begins_document(line):
            continue
        if not line.startswith("#"):
            return number, line
        candidate = candidate or (number, line)
    if candidate is None:
        raise InputError(f"{source}: there are no tokens in it; one token a line was expected")
    return candidate


def _column_positions(columns: tuple[int, int] | None, width: int, labelled: bool, source: str) -> tuple[int, int]:
    token, label = columns or (0, -1)
    if not labelled:
        label = token
    for column in (token, label):
        if not -width <= column < width:
            raise InputError(f"{source}: there is no column {column} among {width}; columns are counted from 0")
    token, label = token % width, label % width
    if labelled and token == label:
        raise InputError(f"{source}: column {token} cannot be both token and label; name two columns of {width}")
    return token, label


def _wrong_width(source: str, number: int, line: str, fields: Sequence[str], layout: Layout) -> InputError:
    divider = "tabs" if layout.tabs else "spaces"
    return InputError(
        f"{source}:{number}: expected {layout.width} column{'s' * (layout.width > 1)}, found {len(fields)}: "
        f"{line[:_SHOWN]!r}; every token needs the columns of the first one, divided by {divider}"
    )
