import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deltarule.errors import InputError
from deltarule.networks.activations import ACTIVATIONS
from deltarule.networks.initialisation import INITIALISATIONS, glorot, he, initialisation_for

VARIANCES = {
    "glorot": lambda inputs, outputs: 2 / (inputs + outputs),
    "he": lambda inputs, outputs: 2 / inputs,
}


@pytest.mark.parametrize("name", INITIALISATIONS)
@settings(max_examples=25, deadline=None)
@given(inputs=st.integers(1, 30), outputs=st.integers(1, 30), seed=st.integers(0, 2**32 - 1))
def test_weights_have_a_row_for_each_output_and_stay_within_the_bound_of_their_variance(name, inputs, outputs, seed):
    weight = INITIALISATIONS[name](inputs, outputs, np.random.default_rng(seed))
    assert weight.shape == (outputs, inputs)
    # A uniform distribution within ±b has the variance b² / 3.
    assert np.abs(weight).max() <= np.sqrt(3 * VARIANCES[name](inputs, outputs))


@pytest.mark.parametrize("name", INITIALISATIONS)
@pytest.mark.parametrize(("inputs", "outputs"), [(200, 100), (50, 400)])
def test_weights_have_mean_0_and_the_variance_of_their_formula(name, inputs, outputs):
    weight = INITIALISATIONS[name](inputs, outputs, np.random.default_rng(1))
    variance = VARIANCES[name](inputs, outputs)
    # 20000 draws: the mean's standard error is sd / 141, the variance's relative one √0.8 / 141.
    assert abs(weight.mean()) < 4 * np.sqrt(variance) / 141
    assert weight.var() == pytest.approx(variance, rel=0.025)
    assert np.abs(weight).max() > 0.99 * np.sqrt(3 * variance)


@pytest.mark.parametrize("name", INITIALISATIONS)
def test_the_generator_alone_decides_the_weights(name):
    first, again, other = (INITIALISATIONS[name](4, 3, np.random.default_rng(seed)) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_he_keeps_the_mean_square_of_rectified_signals_through_ten_layers():
    random = np.random.default_rng(0)
    activation = random.normal(size=(50, 300))
    before = (activation**2).mean()
    for _ in range(10):
        activation = np.maximum(0, activation @ he(300, 300, random).T) * 1.0
    # E[relu(z)²] = E[z²] / 2 and E[z²] = 300 · (2 / 300) · E[a²].
    assert (activation**2).mean() == pytest.approx(before, rel=0.5)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_rectified_units_begin_as_he_and_all_others_as_glorot(activation):
    assert initialisation_for(activation, None) is (he if "relu" in activation else glorot)


@pytest.mark.parametrize("name", INITIALISATIONS)
def test_a_named_initialisation_is_used_whatever_the_activation(name):
    assert initialisation_for("relu", name) is initialisation_for("tanh", name) is INITIALISATIONS[name]


def test_an_unknown_initialisation_is_refused_and_the_known_ones_are_listed():
    with pytest.raises(InputError) as raised:
        initialisation_for("tanh", "xavier")
    assert str(raised.value) == f"unknown initialisation 'xavier'; choose one of: {', '.join(INITIALISATIONS)}"
