import numpy as np
import pytest

import deltarule as dr
from deltarule.tagging.labelling import Labelling
from deltarule.tagging.model import TaggingModel
from deltarule.text import WordVectors, fold

# Twelve sentences that a small network learns by heart.
TOY = """\
Ada/B-PER Lovelace/I-PER lives/O in/O Paris/B-LOC ./O
Paris/B-LOC is/O amazing/O ./O
Charles/B-PER Babbage/I-PER visits/O New/B-LOC York/I-LOC ./O
The/O museums/O of/O New/B-LOC York/I-LOC are/O large/O ./O
Acme/B-ORG Ltd/I-ORG builds/O engines/O in/O London/B-LOC ./O
In/O 1843/O Ada/B-PER wrote/O notes/O ./O
London/B-LOC Paris/B-LOC Rome/B-LOC
Rome/B-LOC greets/O Charles/B-PER ./O
Engines/O are/O large/O ./O
Notes/O of/O 1844/O by/O Acme/B-ORG Ltd/I-ORG ./O
Mary/B-PER Somerville/I-PER teaches/O Ada/B-PER Lovelace/I-PER ./O
Nobody/O lives/O here/O ./O
"""

SMALL = {
    "hidden": 20,
    "word_dimension": 10,
    "affix_dimension": 3,
    "shape_dimension": 3,
    "minimum_count": 1,
    "batch": 16,
    "learning_rate": 0.01,
    "dropout": 0.0,
    "epochs": 2,
}


@pytest.fixture(scope="session")
def small():
    """Settings of a tagger that trains in an instant."""
    return dict(SMALL)


@pytest.fixture(scope="session")
def toy():
    pairs = [[token.rsplit("/", 1) for token in line.split()] for line in TOY.splitlines()]
    return dr.Corpus.from_sentences(
        [[word for word, _ in sentence] for sentence in pairs],
        [[label for _, label in sentence] for sentence in pairs],
        source="toy",
    )


@pytest.fixture(scope="session")
def trained(toy):
    """A tagger that knows the toy corpus by heart."""
    return dr.Tagger(**{**SMALL, "epochs": 30}).fit(toy)


@pytest.fixture(scope="session")
def made_up_corpus():
    """Makes sentences of made-up words, some empty, with labels, from a seed."""

    def make(seed, sentences=40):
        random = np.random.default_rng(seed)
        letters, lengths = np.array(list("abcdeXYZ019-")), random.integers(0, 12, sentences)
        words = [["".join(random.choice(letters, random.integers(1, 5))) for _ in range(length)] for length in lengths]
        labels = [random.choice(["O", "B-A", "I-A", "B-B", "I-C"], length).tolist() for length in lengths]
        return dr.Corpus.from_sentences(words, labels)

    return make


@pytest.fixture(scope="session")
def random_model(made_up_corpus):
    """Makes a model with random parameters for a made-up corpus; some of its words have vectors of a size."""

    def make(seed, vectors=None, **settings):
        corpus, random = made_up_corpus(seed), np.random.default_rng(seed)
        labelling, _ = Labelling.of_corpus(corpus, "IOB2")
        sizes = {"hidden": 21, "word_dimension": 7, "affix_dimension": 3, "shape_dimension": 2, "context": True}
        if vectors is not None:
            words = tuple(dict.fromkeys(map(fold, corpus.forms[::2])))
            vectors = WordVectors(words, random.normal(size=(len(words), vectors)).astype(np.float32))
        model = TaggingModel.untrained(dr.TaggerConfig(**{**sizes, **settings}), labelling, corpus, vectors)
        for parameter in model.network.parameters.values():
            parameter.value = random.normal(size=parameter.shape).astype(np.float32)
        return model

    return make
