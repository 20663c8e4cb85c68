"""Trainings side by side, on the sample corpus."""

from benchmarks.apart import rate, rates_apart


def test_each_core_trains_by_itself():
    apart = rates_apart(None, 512, "softmax", 2, seconds=0.05)
    assert len(apart) == 2
    assert min(*apart, rate(None, 512, "softmax", seconds=0.05)) > 1000
