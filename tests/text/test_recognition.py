import pytest
from hypothesis import given
from hypothesis import strategies as st

from deltarule.errors import InputError
from deltarule.text.recognition import recognise_scheme
from deltarule.text.schemes import CHUNK_SCHEMES, encode, spans


@pytest.mark.parametrize(
    ("scheme", "sentences"),
    [
        ("IOB1", ["I-PER O", "O I-LOC I-LOC"]),
        ("IOB1", ["I-PER B-PER"]),
        ("IOB2", ["B-PER I-PER O"]),
        ("IOB2", ["O B-PER", "B-LOC O"]),
        ("IOB2", ["O O"]),
        ("IOB2", []),
        ("IOB2", ["B I O"]),
        ("IOBES", ["S-PER O", "B-PER E-PER"]),
        ("IOBES", ["B-PER I-PER E-PER"]),
        ("BMES", ["B M E S", "S S"]),
        ("BMES", ["B-X M-X E-X"]),
        ("BILOU", ["B-X I-X L-X U-X"]),
        ("plain", ["NOUN VERB", "PUNCT"]),
        ("plain", ["-LRB- NN -RRB-", "O"]),
        ("plain", ["S V B I"]),
        ("plain", ["S E I"]),
    ],
)
def test_recognise_scheme(scheme, sentences):
    assert recognise_scheme([sentence.split() for sentence in sentences]) == scheme


@pytest.mark.parametrize(
    ("sentences", "message"),
    [
        (
            ["B-PER O", "I-PER O"],
            "sentence 2 has 'I-PER' at its beginning where IOB2 has 'B-PER'; "
            "sentence 1 has 'B-PER' at its beginning where IOB1 has 'I-PER'; correct the labels",
        ),
        (["O B-A E-A", "O", "O E-A"], "sentence 3 has 'E-A' after 'O' where IOBES has 'S-A'"),
        (["B-A I-B E-B"], "sentence 1 has 'B-A' at its beginning where IOBES has 'S-A'"),
        (["B-A M-A", "U-A"], "the labels fit no scheme: the prefixes are B, M, U; correct"),
        (["B-A O", "NOUN O"], "sentence 2 has the label 'NOUN', which is not a chunk label, but sentence 1 has 'B-A'"),
    ],
)
def test_mixed_labels(sentences, message):
    with pytest.raises(InputError) as raised:
        recognise_scheme([sentence.split() for sentence in sentences])
    assert message in str(raised.value)


@given(
    st.lists(st.lists(st.sampled_from(["O", "B-A", "I-A", "B-B", "I-B"]), max_size=6), max_size=6),
    st.sampled_from(list(CHUNK_SCHEMES)),
)
def test_a_corpus_is_well_formed_in_its_recognised_scheme(sentences, scheme):
    encoded = [encode(spans(labels), len(labels), scheme) for labels in sentences]
    recognised = recognise_scheme(encoded)
    assert [encode(spans(labels), len(labels), recognised) for labels in encoded] == encoded
