import numpy as np

import deltarule as dr
from deltarule.checking.feeds import complete_feeds
from deltarule.graph import topological_order


def drawn(output, feeds=None, seed=0):
    return complete_feeds(topological_order([output]), feeds or {}, np.random.default_rng(seed))


def test_numbers_are_normal_and_names_have_one_size():
    x, y = dr.input("x", ("batch", 300)), dr.input("y", ("batch", 300))
    feeds = drawn(x * y)
    assert feeds[x].shape == feeds[y].shape == (5, 300)
    assert abs(feeds[x].mean()) < 0.1
    assert abs(feeds[x].std() - 1) < 0.1


def test_fed_arrays_set_the_sizes():
    x, y = dr.input("x", ("batch", 3)), dr.input("y", ("batch", 3))
    array = np.ones((7, 3))
    for key in ("x", x):
        feeds = drawn(x * y, {key: array})
        assert feeds[key] is array
        assert feeds[y].shape == (7, 3)


def test_ids_and_labels_stay_in_the_range_of_every_consumer():
    table, scores = dr.parameter(np.ones((9, 2))), dr.parameter(np.ones((200, 4)))
    ids, labels = dr.input("ids", (200,), integer=True), dr.input("labels", (200,), integer=True)
    node = dr.sum(dr.row_lookup(table, ids)) + dr.sum(dr.pick(scores, labels)) + dr.sum(dr.one_hot(labels, 3))
    feeds = drawn(node)
    assert set(feeds[ids].tolist()) == set(range(9))
    assert set(feeds[labels].tolist()) == set(range(3))  # of one_hot, which accepts the fewest


def test_rows_of_a_computed_table():
    forms = dr.concatenate([dr.input("forms", ("forms", 2)), dr.parameter(np.ones((1, 2)))], axis=0)
    positions = dr.input("positions", (400,), integer=True)
    assert forms.shape == ("forms+1", 2)
    assert drawn(dr.row_lookup(forms, positions))[positions].max() == 5
    assert drawn(dr.row_lookup(forms, positions), {"forms": np.ones((2, 2))})[positions].max() == 2


def test_the_seed_decides():
    x = dr.input("x", (4,))
    np.testing.assert_array_equal(drawn(x, seed=3)[x], drawn(x, seed=3)[x])
    assert not np.array_equal(drawn(x, seed=3)[x], drawn(x, seed=4)[x])
