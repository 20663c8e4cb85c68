import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from deltarule.graph.signals import RowSignal, add_signals, dense, sum_to_shape

COUNT = 6


@st.composite
def row_signals(draw, trailing):
    rows = draw(arrays(np.int64, draw(st.integers(0, 8)), elements=st.integers(0, COUNT - 1)))
    values = draw(arrays(np.float64, (len(rows), *trailing), elements=st.integers(-9, 9).map(float)))
    return RowSignal(rows, values, (COUNT, *trailing))


def by_hand(signal):
    whole = np.zeros(signal.shape)
    np.add.at(whole, signal.rows, signal.values)
    return whole


signals = st.sampled_from([(), (3,), (2, 2)]).flatmap(row_signals)
pairs = st.sampled_from([(), (3,), (2, 2)]).flatmap(
    lambda trailing: st.tuples(row_signals(trailing), row_signals(trailing))
)


@given(signals)
def test_dense_sums_rows_named_twice(signal):
    np.testing.assert_array_equal(signal.dense(), by_hand(signal))


@given(signals)
def test_distinct_names_each_row_once_in_order(signal):
    distinct = signal.distinct()
    assert distinct.rows.tolist() == sorted(set(signal.rows.tolist()))
    assert distinct.values.shape == (len(distinct.rows), *signal.shape[1:])
    np.testing.assert_array_equal(by_hand(distinct), by_hand(signal))


@given(pairs)
def test_adding_keeps_rows_where_both_are_rows(pair):
    first, second = pair
    both = by_hand(first) + by_hand(second)
    assert isinstance(add_signals(first, second), RowSignal)
    np.testing.assert_array_equal(dense(add_signals(first, second)), both)
    np.testing.assert_array_equal(add_signals(first, by_hand(second)), both)
    np.testing.assert_array_equal(add_signals(by_hand(first), second), both)


def test_signals_in_the_same_rows_add_without_new_rows():
    rows = np.array([4, 1])
    first, second = (RowSignal(rows, np.full((2, 3), value), (COUNT, 3)) for value in (1.0, 2.0))
    added = add_signals(first, second)
    assert added.rows is rows
    np.testing.assert_array_equal(added.values, np.full((2, 3), 3.0))


def test_single_precision_stays_single():
    signal = RowSignal(np.array([0, 0]), np.ones((2, 3), np.float32), (2, 3))
    assert signal.dense().dtype == signal.distinct().values.dtype == np.float32


@pytest.mark.parametrize("shape", [(), (1,), (4,), (1, 4), (3, 1), (1, 1), (3, 4), (1, 3, 1)])
def test_sum_over_what_was_broadcast(shape):
    signal = np.arange(2 * 3 * 4, dtype=float).reshape(2, 3, 4)
    summed = sum_to_shape(signal, shape)
    assert summed.shape == shape
    # The signal for x of x + y, when the loss is Σ signal × (x + y), is linear in x: its slope at each entry.
    for index in np.ndindex(shape):
        unit = np.zeros(shape)
        unit[index] = 1
        assert summed[index] == (signal * np.broadcast_to(unit, signal.shape)).sum()
