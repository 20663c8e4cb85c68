"""Running programs: alone and with help, once and for many batches; and the check of ids."""

import os
import threading

import numpy as np
import pytest

from deltarule.execution.program import Program, address
from deltarule.kernels import instructions as do
from deltarule.kernels.execute import FUNCTIONS
from deltarule.kernels.machine import counters_needed, first_bad_ids, help_out, laid_out, run


class Counting:
    """x ← x + 1 and then y ← y + x, each cut into slices; the guard of the second may be closed."""

    def __init__(self, slices=4, entries=64, guard=1, threads=3):
        self.x, self.y = np.zeros(entries, np.float32), np.zeros(entries, np.float32)
        self.ones = np.ones(entries, np.float32)
        program = Program()
        x, y, ones = (program.array(array) for array in (self.x, self.y, self.ones))
        guarded, count = program.counter(guard), program.constant(entries)
        program.emit(do.ADD_SCALED, [ones, x, count], reads=[ones], writes=[x], work=slices, numbers=[1.0])
        program.emit(do.ADD_SCALED, [x, y, count], reads=[x], writes=[y], work=slices, numbers=[1.0], guard=guarded)
        program.finish()
        program.bind({})
        self.program = program
        self.places = laid_out(
            FUNCTIONS, program.table, program.memory, program.numbers, program.tasks, program.stages
        )  # fmt: skip
        self.threads = threads
        self.counters = np.zeros(counters_needed(len(program.stages) - 1, threads), np.int64)

    def step(self):
        return run(address(self.places), self.threads, address(self.counters), 0)

    def help(self, number, patience, steps, apart=False):
        counters = address(self.counters)
        return help_out(address(self.places), number, self.threads, patience, counters, steps, apart)

    @property
    def closed(self):
        """No step is open, and nobody is inside of one."""
        return not self.counters[: counters_needed(0, self.threads)].any()


@pytest.mark.parametrize("threads", [1, 2, 3, 5])
@pytest.mark.parametrize("slices", [1, 3, 8])
def test_every_slice_is_done_once(threads, slices):
    program = Counting(slices, threads=threads)
    for step in range(1, 4):
        assert program.step() == 1
        assert (program.x == step).all()
        assert (program.y == step * (step + 1) / 2).all()


def test_an_instruction_with_a_closed_guard_is_passed_over():
    program = Counting(guard=0)
    program.step()
    assert (program.x == 1).all()
    assert not program.y.any()


def test_helpers_give_up_when_there_is_nothing_to_do():
    program = Counting()
    assert program.help(1, patience=1000, steps=5) == 0
    program.step()
    assert program.help(1, patience=1000, steps=5) == 0
    assert program.closed


def test_with_helpers_every_slice_is_done_once():
    """Helpers come and go while steps follow each other."""
    program, helped = Counting(slices=8, entries=4096), []
    helpers = [
        threading.Thread(target=lambda number=number: helped.append(program.help(number, 3_000_000, 1 << 40)))
        for number in (1, 2)
    ]
    for helper in helpers:
        helper.start()
    for _ in range(200):
        program.step()
    for helper in helpers:
        helper.join(60)
        assert not helper.is_alive()
    assert (program.x == 200).all()
    assert (program.y == 200 * 201 / 2).all()
    assert all(count >= 0 for count in helped)  # one may come back to a step that is not over yet
    assert program.closed


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="threads cannot be moved")
def test_a_helper_on_the_processor_of_the_leader_says_so():
    program = Counting()
    allowed = os.sched_getaffinity(0)
    one = min(allowed)
    os.sched_setaffinity(0, {one})
    try:
        program.counters[0] = 1 + one  # a step is open, and the leader is here
        assert program.help(1, patience=1000, steps=1, apart=True) == -1 - one
        assert not program.x.any()
        program.counters[0] = 2 + one  # elsewhere
        assert program.help(1, patience=1000, steps=1, apart=True) == 1
        assert (program.x == 1).all()
    finally:
        os.sched_setaffinity(0, allowed)


@pytest.mark.parametrize(("arrays", "expected"), [
    ([], -1), ([([0, 1, 2], 3)], -1), ([([0, 3], 3)], 0), ([([-1], 3)], 0), ([([], 0)], -1), ([([0], 0)], 0),
    ([([0, 1], 2), ([5, 6], 7), ([1, 2, 3], 3)], 2), ([([2**31 - 1], 2**31)], -1), ([([-(2**31)], 5)], 0),
    ([([0] * 1000 + [9], 9)], 0),
])  # fmt: skip
def test_the_first_array_with_an_id_out_of_its_limit(arrays, expected):
    held = [np.array(ids, np.int32) for ids, _ in arrays]
    memory = [entry for ids, (_, limit) in zip(held, arrays, strict=True) for entry in (address(ids), ids.size, limit)]
    places = np.arange(len(memory)).reshape(-1, 3)
    assert first_bad_ids(places, np.array(memory, np.int64)) == expected


def test_kernels_refuse_arguments_of_other_types():
    with pytest.raises(TypeError):
        first_bad_ids(np.zeros((0, 3), np.int32), np.zeros(0, np.int64))
