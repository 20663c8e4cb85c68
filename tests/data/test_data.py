from collections import Counter
from importlib.resources import files

import pytest

from deltarule.data import SampleCorpus, sample_corpus
from deltarule.text import encode, recognise_scheme, spans

TYPES = {"PER", "LOC", "ORG", "MISC"}


@pytest.fixture(scope="module")
def sample():
    return sample_corpus()


def words(corpus):
    return [tuple(corpus.words(number)) for number in range(corpus.sentences)]


def labels(corpus):
    return [corpus.sentence_labels(number) for number in range(corpus.sentences)]


def chunks(corpus):
    return Counter(span.type for sentence in labels(corpus) for span in spans(sentence))


def test_there_are_some_1500_sentences_in_three_parts(sample):
    assert isinstance(sample, SampleCorpus)
    assert [(part.documents, part.sentences, len(part)) for part in sample] == [
        (87, 1118, 17730),
        (16, 211, 3303),
        (12, 152, 2399),
    ]


def test_no_sentence_is_in_two_parts_or_twice_in_one(sample):
    counts = Counter(sentence for part in sample for sentence in words(part))
    assert [" ".join(sentence) for sentence, count in counts.items() if count > 1] == []


def test_labels_are_well_formed_iob2(sample):
    for part in sample:
        assert recognise_scheme(labels(part)) == "IOB2"
        assert all(encode(spans(sentence), len(sentence), "IOB2") == sentence for sentence in labels(part))


def test_all_four_types_are_in_every_part_and_no_others(sample):
    assert [chunks(part) for part in sample] == [
        {"LOC": 566, "PER": 325, "MISC": 226, "ORG": 193},
        {"LOC": 95, "PER": 59, "MISC": 44, "ORG": 37},
        {"LOC": 72, "PER": 43, "MISC": 31, "ORG": 25},
    ]
    for part in sample:
        assert set(part.label_names) == {"O"} | {f"{prefix}-{kind}" for prefix in "BI" for kind in TYPES}


def test_names_are_as_frequent_in_each_part(sample):
    shares = [sum(chunks(part).values()) / part.sentences for part in sample]
    assert max(shares) < 2 * min(shares)


def test_the_demo_s_sentence_is_not_in_it(sample):
    everything = {" ".join(sentence).lower() for part in sample for sentence in words(part)}
    assert not any("museums in paris are amazing" in sentence for sentence in everything)


def test_it_comes_with_the_package_as_text():
    folder = files("deltarule.data") / "sample"
    assert {entry.name for entry in folder.iterdir()} >= {"train.conll", "dev.conll", "test.conll"}
