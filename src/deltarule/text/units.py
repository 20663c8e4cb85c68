"""Units: what a tagger gives labels to, words or characters, and what that changes about reading a text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from deltarule.text.character_features import CHARACTER_FEATURES, character_columns
from deltarule.text.characters import (
    character_corpora,
    cut_into_characters,
    in_context,
    read_characters,
    unbroken_offsets,
)
from deltarule.text.corpus import Corpus
from deltarule.text.features import FEATURES, feature_columns
from deltarule.text.lexicon import divide_phrase
from deltarule.text.plain import read_plain
from deltarule.text.plain_blocks import plain_corpora

__all__ = ["UNITS", "Unit"]

Columns: TypeAlias = Callable[[Sequence[str], Iterable[str]], dict[str, list[str]]]


@dataclass(frozen=True)
class Unit:
    """How texts are read whose words, or characters, get labels.

    Attributes
    ----------
    features : the names of its features
    columns : computes features of forms
    read_plain : reads a plain text
    plain_corpora : reads a plain text block by block
    cut : makes a corpus, whose labels are of a scheme, one of these units
    in_context : gives units the forms that features are computed of
    unbroken_offsets : where stretches begin and end across which no chunk may reach
    divide : divides a phrase into units
    between : what stands between units in a text that is made of them
    """

    features: tuple[str, ...]
    columns: Columns
    read_plain: Callable[[str], Corpus]
    plain_corpora: Callable[[Iterable[str], str], Iterator[Corpus]]
    cut: Callable[[Corpus, str | None], Corpus]
    in_context: Callable[[Corpus], Corpus]
    unbroken_offsets: Callable[[Corpus], NDArray[np.int64]]
    divide: Callable[[str], list[str]]
    between: str


UNITS = {
    "word": Unit(
        tuple(FEATURES),
        feature_columns,
        read_plain,
        plain_corpora,
        cut=lambda corpus, scheme: corpus,
        in_context=lambda corpus: corpus,
        unbroken_offsets=lambda corpus: corpus.sentence_offsets.astype(np.int64),
        divide=divide_phrase,
        between=" ",
    ),
    "character": Unit(
        tuple(CHARACTER_FEATURES),
        character_columns,
        read_characters,
        character_corpora,
        cut_into_characters,
        in_context,
        unbroken_offsets,
        divide=lambda phrase: [character for character in phrase if not character.isspace()],
        between="",
    ),
}
"""The units by name."""
