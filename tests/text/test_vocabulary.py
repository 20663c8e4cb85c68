import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deltarule.errors import InputError
from deltarule.text.vocabulary import BOUNDARY, UNKNOWN, Vocabulary


def test_ids():
    vocabulary = Vocabulary(["the", "of"])
    ids = vocabulary.ids(["of", "Paris", "the"])
    assert ids.tolist() == [3, UNKNOWN, 2]
    assert ids.dtype == np.int32
    assert vocabulary.ids([]).shape == (0,)
    assert len(vocabulary) == 4
    assert "of" in vocabulary
    assert "Paris" not in vocabulary
    assert [vocabulary[number] for number in range(4)] == ["<unknown>", "<boundary>", "the", "of"]
    with pytest.raises(IndexError, match="no id 4"):
        vocabulary[4]


def test_reserved_names_in_a_text_are_words_like_others():
    assert Vocabulary([]).ids(["<boundary>", "<unknown>"]).tolist() == [UNKNOWN, UNKNOWN]
    assert Vocabulary(["<boundary>"]).ids(["<boundary>"]).tolist() == [BOUNDARY + 1]


def test_from_counts_is_ordered_by_count_then_string():
    counts = {"b": 2, "a": 2, "c": 5, "d": 1}
    assert Vocabulary.from_counts(counts).entries == ("c", "a", "b", "d")
    assert Vocabulary.from_counts(dict(reversed(counts.items())), minimum=2).entries == ("c", "a", "b")


def test_entries_are_distinct():
    with pytest.raises(InputError, match="'a' occurs twice"):
        Vocabulary(["a", "b", "a"])


@given(
    st.lists(
        st.one_of(st.text(st.characters()), st.text(st.sampled_from("\\nru00285\n\r\x85\u2028\ufeff "))), unique=True
    )
)
def test_written_entries_come_back(entries):
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "words.txt"
        Vocabulary(entries).write(path)
        assert Vocabulary.read(path).entries == tuple(entries)
        assert len(path.read_text(encoding="utf-8").splitlines()) == len(entries)


def test_the_file_is_plain_text(tmp_path):
    path = tmp_path / "words.txt"
    Vocabulary(["naïve", "", "a\nb", "c\\d", "e\u2028f", "\r", "\x00"]).write(path)
    assert path.read_bytes() == "naïve\n\na\\nb\nc\\\\d\ne\\u2028f\n\\r\n\x00\n".encode()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a\nb\na\n", "words.txt: 'a' occurs twice"),
        (b"a\nb\\x\n", r"words.txt:2: unknown escape '\\\\x'"),
        (b"a\\\n", r"words.txt:1: unknown escape"),
        (b"a\nb", "words.txt: the last line is not complete"),
        (b"a\xff\n", "words.txt: not a vocabulary: .* at byte 1"),
    ],
)
def test_damaged_files(tmp_path, content, message):
    path = tmp_path / "words.txt"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        Vocabulary.read(path)


def test_missing_file(tmp_path):
    with pytest.raises(InputError, match="there is no such file"):
        Vocabulary.read(tmp_path / "absent.txt")
