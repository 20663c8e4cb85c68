import threading

import pytest

import deltarule as dr
from deltarule.lab import checks
from deltarule.lab.sessions import BusyError


@pytest.fixture
def network():
    network = dr.Network([dr.Dense(3, 4, activation="tanh"), dr.Dense(4, 2)])
    return dr.SoftmaxCrossEntropy().loss(network), {"inputs": [[0.1, 0.2, 0.3]], "targets": [1]}


def test_the_report_is_the_library_s_own(network):
    loss, feeds = network
    report, expected = (
        checks.checked(loss, feeds, 5, 3),
        dr.gradient_check(loss, feeds=feeds, sample=5, seed=3).as_dict(),
    )
    assert report["parameters"] == expected["parameters"]
    assert report["passed"]


def test_a_check_that_would_take_too_long_is_refused_before_it_begins(network, monkeypatch):
    monkeypatch.setattr(checks, "LIMITS", checks.LIMITS.__class__(check_seconds=0.0))
    with pytest.raises(dr.InputError, match="this check would take about 0 seconds"):
        checks.checked(*network, 5, 0)
    monkeypatch.undo()
    assert checks.checked(*network, 5, 0)["passed"]  # the next may begin


def test_two_checks_do_not_run_at_once(network, monkeypatch):
    begun, may_end = threading.Event(), threading.Event()
    right = checks.gradient_check

    def waiting(*arguments, **settings):
        begun.set()
        may_end.wait()
        return right(*arguments, **settings)

    monkeypatch.setattr(checks, "gradient_check", waiting)
    first = threading.Thread(target=checks.checked, args=(*network, 5, 0))
    first.start()
    begun.wait()
    with pytest.raises(BusyError, match="another check is running"):
        checks.checked(*network, 5, 0)
    may_end.set()
    first.join()
    assert checks.checked(*network, 5, 0)["passed"]
