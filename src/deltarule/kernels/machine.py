"""Runs a program: a table of instructions on arrays, which several threads work through together.

Each row of the program is an instruction: what to do, the place of its slices, the place of its guard, and the places
of its operands. Places point into the `memory` table, which holds addresses of arrays and sizes. So a program stays as
it is while batches change. Instructions are cut into slices, fixed in number whatever the number of threads. Those
that follow each other form a task if each slice needs no more than the same slice of the others, as layers do that are
cut by the examples of a batch; what is done is a slice of a task. Tasks are grouped in stages; those of a stage do not
depend on each other.

Every thread has its share of the slices of a stage: the first half of each task is that of the first of two threads. So
what a thread writes in one stage it mostly reads itself in the next, from the cache of its own processor. Who is done
with his share takes from those of others. At the end of a stage all wait for each other.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import boolean, int64
from numpy.typing import NDArray

from deltarule.kernels.compiled import inlined, kernel
from deltarule.kernels.memory import (
    WIDTH,
    add_and_fetch_old,
    call,
    doubles,
    entry,
    fetch,
    floats,
    integers,
    long_integers,
    processor,
    store,
)

__all__ = ["NUMBERS", "all_ids_good", "counters_needed", "first_bad_ids", "help_out", "laid_out", "run"]

NUMBERS = 4  # real numbers of an instruction
_LINE = 8  # counters that different threads write lie in different lines of the cache
# The first counters: 1 + the processor of the leader where a step is open, else 0; and how many helpers are inside of
# it. Those of the stages follow: how many slices of its share of each thread are taken, and how many of all are done.
_OPEN, _INSIDE, _STAGES = 0, 1 * _LINE, 2 * _LINE


def counters_needed(stages: int, threads: int) -> int:
    """Return how many counters threads share that run a program of so many stages together."""
    return _STAGES + stages * (threads + 1) * _LINE


def laid_out(
    functions: NDArray[np.int64], program: NDArray[np.int64], memory: NDArray[np.int64],
    numbers: NDArray[np.float64], tasks: NDArray[np.int64], stages: NDArray[np.int64],
) -> NDArray[np.int64]:  # fmt: skip
    """Return where the tables of a program lie, which have to stay there; kernels take one number sooner than many.

    Parameters
    ----------
    functions : address of the function that does a slice of each instruction
    program : (instructions, operands) places in memory
    memory : addresses and sizes
    numbers : (instructions, settings) real numbers that instructions need
    tasks : first instruction of each task, and the end
    stages : first task of each stage, and the end
    """
    tables = functions, program, memory, numbers, tasks, stages
    return np.array([entry for table in tables for entry in (table.ctypes.data, len(table))], np.int64)


@inlined
def _tables(places: int) -> Any:
    """Return the tables of a program, from where they lie."""
    own = long_integers(places, 12)
    return (
        long_integers(own[0], own[1]), long_integers(own[2], own[3] * WIDTH).reshape(own[3], WIDTH),
        long_integers(own[4], own[5]), doubles(own[6], own[7] * NUMBERS).reshape(own[7], NUMBERS),
        long_integers(own[8], own[9]), long_integers(own[10], own[11]),
    )  # fmt: skip


@inlined
def _do(
    functions: Any, program: Any, memory: Any, numbers: Any, begin: int, end: int, part: int, parts: int, worker: int
) -> None:  # fmt: skip
    """Do a slice of the task of instructions begin to end."""
    places = memory.ctypes.data
    for i in range(begin, end):
        row = program.ctypes.data + 8 * WIDTH * i
        if entry(places, entry(row, 2)) != 0:
            function = entry(functions.ctypes.data, entry(row, 0))
            call(function, row, places, numbers.ctypes.data + 8 * NUMBERS * i, part, parts, worker)


@inlined
def _work_alone(functions: Any, program: Any, memory: Any, numbers: Any, tasks: Any) -> None:
    """Do all slices of a program, one after another."""
    for task in range(len(tasks) - 1):
        slices = memory[program[tasks[task], 1]]
        for part in range(slices):
            _do(functions, program, memory, numbers, tasks[task], tasks[task + 1], part, slices, 0)


@inlined
def _owner(task: int, part: int, slices: int, threads: int) -> int:
    """Return the thread whose share a slice belongs to: where there are fewer slices than threads, any."""
    return part * threads // slices if slices >= threads else (task + part) % threads


@inlined
def _take_from(
    share: int, own: int, taken: int, threads: int, begin: int, end: int, functions: Any, program: Any, memory: Any,
    numbers: Any, tasks: Any,
) -> int:  # fmt: skip
    """Do slices of the tasks from begin to end that are of the share of some thread, until there are no more."""
    number: int = add_and_fetch_old(taken, 1)
    passed, done = 0, 0
    for task in range(begin, end):
        slices = memory[program[tasks[task], 1]]
        for part in range(slices):
            if _owner(task, part, slices, threads) != share:
                continue
            if passed == number:
                _do(functions, program, memory, numbers, tasks[task], tasks[task + 1], part, slices, own)
                done += 1
                number = add_and_fetch_old(taken, 1)
            passed += 1
    return done


@inlined
def _work(
    functions: Any, own: int, threads: int, counters: int, program: Any, memory: Any, numbers: Any, tasks: Any,
    stages: Any,
) -> None:  # fmt: skip
    """Take slices of the stages, one after another, until all are done."""
    for stage in range(len(stages) - 1):
        taken = counters + 8 * (_STAGES + (threads + 1) * _LINE * stage)
        all_done = taken + 8 * threads * _LINE
        total, done = 0, 0
        for task in range(stages[stage], stages[stage + 1]):
            total += memory[program[tasks[task], 1]]
        for j in range(threads):
            share = (own + j) % threads
            done += _take_from(
                share, own, taken + 8 * share * _LINE, threads, stages[stage], stages[stage + 1], functions, program,
                memory, numbers, tasks,
            )  # fmt: skip
        if done > 0:
            add_and_fetch_old(all_done, done)
        while fetch(all_done) < total:
            pass


@inlined
def _lead(
    functions: Any, threads: int, counters: int, program: Any, memory: Any, numbers: Any, tasks: Any, stages: Any
) -> None:
    """Take one step, alone or with whoever comes to help."""
    if threads == 1:
        _work_alone(functions, program, memory, numbers, tasks)
        return
    opened, inside, mark = counters + 8 * _OPEN, counters + 8 * _INSIDE, 1 + processor()
    for i in range((len(stages) - 1) * (threads + 1)):
        store(counters + 8 * (_STAGES + i * _LINE), 0)
    add_and_fetch_old(opened, mark)
    _work(functions, 0, threads, counters, program, memory, numbers, tasks, stages)
    add_and_fetch_old(opened, -mark)
    while fetch(inside) > 0:
        pass


@kernel(int64(int64, int64, int64, int64, int64, int64, boolean))
def help_out(places: int, own: int, threads: int, patience: int, counters: int, steps: int, apart: bool) -> int:
    """Help with the steps that another thread leads, until there was none for a while; return with how many.

    A helper on the processor of the leader takes its time instead of sharing its work. Where it finds itself there, it
    returns −1 − the number of that processor.

    Parameters
    ----------
    places : address of what `laid_out` returned
    own, threads : number of this thread, from 1 on, as the leader has 0; how many there are
    patience : how often to look for a step in vain before it returns
    counters : address of the counters that threads share
    steps : with how many steps to help at most
    apart : whether to look at the processor
    """
    functions, program, memory, numbers, tasks, stages = _tables(places)
    opened, inside = counters + 8 * _OPEN, counters + 8 * _INSIDE
    waited, helped = 0, 0
    while waited < patience and helped < steps:
        waited += 1
        if fetch(opened) > 0:
            add_and_fetch_old(inside, 1)
            mark = fetch(opened)
            together = apart and mark == 1 + processor()
            if mark > 0 and not together:
                _work(functions, own, threads, counters, program, memory, numbers, tasks, stages)
                waited = 0
                helped += 1
            add_and_fetch_old(inside, -1)
            if together:
                return -mark
    return helped


@kernel(int64(int64, int64, int64, int64))
def run(places: int, threads: int, counters: int, batches: int) -> int:
    """Run a program from its first stage to its last, once or for many batches; return for how many it was fine.

    Parameters
    ----------
    places : address of what `laid_out` returned
    threads : 1 to do everything alone, or how many may work on it, all others by `help_out`
    counters : address of the counters that they share
    batches : 0 to run the program once; else the address of the table of `TakenSteps`
    """
    functions, program, memory, numbers, tasks, stages = _tables(places)
    if batches == 0:
        _lead(functions, threads, counters, program, memory, numbers, tasks, stages)
        return 1
    given = long_integers(batches, 12)
    steps, changing, watched = given[0], given[1], given[4]
    changed, values = long_integers(given[2], changing), long_integers(given[3], steps * changing)
    seen, saw = long_integers(given[5], watched), long_integers(given[6], steps * watched)
    settings, place_of_settings = given[7], given[8]
    fine, loss, losses = given[9], floats(given[10], 1), doubles(given[11], steps)
    for step in range(steps):
        for j in range(changing):
            memory[changed[j]] = values[step * changing + j]
        memory[place_of_settings] = settings + 64 * step  # eight numbers for each
        _lead(functions, threads, counters, program, memory, numbers, tasks, stages)
        losses[step] = loss[0]
        for j in range(watched):
            saw[step * watched + j] = memory[seen[j]]
        if memory[fine] == 0:
            return step
    return steps


@inlined
def _first_bad(ids: Any, memory: Any) -> int:
    """Return the first of some arrays of ids that holds one below 0 or not below its limit, or −1."""
    for i in range(len(ids)):
        values, limit = integers(memory[ids[i, 0]], memory[ids[i, 1]]), memory[ids[i, 2]]
        bad = 0
        for value in values:
            bad |= (value < 0) | (value >= limit)
        if bad:
            return i
    return -1


@kernel(int64(int64[:, ::1], int64[::1]))
def first_bad_ids(ids: Any, memory: Any) -> int:
    """Return the first of some arrays of ids that holds one below 0 or not below its limit, or −1.

    Parameters
    ----------
    ids : (arrays, 3) places in memory of the address, the count and the limit of each
    """
    return _first_bad(ids, memory)


@kernel(boolean(int64[:, ::1], int64[::1], int64[:, ::1], int64[::1]))
def all_ids_good(ids: Any, places: Any, values: Any, memory: Any) -> bool:
    """Say whether no ids of many steps are below 0 or not below their limit.

    Parameters
    ----------
    ids, memory : as for `first_bad_ids`
    places, values : what changes in memory from step to step, (steps, places)
    """
    for step in range(len(values)):
        for j in range(len(places)):
            memory[places[j]] = values[step, j]
        if _first_bad(ids, memory) >= 0:
            return False
    return True
