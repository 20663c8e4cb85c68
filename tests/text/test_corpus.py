import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deltarule.errors import InputError
from deltarule.text.corpus import Corpus, CorpusBuilder

SENTENCES = [["Ada", "met", "Ada"], ["Yes"], ["Paris", "met", "Yes"]]
LABELS = [["PER", "O", "PER"], ["O"], ["LOC", "O", "O"]]


def make_corpus():
    return Corpus.from_sentences(SENTENCES, LABELS, documents=[2, 1], source="memory.conll")


def test_columns_of_a_corpus():
    corpus = make_corpus()
    assert corpus.forms == ("Ada", "met", "Yes", "Paris")
    assert corpus.tokens.tolist() == [0, 1, 0, 2, 3, 1, 2]
    assert corpus.sentence_offsets.tolist() == [0, 3, 4, 7]
    assert corpus.document_offsets.tolist() == [0, 2, 3]
    assert corpus.label_names == ("PER", "O", "LOC")
    assert corpus.labels.tolist() == [0, 1, 0, 1, 2, 1, 1]
    assert (len(corpus), corpus.sentences, corpus.documents) == (7, 3, 2)
    assert corpus.occurrences().tolist() == [2, 2, 2, 1]


def test_column_types_are_compact():
    corpus = make_corpus()
    assert corpus.tokens.dtype == corpus.sentence_offsets.dtype == corpus.document_offsets.dtype == np.int32
    assert corpus.labels.dtype == np.int16


@given(st.lists(st.lists(st.text(), max_size=5), max_size=8))
def test_sentences_come_back(sentences):
    corpus = Corpus.from_sentences(sentences, labels=[[word[::-1] for word in words] for words in sentences])
    assert [corpus.words(i) for i in range(corpus.sentences)] == sentences
    assert [corpus.sentence_labels(i) for i in range(corpus.sentences)] == [
        [word[::-1] for word in words] for words in sentences
    ]
    assert len(set(corpus.forms)) == len(corpus.forms)
    assert corpus.occurrences().sum() == len(corpus)


def test_one_document_unless_told_otherwise():
    assert Corpus.from_sentences(SENTENCES).document_offsets.tolist() == [0, 3]
    assert Corpus.from_sentences([]).documents == 0


def test_with_labels_as_strings_and_as_indices():
    corpus = Corpus.from_sentences([["a", "b"], ["c"]])
    assert corpus.labels is None
    from_strings = corpus.with_labels(["X", "Y", "X"])
    from_indices = corpus.with_labels(np.array([1, 0, 1], np.int16), ("Y", "X"))
    for labelled in (from_strings, from_indices):
        assert [labelled.sentence_labels(i) for i in range(2)] == [["X", "Y"], ["X"]]
        assert labelled.labels.dtype == np.int16
    assert corpus.labels is None


def test_labels_of_an_unlabelled_corpus():
    with pytest.raises(InputError, match="notes: this corpus has no labels"):
        Corpus.from_sentences([["a"]], source="notes").sentence_labels(0)


@pytest.mark.parametrize("sentence", [-1, 3])
def test_there_is_no_such_sentence(sentence):
    with pytest.raises(IndexError, match="there are 3"):
        make_corpus().words(sentence)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"labels": [["O"]]}, "2 sentences but 1 lists of labels"),
        ({"labels": [["O", "O"], ["O", "O"]]}, "sentence 1 has 1 words but 2 labels"),
        ({"documents": [1, 2]}, "document_offsets must rise from 0 to the number of sentences, which is 2"),
        ({"documents": [3, -1]}, "document_offsets must rise"),
    ],
)
def test_parts_that_do_not_fit(arguments, message):
    with pytest.raises(InputError, match=message):
        Corpus.from_sentences([["a", "b"], ["c"]], **arguments)


def test_a_string_is_not_a_sentence():
    with pytest.raises(InputError, match="not the string 'Ada met'; split it"):
        Corpus.from_sentences(["Ada met"])


def corpus_with(**changes):
    columns = {
        "forms": ("a", "b"),
        "tokens": np.array([0, 1], np.int32),
        "sentence_offsets": np.array([0, 2], np.int32),
        "document_offsets": np.array([0, 1], np.int32),
    }
    return Corpus(**(columns | changes))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tokens": np.array([0, 2], np.int32)}, "tokens run from 0 to 2, but there are 2 forms"),
        ({"tokens": np.array([-1, 0], np.int32)}, "tokens run from -1"),
        ({"sentence_offsets": np.array([0, 3], np.int32)}, "sentence_offsets must rise from 0 .* which is 2"),
        ({"sentence_offsets": np.array([], np.int32)}, "sentence_offsets must rise"),
        ({"labels": np.array([0], np.int16), "label_names": ("O",)}, "1 labels for 2 tokens"),
        ({"labels": np.array([0, 1], np.int16), "label_names": ("O",)}, "labels run from 0 to 1"),
        ({"text": "a b"}, "starts, ends and text belong together"),
        ({"starts": np.array([0, 2]), "text": "a b"}, "starts, ends and text belong together"),
        ({"starts": np.array([0]), "ends": np.array([1, 3]), "text": "a b"}, "1 starts for 2 tokens"),
    ],
)
def test_columns_that_do_not_fit(changes, message):
    with pytest.raises(InputError, match=message):
        corpus_with(**changes)


def test_too_many_labels_for_16_bits():
    with pytest.raises(InputError, match="32768 distinct labels"):
        Corpus.from_sentences([["a"] * 32768], [list(map(str, range(32768)))])


def test_builder_drops_empty_sentences_and_documents():
    builder = CorpusBuilder("b")
    builder.end_document()
    builder.add_token("a")
    builder.end_sentence()
    builder.end_sentence()
    builder.end_document()
    builder.end_document()
    builder.add_token("b")
    corpus = builder.build()
    assert corpus.sentence_offsets.tolist() == [0, 1, 2]
    assert corpus.document_offsets.tolist() == [0, 1, 2]
    assert corpus.labels is None


def test_builder_wants_labels_for_all_tokens_or_none():
    builder = CorpusBuilder("b")
    builder.add_token("a", "O")
    builder.add_token("b")
    with pytest.raises(InputError, match="b: 1 labels for 2 tokens"):
        builder.build()
