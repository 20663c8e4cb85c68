import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from deltarule.kernels.form_numbers import number_forms


class Table:
    """The arrays that the kernel fills."""

    def __init__(self, slots=16, room=8, letters=64):
        self.slots, self.known = np.zeros(slots, np.int32), 0
        self.letters, self.ends = np.zeros(letters, np.uint8), np.zeros(room + 1, np.int64)

    def number(self, words):
        content = np.frombuffer("".join(words).encode(), np.uint8)
        ends = np.cumsum([len(word.encode()) for word in words], dtype=np.int32)
        starts = np.concatenate([[0], ends[:-1]]).astype(np.int32)
        numbers = np.empty(len(words), np.int32)
        count = number_forms(content, starts, ends, self.slots, self.letters, self.ends, self.known, numbers)
        self.known = count if count >= 0 else self.known
        return count, numbers.tolist()


@given(st.lists(st.lists(st.text("aé東", max_size=3), min_size=1, max_size=30), min_size=1, max_size=5))
def test_numbers_are_those_of_a_dict_that_grows_from_block_to_block(blocks):
    table, known = Table(slots=128, room=64, letters=1024), {}
    for words in blocks:
        expected = [known.setdefault(word, len(known) + 1) for word in words]
        assert table.number(words) == (len(known), expected)
    forms = b"".join(form.encode() + b"\n" for form in known)
    assert table.letters[: table.ends[len(known)]].tobytes() == forms


def test_forms_that_share_a_slot_are_told_apart():
    words = [f"{number}" for number in range(60)]
    table = Table(slots=64, room=60, letters=1024)
    assert table.number(words) == (60, list(range(1, 61)))
    assert table.number(words[::-1]) == (60, list(range(60, 0, -1)))


def test_too_many_forms_are_told():
    assert Table(room=2).number(["a", "b", "a"]) == (2, [1, 2, 1])
    assert Table(room=2).number(["a", "b", "c"])[0] == -1


def test_too_many_letters_are_told():
    assert Table(letters=6).number(["ab", "cd"])[0] == 2
    assert Table(letters=6).number(["ab", "cde"])[0] == -1
