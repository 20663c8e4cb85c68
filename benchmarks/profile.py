"""Where the time of a training step goes: python -m benchmarks.profile [--data DIR] [--batch 2048] [--network NAME]."""

from __future__ import annotations

import argparse
from pathlib import Path
from time import perf_counter

import numpy as np

from benchmarks.networks import NETWORKS
from benchmarks.ours import DenseTraining, TaggerTraining
from deltarule.execution.cores import one_thread_of_algebra
from deltarule.execution.plan import TrainingPlan
from deltarule.graph import Array
from deltarule.kernels import instructions
from deltarule.kernels.execute import FUNCTIONS
from deltarule.kernels.machine import run

__all__ = ["stage_times"]

STEPS = 60


def stage_times(
    training: TaggerTraining | DenseTraining, steps: int = STEPS, again: bool = False
) -> list[tuple[str, float]]:
    """Return the instructions of each stage of a step, and its median time in microseconds, on one thread.

    Parameters
    ----------
    again : whether to run each stage twice, and time it when its numbers are in the cache
    """
    training.warm_up()
    plan = training.trainer._plan
    assert plan is not None
    times: list[list[float]] = [[] for _ in plan.program.stages[1:]]
    with one_thread_of_algebra():
        for _ in range(steps):
            _time_a_step(plan, next(training.batches), times, again)
    names = [_names(plan, stage) for stage in range(len(times))]
    return [(name, 1e6 * float(np.median(own))) for name, own in zip(names, times, strict=True)]


def _time_a_step(plan: TrainingPlan, feeds: dict[str, Array], times: list[list[float]], again: bool) -> None:
    """Run the stages of a step one by one."""
    program, nothing = plan.program, np.zeros(0, np.int64)
    plan.feed(feeds)
    for stage, own in enumerate(times):
        tasks = program.tasks[program.stages[stage] : program.stages[stage + 1] + 1]
        rows, own_stage = slice(tasks[0], tasks[-1]), np.array([0, len(tasks) - 1])
        table, numbers = program.table[rows].copy(), program.numbers[rows].copy()
        for _ in range(1 + again):
            began = perf_counter()
            run(FUNCTIONS, 1, 0, nothing, table, program.memory, numbers, tasks - tasks[0], own_stage)
            seconds = perf_counter() - began
        own.append(seconds)


def _names(plan: TrainingPlan, stage: int) -> str:
    """Return the names of the instructions of a stage, each once."""
    others = {"SGD", "MOMENTUM", "NESTEROV", "ADAGRAD", "RMSPROP", "ADAM", "THE_LONGER", "ROWS", "INNER"}
    names = {number: name for name, number in vars(instructions).items() if name.isupper() and name not in others}
    first, last = plan.program.tasks[plan.program.stages[stage : stage + 2]]
    codes = plan.program.table[first:last, 0]
    return ", ".join(dict.fromkeys(names[code].lower().replace("_", " ") for code in codes.tolist()))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profile", description="Time the stages of a step.")
    parser.add_argument("--data", type=Path, help="folder with ner/bc5cdr and vectors; else the sample corpus")
    parser.add_argument("--batch", type=int, default=2048)
    parser.add_argument("--objective", default="softmax", choices=["softmax", "max-margin", "crf"])
    names = [network.name for network in NETWORKS]
    parser.add_argument("--network", choices=names, help="one of the dense networks instead of the tagger")
    parser.add_argument("--again", action="store_true", help="run each stage twice, and time it the second time")
    parser.add_argument("--context", action="store_true", help="with context features")
    arguments = parser.parse_args()
    settings = {
        "data": arguments.data and str(arguments.data), "objective": arguments.objective, "batch": arguments.batch,
        "threads": 1, "context": arguments.context, "epochs_before": int(arguments.objective == "max-margin"),
    }  # fmt: skip
    dense = {"network": arguments.network, "threads": 1, "steps_a_call": 1}
    training = DenseTraining(dense) if arguments.network else TaggerTraining(settings)
    times = stage_times(training, again=arguments.again)
    total = sum(time for _, time in times)
    for name, time in times:
        print(f"{time:9,.0f} µs {100 * time / total:5.1f} %  {name}")
    print(f"{total:9,.0f} µs")


if __name__ == "__main__":
    main()
