"""Sparse rows: the results of whole ones, in memory that follows the entries."""

import tracemalloc

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

import deltarule as dr
from deltarule.errors import InputError
from deltarule.estimators.architecture import Architecture
from deltarule.estimators.examples import Examples


def rows(random, count=40, columns=12):
    """Whole rows, most of whose entries are zero; the last row has none."""
    whole = random.normal(size=(count, columns)) * (random.uniform(size=(count, columns)) < 0.2)
    whole[-1] = 0
    return whole.astype(np.float32)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 999), hidden=st.sampled_from([(), (5,), (4, 3)]))
def test_loss_and_gradients_are_those_of_whole_rows(seed, hidden):
    random = np.random.default_rng(seed)
    whole, labels = rows(random), random.integers(0, 3, 40)
    gradients = []
    for sparse in (False, True):
        network = Architecture(12, (), sparse, hidden, "tanh", 0.0, 3).network(seed)
        loss = dr.SoftmaxCrossEntropy().loss(network)
        feeds = {**Examples(whole).kept_as(sparse).feeds(), "targets": labels}
        run = dr.backprop(loss, feeds)
        first = "hidden1.weight" if hidden else "output.weight"
        own = {name: run.gradient(parameter) for name, parameter in network.parameters.items()}
        gradients.append({**own, first: own[first].T if sparse else own[first], "loss": run.value(loss)})
    for name, gradient in gradients[0].items():
        np.testing.assert_allclose(gradients[1][name], gradient, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("rule", ["sgd", "adagrad"])
def test_training_is_that_on_whole_rows_where_a_rule_leaves_alone_what_has_no_gradient(rule):
    random = np.random.default_rng(0)
    whole = rows(random)
    labels = (whole.sum(axis=1) > 0).astype(int)
    options = {"update_rule": rule, "learning_rate": 0.1, "batch": 16, "epochs": 5, "random_state": 0, "threads": 1}
    dense = dr.NetworkClassifier((6,), **options).fit(whole, labels)
    sparse = dr.NetworkClassifier((6,), **options).fit(scipy.sparse.csr_array(whole), labels)
    for X in (whole, scipy.sparse.csr_matrix(whole), scipy.sparse.coo_array(whole)):
        np.testing.assert_allclose(sparse.decision_function(X), dense.decision_function(X), rtol=1e-4, atol=1e-5)


def test_an_l2_penalty_on_sparse_rows_is_that_on_whole_ones():
    random = np.random.default_rng(1)
    whole = rows(random)
    y = whole.sum(axis=1)
    options = {"update_rule": "sgd", "learning_rate": 0.1, "l2": 0.1, "epochs": 5, "random_state": 0, "threads": 1}
    dense = dr.NetworkRegressor((6,), **options).fit(whole, y)
    sparse = dr.NetworkRegressor((6,), **options).fit(scipy.sparse.csr_array(whole), y)
    np.testing.assert_allclose(sparse.predict(whole), dense.predict(whole), rtol=1e-4, atol=1e-5)


def test_memory_follows_the_entries_and_not_the_columns_times_the_rows():
    count, columns, each = 4000, 20_000, 10  # 320 MB in single precision, if zeros were kept
    random = np.random.default_rng(0)
    entries = (
        random.normal(size=count * each),
        random.integers(0, columns, count * each),
        np.arange(0, count * each + 1, each),
    )
    X = scipy.sparse.csr_array(entries, shape=(count, columns))
    y = random.integers(0, 2, count)
    model = dr.NetworkClassifier((4,), epochs=1, threads=1)
    tracemalloc.start()
    try:
        model.fit(X, y).predict(X)
        model.partial_fit(X, y, classes=[0, 1])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 30e6


def test_partial_fit_takes_whole_rows_after_sparse_ones_and_the_other_way_round():
    random = np.random.default_rng(2)
    whole = rows(random)
    y = whole[:, 0]
    for first, second in ((whole, scipy.sparse.csr_array(whole)), (scipy.sparse.csr_array(whole), whole)):
        model = dr.NetworkRegressor((3,), update_rule="sgd", random_state=0, threads=1)
        mixed = model.partial_fit(first, y).partial_fit(second, y).predict(whole)
        model = dr.NetworkRegressor((3,), update_rule="sgd", random_state=0, threads=1)
        np.testing.assert_allclose(model.partial_fit(first, y).partial_fit(first, y).predict(whole), mixed, rtol=1e-5)


def test_missing_entries_are_refused_or_get_the_mean_of_their_column():
    X = scipy.sparse.csr_array([[1.0, 0.0], [np.nan, 2.0], [5.0, 0.0]])
    with pytest.raises(ValueError, match="NaN"):
        dr.NetworkRegressor().fit(X, [0, 1, 2])
    filled = np.array([[1.0, 0.0], [3.0, 2.0], [5.0, 0.0]])
    own = dr.NetworkRegressor(missing="mean", epochs=2, random_state=0, threads=1).fit(X, [0, 1, 2])
    np.testing.assert_array_equal(own.predict(X), own.predict(filled))


def test_sparse_columns_cannot_be_categorical():
    with pytest.raises(InputError, match="categorical columns cannot be columns of a sparse matrix"):
        dr.NetworkRegressor(categorical=[0]).fit(scipy.sparse.csr_array(np.eye(3)), [0, 1, 2])
