"""spaCy's tagger on its convolutional network over hashed embeddings: train TRAIN DEV MODEL, tag MODEL FILE OUT."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from pathlib import Path

import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from spacy.training.batchers import minibatch_by_words
from thinc.api import compounding

from benchmarks.peers.sentences import Labelled, Tag, main, read_labelled

EPOCHS = 10
DOCUMENTS = 512  # of a batch to predict
NETWORK = {
    "@architectures": "spacy.Tagger.v2",
    "tok2vec": {
        "@architectures": "spacy.HashEmbedCNN.v2",
        "width": 96,
        "depth": 4,
        "embed_size": 2000,
        "window_size": 1,
        "maxout_pieces": 3,
        "subword_features": True,
        "pretrained_vectors": None,
    },
}


def train(train: Path, dev: Path, model: Path, quick: bool) -> None:
    """Train with spaCy's defaults for this network; keep the epoch that does best on the development part."""
    spacy.util.fix_random_seed(0)
    nlp = spacy.blank("en")
    nlp.add_pipe("tagger", config={"model": NETWORK})
    examples, held_out = (_examples(nlp, read_labelled(path)) for path in (train, dev))
    optimiser = nlp.initialize(lambda: examples)
    sizes, best = compounding(100.0, 1000.0, 1.001), -1.0
    for _ in range(1 if quick else EPOCHS):
        random.shuffle(examples)
        for batch in minibatch_by_words(examples, sizes):
            nlp.update(batch, drop=0.1, sgd=optimiser)
        score = nlp.evaluate(held_out)["tag_acc"]
        if score > best:
            best = score
            nlp.to_disk(model)


def _examples(nlp: Language, sentences: list[Labelled]) -> list[Example]:
    return [
        Example(Doc(nlp.vocab, words=words), Doc(nlp.vocab, words=words, tags=labels)) for words, labels in sentences
    ]


def load(model: Path) -> Tag:
    """Return a function that labels sentences, without the annotations of documents that nobody reads."""
    nlp = spacy.load(model)
    tagger = nlp.get_pipe("tagger")
    labels = tagger.labels

    def tag(sentences: list[list[str]]) -> Iterator[Iterable[str]]:
        for begin in range(0, len(sentences), DOCUMENTS):
            documents = [Doc(nlp.vocab, words=words) for words in sentences[begin : begin + DOCUMENTS]]
            for guesses in tagger.predict(documents):
                yield [labels[guess] for guess in guesses.tolist()]

    return tag


if __name__ == "__main__":
    main(train, load)
