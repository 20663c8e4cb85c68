import numpy as np
import pytest

import deltarule as dr
from deltarule.errors import InputError
from deltarule.tagging.labelling import Labelling, sentences_of_labels

SPELLINGS = {
    "IOB1": [["I-A", "I-A", "B-A", "O"], ["I-B", "I-A"]],
    "IOB2": [["B-A", "I-A", "B-A", "O"], ["B-B", "B-A"]],
    "IOBES": [["B-A", "E-A", "S-A", "O"], ["S-B", "S-A"]],
    "BILOU": [["B-A", "L-A", "U-A", "O"], ["U-B", "U-A"]],
    "BMES": [["B-A", "M-A", "E-A", "O"], ["S-B", "S-A"]],
}


def corpus(labels, source="my.conll"):
    return dr.Corpus.from_sentences([["w"] * len(sentence) for sentence in labels], labels, source=source)


@pytest.mark.parametrize("scheme", SPELLINGS)
def test_chunks_are_trained_as_iobes_and_written_as_the_corpus_has_them(scheme):
    text = corpus(SPELLINGS[scheme])
    labelling, labels = Labelling.of_corpus(text)
    assert (labelling.scheme, labelling.plain) == (scheme, False)
    assert {name[0] for name in labelling.names} <= set("OBIES")
    assert labels.dtype == np.int32
    assert labelling.written(labels.astype(np.int16), text) == [label for s in SPELLINGS[scheme] for label in s]
    assert labelling.decoder.illegal_sentences(labels, text.sentence_offsets).size == 0


def test_names_are_sorted_and_ids_point_to_them():
    labelling, labels = Labelling.of_corpus(corpus(SPELLINGS["IOB2"]))
    assert labelling.names == ("B-A", "E-A", "O", "S-A", "S-B")
    assert labels.tolist() == [0, 1, 3, 2, 4, 3]


def test_plain_labels_stay_as_they_are():
    text = corpus([["NOUN", "VERB"], ["."]])
    labelling, labels = Labelling.of_corpus(text)
    assert labelling == Labelling((".", "NOUN", "VERB"), "plain")
    assert labelling.written(labels.astype(np.int16), text) == ["NOUN", "VERB", "."]
    assert labelling.decoder.between.all()


def test_word_segmentation_has_labels_without_types():
    text = corpus([["B", "E", "S"], ["B", "M", "M", "E"]])
    labelling, labels = Labelling.of_corpus(text)
    assert labelling == Labelling(("B", "E", "I", "S"), "BMES")
    assert labelling.written(labels.astype(np.int16), text) == ["B", "E", "S", "B", "M", "M", "E"]
    assert labelling.decoder.start.tolist() == [True, False, False, True]


def test_labels_of_sentences():
    assert sentences_of_labels(corpus([["X"], ["Y", "X"]])) == [["X"], ["Y", "X"]]
    with pytest.raises(InputError, match=r"^<memory>: this corpus has no labels; a label column is needed"):
        sentences_of_labels(dr.Corpus.from_sentences([["a"]]))


def test_gold_labels_may_be_of_any_chunk_scheme_but_no_others():
    labelling, _ = Labelling.of_corpus(corpus(SPELLINGS["IOB2"]))
    assert labelling.gold(corpus(SPELLINGS["IOB1"])) == SPELLINGS["IOB1"]
    with pytest.raises(InputError, match=r"^my.conll: the tagger was trained on chunk labels, but 'NOUN' is not a"):
        labelling.gold(corpus([["NOUN"]]))


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([["B-A", "NOUN"]], r"^my.conll: sentence 1 has the label 'NOUN', which is not a chunk label"),
        ([["I-A", "E-A", "I-B", "B-B"]], r"^my.conll: the labels fit no scheme"),
    ],
)
def test_labels_that_cannot_be_used_name_the_file(labels, message):
    with pytest.raises(InputError, match=message):
        Labelling.of_corpus(corpus(labels))


def test_unknown_schemes_are_refused():
    with pytest.raises(InputError, match=r"^there is no label scheme 'IOB7'; choose one of: IOB2, IOB1, IOBES"):
        Labelling(("O",), "IOB7")


def test_plain_labels_of_which_none_is_known_are_refused():
    tagger_labels = Labelling(("ADJ", "NOUN", "VERB"), "plain")
    known = dr.Corpus.from_sentences([["go", "X"]], [["VERB", "SYM"]])
    assert tagger_labels.gold(known) == [["VERB", "SYM"]]
    strange = dr.Corpus.from_sentences([["Ada", "sings"]], [["B-PER", "O"]], source="ner.conll")
    with pytest.raises(InputError) as error:
        tagger_labels.gold(strange)
    assert str(error.value) == (
        "ner.conll: the tagger knows none of its labels (B-PER, O, ...), as it was trained on others"
        " (ADJ, NOUN, VERB, ...); choose another corpus, label column or field"
    )


def test_labels_that_break_their_scheme_are_read_as_conlleval_does_where_a_scheme_is_named():
    broken = dr.Corpus.from_sentences(
        [["New", "York", "greets", "Ada"]], [["B-LOC", "I-LOC", "O", "I-PER"]], source="x"
    )
    with pytest.raises(InputError, match=r"x: the labels fit no scheme: sentence 1 has .* or name one"):
        Labelling.of_corpus(broken)
    labelling, labels = Labelling.of_corpus(broken, "IOB2")
    assert [labelling.names[label] for label in labels] == ["B-LOC", "E-LOC", "O", "S-PER"]
    assert labelling.written(labels.astype(np.int16), broken) == ["B-LOC", "I-LOC", "O", "B-PER"]


def test_a_scheme_that_is_none_names_the_file_and_the_known_ones():
    text = dr.Corpus.from_sentences([["Ada"]], [["B-PER"]], source="x.conll")
    with pytest.raises(InputError, match=r"x\.conll: .*IOB3.*IOB2"):
        Labelling.of_corpus(text, "IOB3")
