"""Instructions one by one, as programs run them."""

from itertools import count as numbered

import numpy as np
import pytest

from deltarule.execution.program import Program
from deltarule.execution.threads import Threads


def instruct(code, *operands, numbers=(), slices=1, written=None):
    """Run one instruction on arrays and sizes, and return what it writes to the places of sizes.

    ``...`` stands for such a place; an instruction that also reads it gets it as the operand of number `written`.
    """
    program, counters, places = Program(), [], []
    for number, operand in enumerate(operands):
        if operand is ... or number == written:
            counters.append(program.counter(0 if operand is ... else operand))
            places.append(counters[-1])
        elif isinstance(operand, np.ndarray):
            assert operand.dtype in (np.float32, np.int32, np.float64)
            places.append(program.array(operand))
        else:
            places.append(program.constant(int(operand)))
    program.emit(code, places, work=slices, numbers=numbers)
    program.finish()
    program.bind({})
    Threads(program, 1).run()
    written = [int(program.memory[counter.address]) for counter in counters]
    return written[0] if len(written) == 1 else written


def drawn(*shape):
    """Return random numbers, others at each call of a test."""
    return np.random.default_rng(next(drawn.seeds)).normal(size=shape).astype(np.float32)


@pytest.fixture
def run():
    return instruct


@pytest.fixture
def normal():
    """Draw numbers; the same in a test whichever others run."""
    drawn.seeds = numbered()
    return drawn
