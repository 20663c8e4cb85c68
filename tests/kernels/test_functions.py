import numpy as np
import pytest
from numba import float32, njit, void

from deltarule.kernels import functions


def sigmoid(z):
    return np.where(z < 0, np.exp(-np.abs(z)), 1) / (1 + np.exp(-np.abs(z)))


REFERENCES = {
    "exp": np.exp,
    "hard_tanh": lambda z: np.clip(z, -1, 1),
    "leaky_relu": lambda z: np.where(z > 0, z, z * 0.01),
    "relu": lambda z: np.maximum(z, 0),
    "sigmoid": sigmoid,
    "soft_sign": lambda z: z / (1 + np.abs(z)),
    "tanh": np.tanh,
}
MOST_ULPS = {"exp": 1.1, "hard_tanh": 0.5, "leaky_relu": 1, "relu": 0.5, "sigmoid": 2.5, "soft_sign": 1.5, "tanh": 4.5}


@pytest.fixture(scope="module", params=sorted(REFERENCES))
def name(request):
    return request.param


@pytest.fixture(scope="module")
def applied(name):
    """The function over an array, compiled as kernels are."""
    function = getattr(functions, name)

    @njit(void(float32[::1], float32[::1]), error_model="numpy", fastmath={"reassoc", "contract", "nsz", "arcp"})
    def apply(x, y):
        for i in range(len(x)):
            y[i] = function(x[i])

    return apply


def values(apply, x):
    y = np.empty_like(x)
    apply(x, y)
    return y


def test_every_function_is_tested():
    assert sorted(functions.__all__) == sorted(REFERENCES)


def test_values_are_right_to_a_few_units_in_the_last_place(name, applied):
    tiny = np.geomspace(1e-30, 1, 5_000)
    x = np.concatenate([np.linspace(-87, 88.7, 100_001), np.linspace(-9, 9, 50_001), tiny, -tiny]).astype(np.float32)
    expected = REFERENCES[name](x.astype(np.float64))
    off = np.abs(values(applied, x) - expected) / np.spacing(np.abs(expected).astype(np.float32))
    assert off.max() <= MOST_ULPS[name]


def test_nan_stays_nan_and_the_ends_are_limits(name, applied):
    x = np.array([np.nan, np.inf, -np.inf, 1e30, -1e30, 0.0], np.float32)
    got = values(applied, x)
    with np.errstate(over="ignore", invalid="ignore"):
        np.testing.assert_allclose(got, REFERENCES[name](x.astype(np.float64)).astype(np.float32), rtol=2e-7)


def test_exponentials_too_small_for_normal_numbers_fade_to_zero():
    @njit(void(float32[::1], float32[::1]), error_model="numpy")
    def apply(x, y):
        for i in range(len(x)):
            y[i] = functions.exp(x[i])

    x = np.linspace(-110, -87, 1000, dtype=np.float32)
    np.testing.assert_allclose(values(apply, x), np.exp(x.astype(np.float64)), rtol=0, atol=2e-45)
