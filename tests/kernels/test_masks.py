"""Masks of dropout are functions of a seed and of the numbers of entries."""

import numpy as np
import pytest

from deltarule.kernels import instructions as do


def mixed(seed, numbers):
    """The 32-bit hash, in whole numbers of any size."""
    found = []
    for number in numbers:
        bits = (number * 0x9E3779B9 + seed) % 2**32
        bits = (bits ^ bits >> 16) * 0x7FEB352D % 2**32
        bits = (bits ^ bits >> 15) * 0x846CA68B % 2**32
        found.append(bits ^ bits >> 16)
    return np.array(found, float)


@pytest.mark.parametrize("seed", [0, 7, -5, 2**31 - 1])
@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("slices", [1, 3])
@pytest.mark.parametrize("count", [0, 1, 15, 16, 17, 100])
def test_an_entry_is_kept_where_its_random_bits_are_at_least_the_rate(run, normal, count, slices, rate, seed):
    x, y = normal(count), normal(count)
    kept = mixed(seed, range(count)) >= np.floor(rate * 2**32)
    run(do.MASK, x, y, count, seed, numbers=[rate], slices=slices)
    np.testing.assert_allclose(y, np.where(kept, x / (1 - rate), 0), rtol=1e-6)
    run(do.MASK, x, x, count, seed, numbers=[rate], slices=slices)
    np.testing.assert_array_equal(x, y)
