from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deltarule.errors import InputError
from deltarule.text.windows import window_positions


def test_windows_stop_at_sentence_ends():
    assert window_positions(np.array([0, 3, 4], np.int32), 5).tolist() == [
        [-1, -1, 0, 1, 2],
        [-1, 0, 1, 2, -1],
        [0, 1, 2, -1, -1],
        [-1, -1, 3, -1, -1],
    ]


@given(st.lists(st.integers(0, 6), max_size=6), st.sampled_from([1, 3, 5, 7]))
def test_windows_agree_with_the_definition(lengths, size):
    offsets = np.cumsum([0, *lengths])
    expected = [
        [token + step if start <= token + step < end else -1 for step in range(-(size // 2), size // 2 + 1)]
        for start, end in pairwise(offsets)
        for token in range(start, end)
    ]
    positions = window_positions(offsets, size)
    assert positions.dtype == np.int32
    assert positions.shape == (offsets[-1], size)
    assert positions.tolist() == expected


@pytest.mark.parametrize("size", [0, 2, 4, -1, -3])
def test_windows_have_a_middle(size):
    with pytest.raises(InputError, match=f"a window of {size} words has no middle"):
        window_positions([0, 1], size)
