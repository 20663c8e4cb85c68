"""The labels that a tagger is trained on: those of its corpus, spelled as IOBES where they mark chunks."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import InputError
from deltarule.tagging.decoding import Decoder
from deltarule.tagging.spelling import Spelling
from deltarule.text import SCHEMES, Corpus, convert, encode, recognise_scheme, spans

__all__ = ["Labelling", "sentences_of_labels"]


@dataclass(frozen=True)
class Labelling:
    """Label names, and the scheme that the user's files spell them in.

    Attributes
    ----------
    names : the labels that the network scores
    scheme : the scheme of the training corpus, in which predictions are returned; "plain" if labels mark no chunks
    """

    names: tuple[str, ...]
    scheme: str

    def __post_init__(self) -> None:
        if self.scheme not in SCHEMES:
            raise InputError(f"there is no label scheme {self.scheme!r}; choose one of: {', '.join(SCHEMES)}")
        Decoder.of_labels(self.names, _internal(self.scheme))  # complains of names that are no labels

    @classmethod
    def of_corpus(cls, corpus: Corpus, scheme: str | None = None) -> tuple[Labelling, NDArray[np.int32]]:
        """Return the labelling of a training corpus and the label id of each token.

        Parameters
        ----------
        corpus : the training corpus
        scheme : its label scheme, which mends labels that break it; by default it is recognised, and must be kept
        """
        sentences = sentences_of_labels(corpus)
        try:
            scheme = recognise_scheme(sentences) if scheme is None else scheme
            internal = _internal(scheme)
            converted = [label for sentence in sentences for label in convert(sentence, scheme, internal)]
            labelling = cls(tuple(sorted(set(converted))), scheme)
        except InputError as error:
            raise InputError(f"{corpus.source}: {error}") from None
        number = {name: i for i, name in enumerate(labelling.names)}
        return labelling, np.fromiter(map(number.__getitem__, converted), np.int32, len(converted))

    @property
    def decoder(self) -> Decoder:
        """The rules of the labels that the network scores."""
        return Decoder.of_labels(self.names, _internal(self.scheme))

    @property
    def plain(self) -> bool:
        """Whether the labels mark no chunks."""
        return self.scheme == "plain"

    def chunk_bonus(self, bonus: float) -> NDArray[np.float32]:
        """Return the bonus for each label that gives every chunk the same bonus, of shape (labels,)."""
        begins = [not self.plain and name[:2] in ("B-", "S-") for name in self.names]
        return np.float32(bonus) * np.array(begins, np.float32)

    def gold(self, corpus: Corpus) -> list[list[str]]:
        """Return the labels of each sentence, to compare predictions with; `InputError` where they cannot be."""
        sentences = sentences_of_labels(corpus)
        try:
            if not self.plain:
                spans(corpus.label_names)
        except InputError as error:
            raise InputError(f"{corpus.source}: the tagger was trained on chunk labels, but {error}") from None
        if self.plain and sentences and not set(corpus.label_names) & set(self.names):
            found, known = (", ".join(sorted(names)[:3]) for names in (corpus.label_names, self.names))
            raise InputError(
                f"{corpus.source}: the tagger knows none of its labels ({found}, ...), as it was trained on others"
                f" ({known}, ...); choose another corpus, label column or field"
            )
        return sentences

    def numbers(self, corpus: Corpus) -> NDArray[np.int32]:
        """Return the label id of each token of a labelled corpus, −1 where the network does not know its label."""
        number = {name: i for i, name in enumerate(self.names)}
        found: list[str] = []
        for sentence in sentences_of_labels(corpus):
            found += sentence if self.plain else encode(spans(sentence), len(sentence), _internal(self.scheme))
        return np.array([number.get(name, -1) for name in found], np.int32)

    @property
    def spelling(self) -> Spelling:
        """How labels are written in the scheme of the training corpus."""
        return Spelling.of(self.names, self.scheme)

    def written(self, labels: NDArray[np.int16], corpus: Corpus) -> list[str]:
        """Spell the label ids of a corpus in the scheme of the training corpus."""
        spelling = self.spelling
        spelled = spelling.spell(labels, corpus.sentence_offsets.astype(np.int64))
        return [spelling.names[label] for label in spelled.tolist()]


def sentences_of_labels(corpus: Corpus) -> list[list[str]]:
    """Return the labels of each sentence of a labelled corpus."""
    if corpus.labels is None:
        raise InputError(f"{corpus.source}: this corpus has no labels; a label column is needed to train or evaluate")
    names = [corpus.label_names[label] for label in corpus.labels.tolist()]
    offsets = corpus.sentence_offsets.tolist()
    return [names[begin:end] for begin, end in pairwise(offsets)]


def _internal(scheme: str) -> str:
    """Return the scheme that the network is trained on."""
    return "plain" if scheme == "plain" else "IOBES"
