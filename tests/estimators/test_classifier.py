import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

import deltarule as dr
from deltarule.errors import InputError


def small(**options):
    return dr.NetworkClassifier(
        **{"hidden": (8,), "epochs": 60, "learning_rate": 0.03, "random_state": 0, "threads": 1, **options}
    )


@pytest.mark.parametrize("objective", ["softmax", "max-margin", dr.MultiClassMaxMargin(0.5)], ids=str)
def test_clusters_are_told_apart(blobs, objective):
    X, y = blobs
    names = np.array(["red", "green", "blue"])[y]
    model = small(objective=objective).fit(X, names)
    assert model.classes_.tolist() == ["blue", "green", "red"]
    assert model.score(X, names) > 0.9
    assert model.decision_function(X).shape == (150, 3)


def test_without_hidden_layers_it_is_logistic_regression(blobs):
    X, y = blobs
    theirs = LogisticRegression(C=1 / (0.05 * 150), tol=1e-8).fit(X, y)
    ours = small(hidden=(), l2=0.05, batch=150, epochs=400, learning_rate=0.1, schedule="cosine").fit(X, y)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=2e-3)


def test_scores_of_two_classes_are_one_number_each(blobs):
    X, y = blobs
    model = small(epochs=5).fit(X, y > 0)
    scores, probabilities = model.decision_function(X), model.predict_proba(X)
    assert scores.shape == (150,)
    np.testing.assert_allclose(probabilities[:, 1], 1 / (1 + np.exp(-scores)))
    np.testing.assert_array_equal(model.predict(X), scores > 0)


def test_a_margin_gives_no_probabilities(blobs):
    model = small(objective="max-margin", epochs=1).fit(*blobs)
    assert not hasattr(model, "predict_proba")
    with pytest.raises(AttributeError, match="predict_proba"):
        model.predict_proba(blobs[0])


@pytest.mark.parametrize("objective", ["softmax", "max-margin"])
def test_several_labels_an_example(objective):
    X = np.random.default_rng(0).normal(size=(200, 3))
    y = (X @ [[1, 0], [0, 1], [1, -1]] > 0).astype(int)
    model = small(objective=objective).fit(X, y)
    assert model.predict(X).shape == (200, 2)
    assert (model.predict(X) == y).mean() > 0.95
    if objective == "softmax":
        np.testing.assert_allclose(model.predict_proba(X), 1 / (1 + np.exp(-model.decision_function(X))))


def test_balanced_classes_weigh_the_same(blobs):
    X, y = blobs
    rare = np.flatnonzero((y != 0) | (np.arange(150) < 12))
    counts = np.bincount(y[rare])
    balanced = small(epochs=3, class_weight="balanced").fit(X[rare], y[rare])
    weighed = small(epochs=3).fit(X[rare], y[rare], sample_weight=(len(rare) / (3 * counts))[y[rare]])
    np.testing.assert_array_equal(balanced.predict_proba(X), weighed.predict_proba(X))


def test_a_dict_of_weights_is_that_of_its_examples(blobs):
    X, y = blobs
    named = small(epochs=3, class_weight={1: 5.0}).fit(X, y)
    weighed = small(epochs=3).fit(X, y, sample_weight=np.where(y == 1, 5.0, 1.0))
    np.testing.assert_array_equal(named.predict_proba(X), weighed.predict_proba(X))


@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_whole_weights_are_repeated_rows_to_the_last_bit_in_any_order(data):
    weights = np.array(data.draw(st.lists(st.integers(0, 3), min_size=9, max_size=9).filter(any)))
    random = np.random.default_rng(data.draw(st.integers(0, 99)))
    X, y = random.normal(size=(9, 4)), random.integers(0, 3, 9)
    order = random.permutation(weights.sum())
    weighed = small(epochs=5).fit(X, y, sample_weight=weights)
    repeated = small(epochs=5).fit(X.repeat(weights, axis=0)[order], y.repeat(weights)[order])
    np.testing.assert_array_equal(weighed.decision_function(X), repeated.decision_function(X))


def test_only_the_proportions_of_weights_matter_in_many_batches(blobs):
    X, y = blobs
    weights = np.random.default_rng(1).uniform(0.5, 2, 150)
    first, second = (small(epochs=3, batch=16).fit(X, y, sample_weight=scale * weights) for scale in (1, 4))
    np.testing.assert_array_equal(first.predict_proba(X), second.predict_proba(X))


def test_it_stops_early_and_keeps_the_best_epoch(blobs):
    X, y = blobs
    model = small(early_stopping=True, epochs=200, patience=3, validation_fraction=0.2).fit(X, y)
    best = model.history_.best
    assert model.n_iter_ == best.number + 3 < 200
    assert best.score == max(epoch.score for epoch in model.history_.epochs)


def test_partial_fit_takes_the_steps_of_one_epoch(blobs):
    X, y = blobs
    model = small(batch=50)
    for _ in range(60):
        model.partial_fit(X, y, classes=[0, 1, 2, 9])
    assert model.n_iter_ == 60
    assert model.score(X, y) > 0.9
    assert model.predict_proba(X).shape == (150, 4)
    with pytest.raises(InputError, match="y has the class 7"):
        model.partial_fit(X, np.full(150, 7))


def test_results_depend_on_the_seed_and_not_on_threads(blobs):
    one, two, other = (
        small(epochs=2, dropout=0.3, **options).fit(*blobs).decision_function(blobs[0])
        for options in ({"threads": 1}, {"threads": 2}, {"random_state": 5})
    )
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"objective": "hinge"}, "unknown objective 'hinge'; choose one of: softmax, max-margin"),
        ({"batch": 0}, "batch must be at least 1, not 0"),
        ({"dropout": 1.0}, "dropout is a rate at least 0 and below 1"),
        ({"missing": "drop"}, "missing must be 'error' or 'mean'"),
        ({"activation": "gelu"}, "unknown activation 'gelu'"),
        ({"update_rule": dr.Adam(), "learning_rate": 0.1}, "learning_rate is that of the update rule"),
        ({"class_weight": {0: -1.0}}, "class weights must not be negative"),
        ({"objective": dr.MaxMargin()}, "must compare outputs with targets"),
        ({"early_stopping": True, "validation_fraction": 1.5}, "validation_fraction must be between 0 and 1"),
    ],
)
def test_bad_settings_are_refused_when_training_begins(blobs, options, message):
    with pytest.raises(InputError, match=message):
        small(**options).fit(*blobs)


def test_negative_weights_are_refused(blobs):
    with pytest.raises(InputError, match="must not be negative; the least is -1"):
        small().fit(*blobs, sample_weight=np.where(blobs[1] == 0, -1.0, 1.0))


def test_the_first_partial_fit_needs_all_classes(blobs):
    with pytest.raises(InputError, match=r"must be told all classes: classes=\[...\]"):
        small().partial_fit(*blobs)
