"""The corpora of the benchmarks, and the arrays of one that peers train on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import deltarule as dr
from deltarule.tagging.config import TaggerConfig
from deltarule.tagging.labelling import Labelling
from deltarule.tagging.model import TaggingModel
from deltarule.text import window_positions

__all__ = ["CHECKED_STEPS", "PLAIN", "CorpusFiles", "checked_sentences", "write_arrays"]

SAMPLE = Path(dr.__file__).parent / "data" / "sample"
CHECKED_STEPS, CHECKED_TOKENS = 4, 500
PLAIN: dict[str, Any] = {
    "members": 1,
    "hidden": 300,
    "activation": "tanh",
    "objective": "softmax",
    "context": False,
    "dropout": 0.4,
    "word_dimension": 100,
}
"""Settings of the network that all peers build: one hidden layer on the windows, and nothing beside them."""


@dataclass(frozen=True)
class CorpusFiles:
    """A corpus in three files, with word vectors if there are any.

    Attributes
    ----------
    data : folder with ner/bc5cdr and vectors; the sample corpus, without vectors, where there is none
    """

    data: Path | None

    @property
    def name(self) -> str:
        """What the page calls it."""
        return "bc5cdr, with GloVe 6B vectors of 100 numbers" if self.data else "the sample corpus of the package"

    def part(self, name: str) -> Path:
        """Return the file of a part: train, dev or test."""
        return (self.data / "ner" / "bc5cdr" if self.data else SAMPLE) / f"{name}.conll"

    @cached_property
    def vectors(self) -> Path | None:
        """The file of word vectors."""
        return next(iter(sorted((self.data / "vectors").glob("*.txt.gz")))) if self.data else None

    def model(self, **settings: Any) -> tuple[TaggingModel, dr.Corpus, NDArray[np.int32]]:
        """Return an untrained tagger, the training corpus, and the label of each token.

        Parameters
        ----------
        settings : of the tagger, where they are not those of `PLAIN`
        """
        corpus = dr.read_corpus(self.part("train"))
        vectors = None if self.vectors is None else dr.read_vectors(self.vectors)
        labelling, labels = Labelling.of_corpus(corpus)
        config = TaggerConfig.checked({**PLAIN, **settings})
        return TaggingModel.untrained(config, labelling, corpus, vectors), corpus, labels


def checked_sentences(corpus: dr.Corpus) -> list[NDArray[np.intp]]:
    """Return the sentences of the first few batches, on which all participants must have the same losses."""
    ends = np.searchsorted(corpus.sentence_offsets, CHECKED_TOKENS * np.arange(CHECKED_STEPS + 1))
    return [np.arange(begin, end) for begin, end in pairwise(ends.tolist())]


def write_arrays(path: Path, files: CorpusFiles) -> None:
    """Write what a peer trains on: ids instead of strings, one table for the small features, first values.

    The arrays are the window of each token as rows of forms (row 0 is the boundary), the word and the features of each
    form, the labels, tokens of shuffled sentences, tokens at which the batches of the check of losses begin, and the
    first values of all parameters.
    """
    model, corpus, labels = files.model()
    encoded = model.encoder.encode(corpus.forms)
    parameters = {name: parameter.value for name, parameter in model.network.parameters.items()}
    small = [name for name in encoded if name != "word"]
    tables = [parameters[f"{name}.vectors"] for name in small]
    begins = np.cumsum([0, *map(len, tables)])
    offsets = corpus.sentence_offsets
    order = np.random.default_rng(0).permutation(corpus.sentences)
    checked = [0, *(offsets[batch[-1] + 1] for batch in checked_sentences(corpus))]
    np.savez(
        path,
        windows=np.append(corpus.tokens + 1, 0)[window_positions(offsets, model.config.window)].astype(np.int32),
        word_of_form=encoded["word"],
        features_of_form=np.stack([encoded[name] + begin for name, begin in zip(small, begins, strict=False)], axis=1),
        labels=labels,
        order=np.concatenate([np.arange(offsets[sentence], offsets[sentence + 1]) for sentence in order]),
        checked=np.array(checked),
        words=parameters["word.vectors"],
        features=np.concatenate(tables),
        hidden_weight=parameters["hidden.weight"],
        hidden_bias=parameters["hidden.bias"],
        output_weight=parameters["output.weight"],
        output_bias=parameters["output.bias"],
    )
