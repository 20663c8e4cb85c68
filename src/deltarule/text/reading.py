"""Reads a corpus in the format that its file name tells."""

from __future__ import annotations

from pathlib import Path

from deltarule.errors import InputError
from deltarule.text.conll import read_conll
from deltarule.text.conllu import read_conllu
from deltarule.text.corpus import Corpus
from deltarule.text.files import FilePath

__all__ = ["read_corpus"]


def read_corpus(
    path: FilePath,
    *,
    columns: tuple[int, int] | None = None,
    field: str = "upos",
    encoding: str = "utf-8",
    labelled: bool = True,
) -> Corpus:
    """Read a corpus: CoNLL-U if the file name ends in ``.conllu`` or ``.conllu.gz``, CoNLL columns otherwise.

    Parameters
    ----------
    path : str or path
        The file; gzip is decompressed.
    columns : pair of int, optional
        CoNLL columns: those of token and label, counted from 0, or from the end if negative; first and last if absent.
    field : str
        CoNLL-U: the label, "upos" or "xpos".
    encoding : str
        The encoding of the file.
    labelled : bool
        CoNLL columns: whether to read labels; without, files of one column will do.

    Returns
    -------
    Corpus

    Raises
    ------
    InputError
        If the file cannot be read or a line is malformed; the message names file, line number and the line.
    """
    if Path(path).name.lower().removesuffix(".gz").endswith(".conllu"):
        if columns is not None:
            raise InputError(f"{path}: CoNLL-U has its own columns; choose the label by field (--field): upos or xpos")
        return read_conllu(path, field, encoding)
    return read_conll(path, columns, encoding, labelled)
