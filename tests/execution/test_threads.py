"""Threads change how fast a program runs, never what it computes; they sleep, end, and do not hang."""

import gc
import os
import threading
import time

import numpy as np
import pytest
from threadpoolctl import ThreadpoolController

import deltarule as dr
from deltarule.errors import InputError, NonFiniteError
from deltarule.execution import threads
from deltarule.execution.cores import left_processor, one_thread_of_algebra
from deltarule.kernels import instructions as do
from deltarule.training.minibatches import Minibatches

PATIENCE = 60  # seconds after which something hangs
random = np.random.default_rng(0)
BATCHES = [
    {
        "words": random.integers(0, 3000, (256, 5)).astype(np.int32),
        "positions": random.integers(0, 256, (400, 3)).astype(np.int32),
        "labels": random.integers(0, 5, 400).astype(np.int32),
    }
    for _ in range(10)
]
OBJECTIVES = {"softmax": dr.SoftmaxCrossEntropy(), "max-margin": dr.MultiClassMaxMargin(0.3)}


def trainer(objective="softmax", threads=2):
    """Return the training of a network that is large enough to be cut into slices: a table, a layer, windows."""
    random = np.random.default_rng(1)
    table = dr.parameter(random.normal(size=(3000, 32)), "table")
    words = dr.reshape(dr.row_lookup(table, dr.input("words", ("forms", 5), integer=True)), ("forms", 160))
    layer, windows, out = dr.Dense(160, 128, "relu"), dr.Dense(384, 256, "tanh"), dr.Dense(256, 5)
    for part in (layer, windows, out):
        part.initialise(random)
    hidden = dr.dropout(layer(words), 0.3)
    hidden = dr.dropout(windows.over_windows(hidden, dr.input("positions", ("tokens", 3), integer=True)), 0.5)
    loss = OBJECTIVES[objective](out(hidden), dr.input("labels", ("tokens",), integer=True))
    return dr.Trainer(loss, dr.Adam(0.01), clip=1.0, threads=threads, seed=3)


def taken(trainer, steps=10):
    """Take steps, and return the losses and all parameters, bit by bit."""
    losses = [trainer.step(BATCHES[step % len(BATCHES)]) for step in range(steps)]
    return losses, b"".join(parameter.value.tobytes() for parameter in trainer.parameters)


def most_slices(program):
    """Return the largest number of slices of any instruction."""
    return program.memory[program.table[:, 1]].max()


def in_time(function, *arguments):
    """Run a function in a thread of its own, and fail where it hangs."""
    results = []
    thread = threading.Thread(target=lambda: results.append(function(*arguments)), daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive(), "hangs"
    return results[0]


def waited_for(condition):
    """Say whether something comes true in time."""
    end = time.monotonic() + PATIENCE
    while not condition() and time.monotonic() < end:
        time.sleep(0.005)
    return condition()


@pytest.fixture(scope="module")
def alone():
    return {objective: taken(trainer(objective, threads=1)) for objective in OBJECTIVES}


@pytest.mark.parametrize("threads", [2, 4])
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_parameters_are_the_same_to_the_last_bit_whatever_the_number_of_threads(alone, objective, threads):
    own = trainer(objective, threads)
    assert in_time(taken, own) == alone[objective]
    program = own._compiled_steps.plan.program
    assert most_slices(program) >= 4
    sliced = {int(code) for code, place in program.table[:, :2] if program.memory[place] > 1}
    assert {do.LAYER, do.MULTIPLY, do.READ_ROWS, do.WINDOW_LAYER, do.NORM, do.UPDATE, do.UPDATE_ROWS} <= sliced


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_what_is_cut_into_slices_is_right(plans, objective):
    own = trainer(objective)
    plan = plans.check(own.loss, BATCHES[0], seeds=[1, 2])
    assert most_slices(plan.program) >= 4


@pytest.mark.parametrize("rows", [100, 301, 900])
@pytest.mark.parametrize("squared", [False, True])
def test_small_layers_are_cut_by_examples_and_right(plans, rows, squared):
    """A layer that reads another's parameters too, so that gradients that have parts are added to each other."""
    random = np.random.default_rng(rows)
    x, shared = dr.input("x", ("batch", 60)), dr.parameter(random.normal(size=(60, 60)) / 8)
    biases = [dr.parameter(random.normal(size=size)) for size in (60, 60, 120, 6)]
    a = dr.dropout(dr.tanh(dr.affine(dr.tanh(dr.affine(x, shared, biases[0])), shared, biases[1])), 0.3)
    b = dr.relu(dr.affine(a, dr.parameter(random.normal(size=(120, 60)) / 8), biases[2]))
    scores = dr.affine(b, dr.parameter(random.normal(size=(6, 120)) / 8), biases[3])
    feeds = {"x": random.normal(size=(rows, 60))}
    if squared:
        loss = dr.SquaredError()(scores, dr.input("y", ("batch", 6)))
        feeds["y"] = random.normal(size=(rows, 6))
    else:
        loss = dr.SoftmaxCrossEntropy()(scores, dr.input("y", ("batch",), integer=True))
        feeds["y"] = random.integers(0, 6, rows)
    plan = plans.check(loss, feeds, seeds=[5])
    program = plan.program
    chain = max(np.diff(program.tasks))
    assert chain >= 10
    first = program.tasks[np.argmax(np.diff(program.tasks))]
    assert program.memory[program.table[first, 1]] == {100: 2, 301: 4, 900: 8}[rows]


@pytest.mark.parametrize("threads", [2, 4])
def test_steps_on_rows_of_whole_arrays_are_those_on_batches_whatever_the_number_of_threads(threads):
    def trained(threads, at_once):
        random = np.random.default_rng(0)
        net = dr.Network([dr.Dense(64, 100, activation="relu"), dr.Dense(100, 10)])
        data = {"inputs": random.normal(size=(1800, 64)).astype(np.float32), "targets": random.integers(0, 10, 1800)}
        own = dr.Trainer(dr.SoftmaxCrossEntropy().loss(net), dr.Adam(0.01), threads=threads)
        batches = Minibatches(data, 450, np.random.default_rng(1))
        losses = list(own.losses(batches if at_once else list(batches)))
        assert most_slices(own._compiled_steps.plan.program) == 4
        return losses, [parameter.value.tobytes() for parameter in own.parameters]

    expected = trained(1, False)
    for at_once in (True, False):
        assert in_time(trained, threads, at_once) == expected


@pytest.mark.parametrize("rows", [300, 1100])
def test_arithmetic_that_is_cut_into_slices_is_right(plans, rows):
    random = np.random.default_rng(rows)
    scale, weight = (dr.parameter(random.normal(size=shape)) for shape in ((60,), (300, 120)))
    scaled = dr.input("x", ("batch", 60)) * scale
    joined = dr.concatenate([dr.tanh(scaled), dr.dropout(dr.exp(scaled), 0.2)])
    loss = dr.SquaredError()(dr.linear(joined, weight), dr.input("y", ("batch", 300))) + dr.l2_penalty([weight], 0.1)
    feeds = {"x": random.normal(size=(rows, 60)), "y": random.normal(size=(rows, 300))}
    plan = plans.check(loss, feeds, seeds=[5])
    sliced = {int(code) for code, place in plan.program.table[:, :2] if plan.program.memory[place] > 1}
    assert {do.LAYER, do.MULTIPLY, do.APPLY, do.MASK, do.COPY, do.SQUARED_ERROR, do.NORM, do.UPDATE} <= sliced


@pytest.mark.parametrize("objective", OBJECTIVES.values(), ids=OBJECTIVES)
def test_windows_of_fewer_neurons_than_slices_are_right(plans, objective):
    """Some slices have no neurons, and add nothing to what is shared out."""
    random = np.random.default_rng(0)
    x = dr.input("x", ("forms", 300)) * dr.parameter(random.normal(size=300) / 10)
    weight, bias = dr.parameter(random.normal(size=(4, 900)) / 10), dr.parameter(random.normal(size=4))
    z = dr.window_affine(x, dr.input("positions", ("tokens", 3), integer=True), weight, bias)
    loss, plan = objective(dr.tanh(z), dr.input("labels", ("tokens",), integer=True)), None
    for forms, tokens, slices in ((2500, 200, 4), (40, 9, 1), (2400, 2600, 4)):
        feeds = {"x": random.normal(size=(forms, 300)), "positions": random.integers(0, forms, (tokens, 3))}
        plan = plans.check(loss, {**feeds, "labels": random.integers(0, 4, tokens)}, plan=plan)
        assert most_slices(plan.program) >= slices


def test_many_small_steps_with_more_threads_than_cores_do_not_hang():
    network = dr.Network([dr.Dense(128, 256, "tanh"), dr.Dense(256, 4)])
    own = dr.Trainer(dr.SoftmaxCrossEntropy().loss(network), threads=4)
    feeds = {"inputs": np.ones((64, 128), np.float32), "targets": np.zeros(64, np.int32)}

    def steps():
        for step in range(150):
            own.step(feeds)
            if step % 15 == 0:
                time.sleep(0.003)  # the helpers fall asleep, and have to be woken
        return own.step_number

    own.step(feeds)
    assert own._compiled_steps.plan.program.worth_help
    assert in_time(steps) == 151


def helpers_started(own, feeds):
    """Take a step, and return the threads that it started."""
    before = set(threading.enumerate())
    own.step(feeds)
    return set(threading.enumerate()) - before


@pytest.mark.skipif(not hasattr(time, "pthread_getcpuclockid"), reason="the system does not tell the time of threads")
def test_helpers_sleep_while_there_is_nothing_to_do():
    own = trainer(threads=3)
    helpers = helpers_started(own, BATCHES[0])
    assert waited_for(lambda: own._compiled_steps.plan._threads._shared.asleep == len(helpers) == 2)

    def seconds():  # of these threads alone: others of the process may be busy
        return [time.clock_gettime(time.pthread_getcpuclockid(helper.ident)) for helper in helpers]

    before = seconds()
    time.sleep(0.1)
    assert np.subtract(seconds(), before).max() < 0.01
    assert in_time(taken, own, 2)[0]


def test_a_helper_does_not_fall_asleep_while_a_step_is_under_way(monkeypatch):
    """One that lost patience just before a step was not woken for it, as it did not sleep yet."""
    own = trainer(threads=2)
    own.step(BATCHES[0])
    shared = threads._Shared(own._compiled_steps.plan.program, 2)
    shared.stepping, looks = True, []

    def help_out(*_):
        looks.append(len(looks))
        if len(looks) == 3:
            shared.ended = True
        return 0

    monkeypatch.setattr(threads, "help_out", help_out)
    in_time(threads._help, shared, 1)
    assert len(looks) == 3
    assert shared.asleep == 0


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="threads cannot be moved")
def test_a_helper_leaves_the_processor_of_the_leader(monkeypatch):
    given = []
    monkeypatch.setattr(os, "sched_setaffinity", lambda thread, processors: given.append((thread, processors)))
    monkeypatch.setattr(os, "sched_getaffinity", lambda thread: {3, 4, 5})
    assert left_processor(4)
    assert given == [(0, {3, 5}), (0, {3, 4, 5})]
    monkeypatch.setattr(os, "sched_getaffinity", lambda thread: {4})
    assert not left_processor(4)
    assert len(given) == 2


def test_helpers_end_with_the_trainer():
    for pause in (0, 0, 0, 0.02, 0.02):  # helpers that still look for work, and helpers that sleep
        own = trainer(threads=4)
        helpers = helpers_started(own, BATCHES[0])
        assert len(helpers) == 3
        time.sleep(pause)
        del own
        gc.collect()
        assert waited_for(lambda helpers=helpers: not any(helper.is_alive() for helper in helpers))


def test_one_thread_and_small_programs_need_no_helpers():
    assert not helpers_started(trainer(threads=1), BATCHES[0])
    small = dr.Trainer(dr.SquaredError().loss(dr.Network([dr.Dense(3, 2)])), threads=4)
    assert not helpers_started(small, {"inputs": np.ones((5, 3)), "targets": np.ones((5, 2))})


def test_libraries_are_held_to_one_thread_whichever_thread_asks():
    def threads_of_libraries():
        with one_thread_of_algebra():
            return [library["num_threads"] for library in ThreadpoolController().select(user_api="blas").info()]

    assert set(threads_of_libraries()) == {1}
    assert set(in_time(threads_of_libraries)) == {1}
    assert set(threads_of_libraries()) == {1}


def test_two_trainers_in_two_threads(alone):
    results = {}

    def train(objective):
        results[objective] = taken(trainer(objective, threads=2))

    workers = [threading.Thread(target=train, args=(objective,), daemon=True) for objective in OBJECTIVES]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(PATIENCE)
        assert not worker.is_alive()
    assert results == alone


def test_failed_steps_leave_threads_that_go_on(alone):
    own = trainer(threads=3)
    taken(own, 1)
    with pytest.raises(InputError):
        own.step({**BATCHES[0], "labels": np.full(400, 9)})
    table = own.parameters[0]
    finite = table.value
    table.value = np.full_like(finite, np.nan)
    with pytest.raises(NonFiniteError):
        own.step(BATCHES[0])
    table.value = finite
    assert len(in_time(taken, own, 3)[0]) == 3


def test_the_threads_of_the_linear_algebra_library_are_as_they_were():
    blas = ThreadpoolController().select(user_api="blas")
    with blas.limit(limits=2):
        taken(trainer(threads=2), 1)
        assert {library.num_threads for library in blas.lib_controllers} == {2}


@pytest.mark.parametrize("threads", [0, -1])
def test_no_threads_are_refused(threads):
    with pytest.raises(InputError, match=f"^at least one thread is needed, not {threads}$"):
        taken(trainer(threads=threads), 1)
