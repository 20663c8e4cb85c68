"""Frames, categories and missing numbers."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import deltarule as dr
from deltarule.errors import InputError

NAMES = ["age", "city", "income", "owner"]


def columns(rows=60):
    random = np.random.default_rng(0)
    return {
        "age": random.normal(size=rows),
        "city": random.choice(["Bonn", "Köln", "Ulm"], rows),
        "income": random.normal(size=rows),
        "owner": random.choice([True, False], rows),
    }


def targets(data):
    return (data["city"] == "Ulm").astype(int)


def model(**options):
    settings = {"hidden": (8,), "epochs": 30, "learning_rate": 0.05, "categorical": ["city", "owner"]}
    return dr.NetworkClassifier(**{**settings, "random_state": 0, "threads": 1, **options})


def as_array(data):
    return np.array([data[name].tolist() for name in NAMES], object).T


FRAMES = [pd.DataFrame, pl.DataFrame]


@pytest.mark.parametrize("frame", FRAMES)
def test_categories_are_learned_from_frames(frame):
    data = columns()
    fitted = model().fit(frame(data), targets(data))
    assert fitted.score(frame(data), targets(data)) == 1
    assert fitted.feature_names_in_.tolist() == NAMES
    assert fitted._columns.categories == [["Bonn", "Köln", "Ulm"], [False, True]]
    assert fitted.network_.parameters["category1.vectors"].shape == (4, 2)


def test_frames_and_arrays_of_the_same_values_train_the_same():
    data = columns()
    scores = [model(epochs=2).fit(frame(data), targets(data)).decision_function(frame(data)) for frame in FRAMES]
    by_place = model(epochs=2, categorical=[1, -1]).fit(as_array(data), targets(data))
    for other in (scores[1], by_place.decision_function(as_array(data))):
        np.testing.assert_array_equal(scores[0], other)


@settings(max_examples=10, deadline=None)
@given(order=st.permutations(NAMES))
def test_categories_named_follow_their_columns_wherever_they_stand(order):
    data = columns()
    fitted = model(epochs=1).fit(pd.DataFrame(data)[order], targets(data))
    known = dict(zip(fitted._columns.categorical, fitted._columns.categories, strict=True))
    assert known == {order.index("city"): ["Bonn", "Köln", "Ulm"], order.index("owner"): [False, True]}
    if order != NAMES:
        with pytest.raises(ValueError, match="in the same order"):
            fitted.predict(pd.DataFrame(data))


def test_values_that_training_did_not_know_and_missing_ones_are_the_same():
    data = columns()
    fitted = model().fit(pd.DataFrame(data), targets(data))
    strange = pd.DataFrame({**data, "city": ["Rom"] * 60})
    missing = pl.DataFrame({**data, "city": [None] * 60}, schema_overrides={"city": pl.String})
    np.testing.assert_array_equal(fitted.decision_function(strange), fitted.decision_function(missing))


def test_a_missing_category_is_one_where_training_has_it():
    data = columns()
    city = np.where(targets(data), None, data["city"])
    fitted = model().fit(pd.DataFrame({**data, "city": city}), targets(data))
    assert fitted._columns.categories[0] == [None, "Bonn", "Köln"] or fitted._columns.categories[0][-1] != "Ulm"
    assert fitted.score(pd.DataFrame({**data, "city": city}), targets(data)) == 1


def test_only_categories_and_nothing_else():
    data = {name: columns()[name] for name in ("city", "owner")}
    assert model().fit(pd.DataFrame(data), targets(data)).score(pd.DataFrame(data), targets(data)) == 1


@pytest.mark.parametrize("frame", FRAMES)
def test_missing_numbers_are_refused_by_the_name_of_their_column(frame):
    data = columns()
    data["income"][3] = np.nan
    with pytest.raises(InputError, match="column 'income' contains NaN; fill it, or set missing='mean'"):
        model().fit(frame(data), targets(data))


def test_missing_numbers_get_the_mean_of_their_column_in_training():
    X = np.array([[1.0, 5.0], [3.0, np.nan], [np.nan, 7.0], [5.0, 9.0]])
    filled = np.where(np.isnan(X), [3.0, 7.0], X)
    own = dr.NetworkRegressor((4,), epochs=3, missing="mean", random_state=0, threads=1).fit(X, [0, 1, 2, 3])
    whole = dr.NetworkRegressor((4,), epochs=3, random_state=0, threads=1).fit(filled, [0, 1, 2, 3])
    np.testing.assert_array_equal(own.predict([[np.nan, np.nan]]), whole.predict([[3.0, 7.0]]))
    with pytest.raises(ValueError, match="contains NaN"):
        whole.predict(X)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"categorical": ["owner"]}, r"column 'city' does not hold numbers; name it in categorical=\[...\]"),
        ({"categorical": ["town"]}, "there is no column 'town' to be categorical; the columns are: age, city"),
        ({"categorical": [4]}, "categorical column 4 is outside the 4 columns"),
    ],
)
def test_columns_that_cannot_be_read_are_named(options, message):
    data = columns()
    with pytest.raises(InputError, match=message):
        model(**options).fit(pd.DataFrame(data), targets(data))


def test_numbers_beyond_single_precision_are_refused():
    with pytest.raises(InputError, match="too large for single precision"):
        dr.NetworkRegressor().fit([[1e300], [0.0]], [0, 1])
