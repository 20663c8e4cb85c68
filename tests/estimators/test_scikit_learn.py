"""scikit-learn's own checks of what calls itself an estimator: all of them, none skipped, none expected to fail."""

import os
import pickle
import subprocess
import sys

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import deltarule as dr

CHECKS = """
import sys, warnings
warnings.simplefilter("ignore")
import deltarule as dr
from sklearn.utils.estimator_checks import check_estimator
results = check_estimator(getattr(dr, sys.argv[1])(threads=1), on_skip=None, on_fail="raise")
assert {result["status"] for result in results} == {"passed"}, results
print(len(results))
"""


@pytest.mark.parametrize("name", ["NetworkClassifier", "NetworkRegressor"])
def test_every_check_passes_and_none_is_skipped(name):
    # In a process of its own, as one check asks for a variable that SciPy reads when it is imported.
    environment = {**os.environ, "SCIPY_ARRAY_API": "1"}
    command = [sys.executable, "-c", CHECKS, name]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 45


def test_they_work_in_a_pipeline_under_a_grid_search(blobs):
    X, y = blobs
    pipeline = make_pipeline(StandardScaler(), dr.NetworkClassifier(epochs=20, random_state=0, threads=1))
    grid = {"networkclassifier__hidden": [(4,), (8, 4)], "networkclassifier__learning_rate": [0.03]}
    search = GridSearchCV(pipeline, grid, cv=3).fit(100 * X, y)
    assert search.best_score_ > 0.85
    assert search.best_estimator_[-1].network_.output.shape == ("batch", 3)


def test_a_regressor_works_under_cross_validation_and_transformed_targets():
    x = np.linspace(-2, 2, 120)[:, None]
    model = dr.NetworkRegressor((16,), activation="tanh", learning_rate=0.03, random_state=0, threads=1)
    y = np.exp(np.sin(2 * x[:, 0]))
    scores = cross_val_score(
        TransformedTargetRegressor(model, func=np.log, inverse_func=np.exp), x[::-1], y[::-1], cv=2
    )
    assert scores.shape == (2,)
    assert TransformedTargetRegressor(model, func=np.log, inverse_func=np.exp).fit(x, y).score(x, y) > 0.98


@pytest.mark.parametrize("partial", [False, True], ids=["fit", "partial_fit"])
def test_a_pickle_predicts_the_same_and_trains_on_as_the_original_would(blobs, partial):
    X, y = blobs
    model = dr.NetworkClassifier((6,), epochs=3, dropout=0.2, random_state=0, threads=1)
    model = model.partial_fit(X, y, classes=[0, 1, 2]) if partial else model.fit(X, y)
    copy = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(copy.predict_proba(X), model.predict_proba(X))
    if partial:
        for one in (model, copy):
            one.partial_fit(X, y)
        np.testing.assert_array_equal(copy.predict_proba(X), model.predict_proba(X))


def test_a_clone_has_the_settings_and_nothing_that_was_trained(blobs):
    model = dr.NetworkClassifier((6,), update_rule=dr.Momentum(0.1), epochs=2, threads=1).fit(*blobs)
    again = clone(model)
    assert again.get_params() == model.get_params()
    assert not hasattr(again, "network_")
