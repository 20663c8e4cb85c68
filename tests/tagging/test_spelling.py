import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deltarule.tagging.spelling import Spelling
from deltarule.text import SCHEMES, convert

LABELS = ("B-A", "B-B", "E-A", "I-A", "I-B", "O", "S-A", "S-B", "S")


@given(
    st.sampled_from(sorted(set(SCHEMES) - {"plain"})),
    st.lists(st.lists(st.integers(0, len(LABELS) - 1), max_size=10), max_size=5),
)
def test_labels_are_spelled_as_converted_also_where_they_break_the_rules(scheme, sentences):
    spelling = Spelling.of(LABELS, scheme)
    labels = np.array([label for sentence in sentences for label in sentence], np.int16)
    spelled = spelling.spell(labels, np.cumsum([0, *map(len, sentences)]))
    expected = [name for sentence in sentences for name in convert([LABELS[i] for i in sentence], "IOBES", scheme)]
    assert [spelling.names[name] for name in spelled] == expected


def test_plain_labels_stay_as_they_are():
    spelling = Spelling.of(("I-am", "NOUN", "X"), "plain")
    labels = np.array([0, 2, 1, 0], np.int16)
    assert spelling.names == ("I-am", "NOUN", "X")
    assert spelling.spell(labels, np.array([0, 4])).tolist() == [0, 2, 1, 0]


@pytest.mark.parametrize("scheme", ["IOB2", "plain"])
def test_there_may_be_no_labels(scheme):
    assert Spelling.of((), scheme).spell(np.empty(0, np.int16), np.array([0])).tolist() == []
