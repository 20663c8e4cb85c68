import numpy as np
import pytest

import deltarule as dr
from deltarule.errors import InputError
from deltarule.graph import RowSignal

TABLE = np.arange(12.0).reshape(4, 3)


def test_a_lookup_sends_its_signal_to_the_rows_read_and_keeps_it_as_rows():
    table, ids = dr.parameter(TABLE), dr.input("ids", ("batch", 2), integer=True)
    run = dr.backprop(dr.sum(dr.row_lookup(table, ids)), {ids: [[3, 1], [3, 3]]})
    signal = run.signals[table]
    assert isinstance(signal, RowSignal)
    assert signal.distinct().rows.tolist() == [1, 3]
    assert run.gradient(table).tolist() == [[0, 0, 0], [1, 1, 1], [0, 0, 0], [3, 3, 3]]


def test_two_lookups_in_one_table_add():
    table = dr.parameter(TABLE)
    both = dr.row_lookup(table, np.array([0, 1])) + 2.0 * dr.row_lookup(table, np.array([1, 2]))
    run = dr.backprop(dr.sum(both))
    assert isinstance(run.signals[table], RowSignal)
    assert run.gradient(table)[:, 0].tolist() == [1, 3, 2, 0]
    run = dr.backprop(dr.sum(both) + dr.sum(table))
    assert run.gradient(table)[:, 0].tolist() == [2, 4, 3, 1]


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ([0, 4], "ids of rows to look up must be 0 to 3; found 0 to 4"),
        ([-1, 2], "ids of rows to look up must be 0 to 3; found -1 to 2"),
    ],
)
def test_ids_outside_the_table_are_refused(ids, message):
    node = dr.row_lookup(dr.parameter(TABLE), dr.input("ids", ("batch",), integer=True))
    with pytest.raises(InputError) as caught:
        dr.backprop(node, {"ids": ids})
    assert str(caught.value) == message


def test_labels_outside_the_classes_are_refused():
    labels = dr.input("labels", ("batch",), integer=True)
    for node in (dr.pick(dr.input("scores", ("batch", 3)), labels), dr.one_hot(labels, 3)):
        feeds = {"labels": [3, 0]} | ({"scores": np.ones((2, 3))} if node.operation.name == "pick" else {})
        with pytest.raises(InputError, match=r"^labels must be 0 to 2; found 0 to 3$"):
            dr.backprop(node, feeds)


def test_no_rows_at_all():
    table = dr.parameter(TABLE)
    run = dr.backprop(dr.sum(dr.row_lookup(table, np.zeros(0, int))))
    assert run.gradient(table).tolist() == np.zeros((4, 3)).tolist()


def test_one_hot_leaves_the_precision_to_the_other_operand():
    labels = np.array([1, 0])
    for dtype in (np.float32, np.float64):
        node = dr.one_hot(labels, 2) * dr.parameter(np.ones((2, 2)))
        assert dr.backprop(node, dtype=dtype).values[node].dtype == dtype


def test_concatenate_and_reshape_by_hand():
    a, b = dr.parameter([[1.0], [2.0]]), dr.parameter([[3.0, 4.0], [5.0, 6.0]])
    joined = dr.concatenate([a, b], axis=1)
    run = dr.backprop(dr.sum(dr.reshape(joined, (6,)) * np.arange(6.0)))
    assert run.value(joined).tolist() == [[1, 3, 4], [2, 5, 6]]
    assert run.gradient(a).tolist() == [[0], [3]]
    assert run.gradient(b).tolist() == [[1, 2], [4, 5]]
