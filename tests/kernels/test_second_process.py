"""The second process that compiles kernels: started where one is missing, from the last module to the first."""

import os
import sys
import time

import pytest

from deltarule.kernels.second_process import SecondProcess, first_kernel_was_missing

PATIENCE = 60  # seconds after which something hangs


@pytest.fixture
def modules(tmp_path, monkeypatch):
    """Modules that note their names when they are imported."""
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("first_module", "last_module"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'imported')!r}, 'a').write('{name} ')\n")
    return ["first_module", "last_module"]


@pytest.fixture
def two_cores(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0, 1}, raising=False)


def test_it_loads_the_last_module_first(modules, two_cores, tmp_path):
    with SecondProcess(modules):
        first_kernel_was_missing()
        first_kernel_was_missing()  # which starts no third process
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and len(noted(tmp_path).split()) < 2:
            time.sleep(0.01)
    assert noted(tmp_path) == "last_module first_module "


def test_it_ends_with_the_first(modules, two_cores, tmp_path):
    (tmp_path / "last_module.py").write_text("import time\ntime.sleep(1000)\n")
    began = time.monotonic()
    with SecondProcess(modules) as second:
        first_kernel_was_missing()
    assert time.monotonic() - began < PATIENCE
    assert second._process.returncode is not None


@pytest.mark.parametrize("reason", ["nothing is missing", "one core", "no Python", "no such Python", "frozen"])
def test_it_is_not_started_where_it_need_not_or_cannot_be(modules, two_cores, tmp_path, monkeypatch, reason):
    if reason == "one core":
        monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0}, raising=False)
    if reason in ("no Python", "no such Python"):
        monkeypatch.setattr(sys, "executable", "" if reason == "no Python" else str(tmp_path / "nowhere"))
    if reason == "frozen":
        monkeypatch.setattr(sys, "frozen", True, raising=False)
    with SecondProcess(modules) as second:
        if reason != "nothing is missing":
            first_kernel_was_missing()
        assert second._process is None
    first_kernel_was_missing()  # outside: nobody waits for modules
    assert not noted(tmp_path)


def noted(directory):
    path = directory / "imported"
    return path.read_text() if path.exists() else ""
