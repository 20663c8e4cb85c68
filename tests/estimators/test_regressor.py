import numpy as np
import pytest
from sklearn.linear_model import Ridge

import deltarule as dr
from deltarule.errors import InputError


def small(**options):
    return dr.NetworkRegressor(
        **{
            "hidden": (16,),
            "activation": "tanh",
            "epochs": 100,
            "learning_rate": 0.03,
            "random_state": 0,
            "threads": 1,
            **options,
        }
    )


@pytest.fixture
def wave():
    x = np.linspace(-2, 2, 128)[:, None]
    return x, 1000 + 50 * np.sin(2 * x[:, 0])


@pytest.mark.parametrize("objective", ["squared", "absolute", "huber", dr.HuberError(0.5)], ids=str)
def test_a_wave_is_followed_whatever_its_unit(wave, objective):
    assert small(objective=objective, epochs=200).fit(*wave).score(*wave) > 0.97


def test_without_hidden_layers_it_is_ridge_regression():
    random = np.random.default_rng(0)
    X = random.normal(size=(100, 3))
    y = 5 + X @ [1.0, -2.0, 3.0] + random.normal(size=100)
    # Theirs: ‖y − Xw‖² + α ‖w‖², on y as it is; ours: the mean of ½ (·)² + ½ λ ‖w‖², so α = n λ.
    theirs = Ridge(alpha=100 * 0.2).fit(X, y)
    ours = small(hidden=(), l2=0.2, batch=100, epochs=500, learning_rate=0.05, schedule="cosine").fit(X, y)
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), atol=1e-2)


def test_the_absolute_error_finds_the_median_and_the_squared_the_mean():
    X, y = np.zeros((90, 1)), np.repeat([0.0, 1.0, 10.0], 30)
    options = {"hidden": (), "batch": 90, "epochs": 600, "schedule": "linear"}
    found = {
        objective: float(small(objective=objective, **options).fit(X, y).predict(X)[0])
        for objective in ("absolute", "squared")
    }
    assert found == {"absolute": pytest.approx(1.0, abs=0.1), "squared": pytest.approx(11 / 3, abs=0.01)}


def test_several_numbers_an_example_keep_their_shape(wave):
    x, y = wave
    both = np.column_stack([y, -0.001 * y])
    model = small().fit(x, both)
    assert model.predict(x).shape == (128, 2)
    assert model.score(x, both) > 0.95
    assert small(epochs=1).fit(x, y[:, None]).predict(x).shape == (128, 1)


def test_whole_weights_are_repeated_rows_to_the_last_bit(wave):
    x, y = wave[0][:10], wave[1][:10]
    weights = np.arange(10) % 4
    weighed = small(epochs=5).fit(x, y, sample_weight=weights)
    repeated = small(epochs=5).fit(x.repeat(weights, axis=0), y.repeat(weights))
    np.testing.assert_array_equal(weighed.predict(x), repeated.predict(x))


def test_early_stopping_and_partial_fit(wave):
    assert small(early_stopping=True, epochs=500, patience=5).fit(*wave).n_iter_ < 500
    model = small()
    for _ in range(100):
        model.partial_fit(*wave)
    assert model.score(*wave) > 0.9


def test_words_are_no_numbers(wave):
    with pytest.raises(ValueError, match=r"could not convert string to float|must hold numbers"):
        small().fit(wave[0], ["a"] * 128)


def test_an_unknown_objective_is_refused(wave):
    with pytest.raises(InputError, match="unknown objective 'mse'; choose one of: squared, absolute, huber"):
        small(objective="mse").fit(*wave)
