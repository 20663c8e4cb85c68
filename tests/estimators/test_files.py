import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

import deltarule as dr
from deltarule.errors import InputError, ModelError


def classifier(**options):
    return dr.NetworkClassifier((5,), epochs=2, random_state=0, threads=1, **options)


def test_what_is_loaded_predicts_the_same(tmp_path, blobs):
    X, y = blobs
    for number, names in enumerate([y, np.array(["a", "b", "c"])[y], np.array(["a", "b", "c"], object)[y], y > 0]):
        model = classifier(update_rule=dr.Momentum(0.05), class_weight={0: 2.0}, schedule=dr.CosineDecay(0.1))
        model.fit(X, names).save(tmp_path / str(number))
        loaded = dr.load(tmp_path / str(number))
        assert type(loaded) is dr.NetworkClassifier
        assert loaded.get_params() == model.get_params()
        assert loaded.classes_.tolist() == model.classes_.tolist()
        assert loaded.predict(X).dtype == model.predict(X).dtype
        np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))


def test_a_regressor_with_categories_missing_numbers_and_two_outputs(tmp_path):
    X = pd.DataFrame({"x": [1.0, np.nan, 3.0, 4.0], "kind": ["a", "b", None, "a"]})
    model = dr.NetworkRegressor((3,), categorical=["kind"], missing="mean", epochs=2, threads=1)
    model.fit(X, [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 9.0]]).save(tmp_path / "model")
    loaded = dr.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))
    with pytest.raises(ValueError, match="feature names"):
        loaded.predict(X.rename(columns={"x": "z"}))


def test_sparse_models_and_labels_are_kept(tmp_path):
    X = scipy.sparse.csr_array(np.eye(4))
    model = classifier().fit(X, [[0, 1], [1, 0], [1, 1], [0, 0]])
    model.save(tmp_path / "model")
    np.testing.assert_array_equal(dr.load(tmp_path / "model").predict_proba(X), model.predict_proba(X))


def test_a_directory_holds_config_and_weights_and_nothing_else(tmp_path, blobs):
    model = classifier().fit(*blobs)
    model.save(tmp_path / "model")
    model.save(tmp_path / "model")  # replaces it
    assert sorted(path.name for path in (tmp_path / "model").iterdir()) == ["config.json", "weights.safetensors"]
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_nothing_is_written_where_something_else_is(tmp_path, blobs):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="exists and is no deltarule model"):
        classifier().fit(*blobs).save(tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_what_is_not_fitted_cannot_be_saved(tmp_path):
    with pytest.raises(ValueError, match="not fitted"):
        classifier().save(tmp_path / "model")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 99}, "has model format 99"),
        ({"kind": "Forest"}, "holds a 'Forest', which this version"),
        ({"state": {}}, "config.json lacks or garbles 'architecture'"),
    ],
)
def test_damaged_models_are_refused(tmp_path, blobs, change, message):
    classifier().fit(*blobs).save(tmp_path / "model")
    file = tmp_path / "model" / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **change}))
    with pytest.raises(ModelError, match=message):
        dr.load(tmp_path / "model")


def test_a_tagger_is_not_read_from_an_estimator(tmp_path, blobs):
    classifier().fit(*blobs).save(tmp_path / "model")
    with pytest.raises(ModelError, match="holds a NetworkClassifier, not a tagger"):
        dr.Tagger.load(tmp_path / "model")


def test_cut_weights_are_refused(tmp_path, blobs):
    classifier().fit(*blobs).save(tmp_path / "model")
    file = tmp_path / "model" / "weights.safetensors"
    file.write_bytes(file.read_bytes()[:-8])
    with pytest.raises(ModelError, match="cannot be read"):
        dr.load(tmp_path / "model")


def test_importing_deltarule_does_not_import_scikit_learn():
    code = "import deltarule, sys; sys.exit('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_without_scikit_learn_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(
        ImportError, match=r"NetworkClassifier needs scikit-learn: pip install 'deltarule\[estimators\]'"
    ):
        dr.NetworkClassifier  # noqa: B018
    assert "NetworkRegressor" in dir(dr)
