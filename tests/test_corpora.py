"""Real corpora are read as they are, and the tagger is as good on one as docs/results.md says of it.

The data is not part of the project: the folder that DELTARULE_DATA names, laid out as docs/results.md describes.
"""

import os
from pathlib import Path

import pytest

import deltarule as dr
from deltarule.tagging.labelling import sentences_of_labels
from deltarule.text import recognise_scheme

DATA = Path(os.environ.get("DELTARULE_DATA", ""))
pytestmark = pytest.mark.skipif(
    not (DATA / "ner").is_dir(), reason="set DELTARULE_DATA to the folder of corpora that docs/results.md describes"
)

CORPORA = [
    ("ner/bc5cdr/train.conll", 118_170, 4_560, "IOB2"),
    ("ner/ncbi-disease/test.conll", 24_497, 940, "IOB2"),
    ("ner/uner-ewt/test.conll", 25_097, 2_077, "IOB2"),
    ("ner/wikigold/train.conll", 31_875, 1_356, "IOB1"),
    ("ner/wnut17/train.conll", 62_730, 3_394, "IOB2"),
    ("pos/ud-english-ewt/train.conllu", 25_147, 2_001, "plain"),
    ("segmentation/ud-chinese-gsdsimp/train.conllu", 12_663, 500, "plain"),
]


@pytest.mark.parametrize(("file", "tokens", "sentences", "scheme"), CORPORA)
def test_a_corpus_is_read_whole_and_its_scheme_recognised(file, tokens, sentences, scheme):
    corpus = dr.read_corpus(DATA / file)
    assert (len(corpus), corpus.sentences) == (tokens, sentences)
    assert recognise_scheme(sentences_of_labels(corpus)) == scheme


def test_parts_of_speech_reach_the_accuracy_of_the_results_page():
    vectors = dr.read_vectors(next((DATA / "vectors").glob("*.txt.gz")))
    assert vectors.matrix.shape == (120_000, 100)
    folder = DATA / "pos" / "ud-english-ewt"
    tagger = dr.Tagger(vectors=vectors).fit(folder / "train.conllu")
    assert tagger.evaluate(folder / "test.conllu").accuracy > 0.925
