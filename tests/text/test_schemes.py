import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deltarule.errors import InputError
from deltarule.text.schemes import CHUNK_SCHEMES, Span, convert, encode, legal_transitions, spans, split_label


@st.composite
def sentences(draw):
    """Chunks that do not overlap, some of them adjacent, and the sentence's length."""
    chunks, position = [], 0
    for gap, length, kind in draw(
        st.lists(st.tuples(st.integers(0, 2), st.integers(1, 4), st.sampled_from(["PER", "LOC", ""])), max_size=6)
    ):
        chunks.append(Span(position + gap, position + gap + length, kind))
        position += gap + length
    return chunks, position + draw(st.integers(0, 2))


@pytest.mark.parametrize(
    ("labels", "chunks"),
    [
        ("", []),
        ("O O", []),
        ("B-A I-A O", [(0, 2, "A")]),
        ("I-A I-A O I-B", [(0, 2, "A"), (3, 4, "B")]),
        ("I-A B-A I-A", [(0, 1, "A"), (1, 3, "A")]),
        ("B-A B-A", [(0, 1, "A"), (1, 2, "A")]),
        ("B-A I-B I-B", [(0, 1, "A"), (1, 3, "B")]),
        ("S-A S-A", [(0, 1, "A"), (1, 2, "A")]),
        ("B-A I-A E-A E-A", [(0, 3, "A"), (3, 4, "A")]),
        ("E-A I-A", [(0, 1, "A"), (1, 2, "A")]),
        ("S-A I-A", [(0, 1, "A"), (1, 2, "A")]),
        ("B-A S-A", [(0, 1, "A"), (1, 2, "A")]),
        ("B-A O E-A", [(0, 1, "A"), (2, 3, "A")]),
        ("B-A E-B", [(0, 1, "A"), (1, 2, "B")]),
        ("B M M E S", [(0, 4, ""), (4, 5, "")]),
        ("B-A I-A L-A U-A", [(0, 3, "A"), (3, 4, "A")]),
        ("B-creative-work I-creative-work", [(0, 2, "creative-work")]),
    ],
)
def test_spans(labels, chunks):
    assert spans(labels.split()) == chunks


def chunks_by_the_letter_of_conlleval(labels):
    """The rules as the conlleval script writes them out, pair by pair of neighbouring labels."""
    ends_before = {"BB", "BO", "BS", "IB", "IO", "IS"}  # the chunk of the first label ends before the second
    starts_at = {"EE", "EI", "SE", "SI", "OE", "OI"}  # a chunk starts at the second label
    chunks, start = [], None
    previous_tag, previous_type = "O", ""
    for position, label in enumerate([*labels, "O"]):
        tag, _, kind = label.partition("-")
        pair = previous_tag + tag
        ends = pair in ends_before or previous_tag in "ES" or (previous_tag != "O" and previous_type != kind)
        starts = tag in "BS" or pair in starts_at or (tag != "O" and previous_type != kind)
        if ends:
            chunks.append((start, position, previous_type))
        if starts:
            start = position
        previous_tag, previous_type = tag, kind
    return chunks


@given(st.lists(st.sampled_from(["O", *(f"{prefix}-{kind}" for prefix in "BIES" for kind in "AB")]), max_size=12))
def test_spans_agree_with_conlleval_on_any_labels(labels):
    assert spans(labels) == chunks_by_the_letter_of_conlleval(labels)


@pytest.mark.parametrize("label", ["NOUN", "", "B-", "X-PER", "-LRB-", "BI-PER"])
def test_labels_that_are_no_chunk_labels(label):
    with pytest.raises(InputError, match=r"is not a chunk label.*'plain'"):
        split_label(label)


@given(sentences(), st.sampled_from(list(CHUNK_SCHEMES)))
def test_spans_undo_encode(sentence, scheme):
    chunks, length = sentence
    assert spans(encode(chunks, length, scheme)) == chunks


@given(sentences(), st.sampled_from(list(CHUNK_SCHEMES)), st.sampled_from(list(CHUNK_SCHEMES)))
def test_conversion_there_and_back(sentence, source, target):
    labels = encode(*sentence, source)
    assert convert(convert(labels, source, target), target, source) == labels
    assert convert(labels, source, source) == labels


@pytest.mark.parametrize(
    ("scheme", "labels"),
    [
        ("IOB1", "I-A I-A B-A I-B O I-A"),
        ("IOB2", "B-A I-A B-A B-B O B-A"),
        ("IOBES", "B-A E-A S-A S-B O S-A"),
        ("BMES", "B-A E-A S-A S-B O S-A"),
        ("BILOU", "B-A L-A U-A U-B O U-A"),
    ],
)
def test_the_same_chunks_in_every_scheme(scheme, labels):
    chunks = [Span(0, 2, "A"), Span(2, 3, "A"), Span(3, 4, "B"), Span(5, 6, "A")]
    assert encode(chunks, 6, scheme) == labels.split()


def test_types_may_be_empty_in_iob1():
    assert encode([Span(0, 1, ""), Span(1, 2, "")], 2, "IOB1") == ["I", "B"]


def test_conversion_repairs_ill_formed_labels():
    assert convert(["O", "I-A", "I-A", "I-B"], "IOB2", "IOB2") == ["O", "B-A", "I-A", "B-B"]


def test_plain_labels_convert_to_themselves_only():
    assert convert(["NOUN", "VERB"], "plain", "plain") == ["NOUN", "VERB"]
    with pytest.raises(InputError, match="'plain' is not a chunk scheme"):
        convert(["NOUN"], "plain", "IOB2")


@pytest.mark.parametrize("chunks", [[(0, 2), (1, 3)], [(2, 3), (0, 1)], [(3, 5)], [(1, 1)], [(-1, 1)]])
def test_chunks_that_do_not_fit(chunks):
    with pytest.raises(InputError, match="in 4 words; give chunks in order"):
        encode([Span(*chunk, "A") for chunk in chunks], 4)


def test_legal_transitions_of_iobes():
    names = ["O", "B-A", "I-A", "E-A", "S-A", "B-B", "E-B"]
    start, between, end = legal_transitions(names)
    assert start.tolist() == [True, True, False, False, True, True, False]
    assert end.tolist() == [True, False, False, True, True, False, True]
    after = {name: {names[j] for j in between[i].nonzero()[0]} for i, name in enumerate(names)}
    openers = {"O", "B-A", "S-A", "B-B"}
    assert after == {
        "O": openers,
        "B-A": {"I-A", "E-A"},
        "I-A": {"I-A", "E-A"},
        "E-A": openers,
        "S-A": openers,
        "B-B": {"E-B"},
        "E-B": openers,
    }


@pytest.mark.parametrize("scheme", list(CHUNK_SCHEMES))
@pytest.mark.parametrize("length", [1, 2, 3, 4])
def test_legal_sequences_are_those_that_encode_spells(scheme, length):
    names = ["O", *(f"{prefix}-{kind}" for prefix in sorted(set(CHUNK_SCHEMES[scheme])) for kind in "AB")]
    start, between, end = legal_transitions(names, scheme)
    for path in itertools.product(range(len(names)), repeat=length):
        labels = [names[i] for i in path]
        legal = start[path[0]] and end[path[-1]] and all(between[i, j] for i, j in itertools.pairwise(path))
        assert legal == (encode(spans(labels), length, scheme) == labels), labels


def test_everything_is_legal_for_plain_labels():
    start, between, end = legal_transitions(["NOUN", "VERB"], "plain")
    assert start.all()
    assert between.shape == (2, 2)
    assert between.all()
    assert end.all()


def test_no_labels_have_no_transitions():
    assert [part.shape for part in legal_transitions([], "IOBES")] == [(0,), (0, 0), (0,)]


def test_transitions_of_labels_of_another_scheme():
    with pytest.raises(InputError, match="'M-A' is not of the scheme IOBES"):
        legal_transitions(["O", "M-A"], "IOBES")
    with pytest.raises(InputError, match="'IOB3' is not a chunk scheme"):
        legal_transitions(["O"], "IOB3")
