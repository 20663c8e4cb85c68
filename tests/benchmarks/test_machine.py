import os

from benchmarks.machine import circumstances
from benchmarks.worker import environment


def test_no_library_takes_the_processor_for_another(monkeypatch):
    own = circumstances([], "bc5cdr")["algebra"]
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Prescott")
    monkeypatch.setenv("MKL_DEBUG_CPU_TYPE", "5")
    left_out = {"OPENBLAS_CORETYPE", "MKL_DEBUG_CPU_TYPE"}
    assert not left_out & set(environment(1))
    assert environment(2)["OPENBLAS_NUM_THREADS"] == "2"
    assert environment(1)["PATH"] == os.environ["PATH"]
    assert circumstances([], "bc5cdr")["algebra"] == own != "openblas for Prescott"


def test_the_command_names_no_folder_of_the_machine():
    described = circumstances(["dense", "--data", "/home/ada/corpora", "--quick"], "bc5cdr")
    assert described["command"] == "python -m benchmarks dense --data DATA --quick"
