"""Data that comes with the package: a sample corpus of news, letters, reference pages and stories, written for it."""

from __future__ import annotations

from importlib.resources import as_file, files
from typing import NamedTuple

from deltarule.text import Corpus, read_conll

__all__ = ["SampleCorpus", "sample_corpus"]


class SampleCorpus(NamedTuple):
    """Sentences labelled with persons, places, organisations and other names, in three parts of whole documents."""

    train: Corpus
    dev: Corpus
    test: Corpus


def sample_corpus() -> SampleCorpus:
    """Read the sample corpus (CC0): about 1,500 English sentences with PER, LOC, ORG and MISC, in IOB2.

    Examples
    --------
    >>> import deltarule as dr
    >>> sample = dr.sample_corpus()
    >>> sample.train.sentences > 1000, sample.dev.sentences > 100, sample.test.sentences > 100
    (True, True, True)
    """
    parts = []
    for name in SampleCorpus._fields:
        with as_file(files(__name__) / "sample" / f"{name}.conll") as path:
            parts.append(read_conll(path))
    return SampleCorpus(*parts)
