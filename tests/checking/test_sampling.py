import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deltarule.checking.sampling import choose_entries, entries_each

random = np.random.default_rng


def test_all_entries_in_order():
    assert choose_entries((2, 2), 10, random(0)) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert choose_entries((), 1, random(0)) == [()]
    assert choose_entries((0, 3), 1, random(0)) == []


def test_a_sample_depends_on_the_seed_alone():
    first, again, other = (choose_entries((50, 20), 30, random(seed)) for seed in (1, 1, 2))
    assert first == again != other
    assert len(set(first)) == 30
    assert first == sorted(first)


@pytest.mark.parametrize(("count", "expected"), [(10, 8), (100, 95), (199, 100)])
def test_rows_that_were_read_come_first(count, expected):
    # 20 rows of 10, of which 10 were read: four fifths of the sample, or what the other rows leave over.
    entries = choose_entries((20, 10), count, random(0), read_rows=np.arange(0, 20, 2))
    assert len(set(entries)) == count
    read = sum(row % 2 == 0 for row, _ in entries)
    assert read == min(max(round(0.8 * count), count - 100), 100) or read == expected


@given(st.dictionaries(st.text(max_size=2), st.integers(0, 10_000), max_size=6), st.integers(10, 5000))
def test_the_total_is_kept_and_small_parameters_are_whole(sizes, total):
    counts = entries_each(sizes, total)
    assert counts.keys() == sizes.keys()
    assert sum(counts.values()) <= total
    for name, count in counts.items():
        assert count == sizes[name] or count >= total // len(sizes)
