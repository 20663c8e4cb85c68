"""From the forms of a corpus to ids of their features."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from deltarule.text import BOUNDARY, UNITS, Corpus, Unit, Vocabulary, WordVectors, fold

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
    """

    vocabularies: Mapping[str, Vocabulary]
    unit: Unit = field(default=UNITS["word"])

    @classmethod
    def of_corpus(
        cls,
        corpus: Corpus,
        features: Sequence[str],
        minimum: int,
        vectors: WordVectors | None = None,
        unit: Unit = UNITS["word"],
    ) -> FormEncoder:
        """Collect the vocabularies of a training corpus.

        Parameters
        ----------
        corpus : the training corpus, of units in context
        features : names of features
        minimum : values that fewer tokens have are left to the unknown vector
        vectors : words with vectors; they are all in the vocabulary of words, however rare in the corpus
        unit : what the tokens of the corpus are
        """
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
        return cls(vocabularies, unit)

    def encode(self, forms: Sequence[str]) -> EncodedForms:
        """Return the ids of all features of all forms."""
        columns = self.unit.columns(forms, self.vocabularies)
        boundary = np.array([BOUNDARY], np.int32)
        return {
            name: np.concatenate([boundary, self.vocabularies[name].ids(column)]) for name, column in columns.items()
        }
