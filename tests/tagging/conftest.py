import pytest

import deltarule as dr

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
