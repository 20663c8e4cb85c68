"""From the forms of a corpus to ids of their features."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from deltarule.text import (
    BOUNDARY,
    MATCHES,
    UNITS,
    Corpus,
    Lexicon,
    Unit,
    Vocabulary,
    WordVectors,
    fold,
    join_matches,
    split_matches,
)

__all__ = ["EncodedForms", "FormEncoder", "folded_words"]


def folded_words(vectors: WordVectors) -> dict[str, int]:
    """Return the row of each word as the feature "word" has it.

    Words that fold to the same, such as all years, share the vector of the most frequent, which stands first.
    """
    rows: dict[str, int] = {}
    for row, word in enumerate(vectors.words):
        rows.setdefault(fold(word), row)
    return rows


EncodedForms = dict[str, NDArray[np.int32]]
"""For each feature, the ids of distinct forms, of shape (1 + forms,); row 0 is what lies beyond a sentence's ends."""


@dataclass(frozen=True, eq=False)
class FormEncoder:
    """The vocabularies of a tagger's features.

    Attributes
    ----------
    vocabularies : one for each feature, in order
    unit : whose features they are
    lexicons : phrases by name, each of which has its feature too
    """

    vocabularies: Mapping[str, Vocabulary]
    unit: Unit = field(default=UNITS["word"])
    lexicons: Mapping[str, Lexicon] = field(default_factory=dict)

    @classmethod
    def of_corpus(
        cls,
        corpus: Corpus,
        features: Sequence[str],
        minimum: int,
        vectors: WordVectors | None = None,
        unit: Unit = UNITS["word"],
        lexicons: Mapping[str, Lexicon] | None = None,
    ) -> FormEncoder:
        """Collect the vocabularies of a training corpus.

        Parameters
        ----------
        corpus : the training corpus
        features : names of features
        minimum : values that fewer tokens have are left to the unknown vector
        vectors : words with vectors; they are all in the vocabulary of words, however rare in the corpus
        unit : what the tokens of the corpus are
        lexicons : phrases by name
        """
        corpus = unit.in_context(corpus)
        counts = corpus.occurrences().tolist()
        vocabularies = {}
        for name, column in unit.columns(corpus.forms, features).items():
            tally: Counter[str] = Counter()
            for value, count in zip(column, counts, strict=True):
                tally[value] += count
            if name == "word" and vectors is not None:
                known = folded_words(vectors)
                own = [entry for entry in Vocabulary.from_counts(tally, minimum).entries if entry not in known]
                vocabularies[name] = Vocabulary([*known, *own])
            else:
                vocabularies[name] = Vocabulary.from_counts(tally, minimum)
        return cls(vocabularies, unit, lexicons or {})

    @property
    def features(self) -> dict[str, Vocabulary]:
        """The values of all features by name, those of lexicons behind the others."""
        return {**self.vocabularies, **{f"lexicon-{name}": Vocabulary(MATCHES) for name in self.lexicons}}

    def seen(self, corpus: Corpus) -> Corpus:
        """Return a corpus of units with the forms that features are computed of."""
        matches = [lexicon.matches(corpus) for lexicon in self.lexicons.values()]
        return join_matches(self.unit.in_context(corpus), matches)

    def spelled(self, forms: Sequence[str]) -> Sequence[str]:
        """Return forms as they stand in the text, without what lexicons say of them."""
        return split_matches(forms)[0] if self.lexicons else forms

    def encode(self, forms: Sequence[str]) -> EncodedForms:
        """Return the ids of all features of all forms."""
        matches: list[list[int]] = []
        if self.lexicons:
            forms, matches = split_matches(forms)
        columns = self.unit.columns(forms, self.vocabularies)
        for name, column in zip(self.lexicons, zip(*matches, strict=True) if forms else repeat(()), strict=False):
            columns[f"lexicon-{name}"] = [MATCHES[match] for match in column]
        boundary, features = np.array([BOUNDARY], np.int32), self.features
        return {name: np.concatenate([boundary, features[name].ids(column)]) for name, column in columns.items()}
