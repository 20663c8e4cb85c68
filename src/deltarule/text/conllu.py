"""CoNLL-U, the format of Universal Dependencies: ten columns divided by tabs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from deltarule.errors import InputError
from deltarule.text.corpus import Corpus, CorpusBuilder
from deltarule.text.files import FilePath, read_lines

__all__ = ["add_conllu_lines", "parse_conllu", "read_conllu"]

_FIELDS = {"upos": 3, "xpos": 4}
_COLUMNS = 10
_WORD = re.compile(r"[1-9][0-9]*")
_SKIPPED = re.compile(r"[0-9]+[-.][0-9]+")  # ranges of multiword tokens such as 3-4, empty nodes such as 5.1
_NEW_DOCUMENT = re.compile(r"#\s*newdoc\b")
_SHOWN = 80


def read_conllu(path: FilePath, field: str = "upos", encoding: str = "utf-8") -> Corpus:
    """Read the words of a CoNLL-U file, labelled with their part of speech.

    Multiword tokens are read as their syntactic words, empty nodes are skipped, ``# newdoc`` begins documents.

    Parameters
    ----------
    path : str or path
        The file; gzip is decompressed.
    field : str
        The label: "upos" (universal) or "xpos" (of the language).
    encoding : str
        The encoding of the file.

    Returns
    -------
    Corpus

    Raises
    ------
    InputError
        If the file cannot be read or a line is malformed; the message names file, line number and the line.
    """
    return parse_conllu(read_lines(path, encoding), field, source=str(path))


def parse_conllu(lines: Sequence[str], field: str = "upos", source: str = "<memory>") -> Corpus:
    r"""Read lines of CoNLL-U; see `read_conllu`.

    Examples
    --------
    >>> parse_conllu(["# text = Go", "1\tGo\tgo\tVERB\tVB\t_\t0\troot\t_\t_"], "xpos").sentence_labels(0)
    ['VB']
    """
    builder = CorpusBuilder(source)
    add_conllu_lines(builder, enumerate(lines, start=1), field)
    corpus = builder.build()
    if not len(corpus):
        raise InputError(f"{source}: there are no words in it, only comments; CoNLL-U was expected")
    return corpus


def add_conllu_lines(builder: CorpusBuilder, lines: Iterable[tuple[int, str]], field: str = "upos") -> None:
    """Add the words of lines, which come with their numbers, to a corpus; see `read_conllu`."""
    source = builder.source
    if field not in _FIELDS:
        raise InputError(f"there is no field {field!r} to read from {source}; choose {' or '.join(_FIELDS)}")
    label_column = _FIELDS[field]
    for number, line in lines:
        if not line or line.isspace():
            builder.end_sentence()
        elif line[0] == "#":
            if _NEW_DOCUMENT.match(line):
                builder.end_document()
        else:
            fields = line.split("\t")
            if len(fields) != _COLUMNS:
                raise InputError(
                    f"{source}:{number}: expected {_COLUMNS} columns divided by tabs, found {len(fields)}: "
                    f"{line[:_SHOWN]!r}; correct the line, or give a file of other columns another ending than .conllu"
                )
            if _WORD.fullmatch(fields[0]) and fields[1] and fields[label_column]:
                builder.add_token(fields[1], fields[label_column])
            elif not _SKIPPED.fullmatch(fields[0]):
                raise InputError(
                    f"{source}:{number}: expected a word number, a form and a label in columns 1, 2 and "
                    f"{label_column + 1}: {line[:_SHOWN]!r}; correct the line"
                )
