"""Whole commands: how long they take, and how much memory, whatever that of the benchmarks themselves."""

import sys

import numpy as np
import pytest
from benchmarks.commands import run
from benchmarks.participants import ParticipantError


def test_memory_is_that_of_the_command_and_not_of_who_starts_it():
    held = np.ones(40_000_000)  # 320 MB
    found = run([sys.executable, "-c", "x = bytearray(50_000_000); print('done')"])
    assert 50e6 < found.memory < 200e6 < held.nbytes
    assert (found.output, found.seconds > 0) == ("done\n", True)


def test_a_command_that_fails_is_refused_with_its_last_words():
    with pytest.raises(ParticipantError, match="no such thing"):
        run([sys.executable, "-c", "import sys; sys.exit('no such thing')"])
