"""Where the time of a training step goes: python -m benchmarks.profile [--data DIR] [--batch 2048] [--network NAME]."""

from __future__ import annotations

import argparse
from pathlib import Path
from time import perf_counter

import numpy as np

from benchmarks.networks import NETWORKS
from benchmarks.ours import DenseTraining, TaggerTraining
from deltarule.execution.cores import one_thread_of_algebra
from deltarule.execution.many_steps import Changes
from deltarule.execution.plan import TrainingPlan
from deltarule.execution.program import address
from deltarule.graph import Array
from deltarule.kernels import instructions
from deltarule.kernels.execute import FUNCTIONS
from deltarule.kernels.machine import laid_out, run
from deltarule.training.compiled_rules import rule_settings

__all__ = ["Part", "parts", "time_parts"]

STEPS = 60
AT_LEAST = 0.001  # seconds


class Part:
    """Some instructions of a program that follow each other, and how long they took at each step."""

    def __init__(self, plan: TrainingPlan, tasks: Array) -> None:
        self.plan, rows = plan, slice(tasks[0], tasks[-1])
        self.table, self.numbers = plan.program.table[rows].copy(), plan.program.numbers[rows].copy()
        self.tasks, self.stages = tasks - tasks[0], np.array([0, len(tasks) - 1])
        self.places = laid_out(FUNCTIONS, self.table, plan.program.memory, self.numbers, self.tasks, self.stages)
        self.seconds: list[float] = []

    @property
    def name(self) -> str:
        """The names of the instructions, each once."""
        others = {"SGD", "MOMENTUM", "NESTEROV", "ADAGRAD", "RMSPROP", "ADAM", "THE_LONGER", "ROWS", "INNER"}
        names = {number: name for name, number in vars(instructions).items() if name.isupper() and name not in others}
        return ", ".join(dict.fromkeys(names[code].lower().replace("_", " ") for code in self.table[:, 0].tolist()))

    def time(self, again: bool) -> None:
        """Run once; or, after that, as often as takes `AT_LEAST`, without coming back to Python."""
        taken = self._run()
        if again:
            count = 1 + int(AT_LEAST / taken)
            same = Changes(np.zeros(0, np.int64), np.zeros((count, 0), np.int64))
            settings = np.tile(self.plan.settings, (count, 1))
            many = self.plan._watched.note(same, address(settings))
            taken = self._run(address(many.table)) / count
            self.plan.use_own_settings()
        self.seconds.append(taken)

    def _run(self, batches: int = 0) -> float:
        began = perf_counter()
        run(address(self.places), 1, 0, batches)
        return perf_counter() - began


def parts(plan: TrainingPlan, by_instruction: bool = False) -> list[Part]:
    """Return the stages of a program, or its instructions one by one."""
    program = plan.program
    if by_instruction:
        return [Part(plan, np.array([row, row + 1])) for row in range(len(program.table))]
    bounds = zip(program.stages[:-1], program.stages[1:], strict=True)
    return [Part(plan, program.tasks[first : last + 1]) for first, last in bounds]


def time_parts(
    training: TaggerTraining | DenseTraining, steps: int = STEPS, again: bool = False, by_instruction: bool = False
) -> list[tuple[str, float]]:
    """Return the parts of a step, and the median time of each in microseconds, on one thread.

    Parameters
    ----------
    again : whether to time each part when it has just run on the same batch, so that its numbers are in the cache
    by_instruction : whether parts are single instructions rather than stages
    """
    training.warm_up()
    trainer = training.trainer
    assert trainer._compiled_steps is not None
    plan = trainer._compiled_steps.plan
    of_rule = rule_settings(trainer.update_rule, trainer.update_rule.learning_rate, trainer.step_number + 1)
    plan.settings[: len(of_rule)] = of_rule
    plan.use_own_settings()
    own = parts(plan, by_instruction)
    with one_thread_of_algebra():
        for _ in range(steps):
            plan.feed(next(training.batches))
            for part in own:
                part.time(again)
    return [(part.name, 1e6 * float(np.median(part.seconds))) for part in own]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profile", description="Time the parts of a step.")
    parser.add_argument("--data", type=Path, help="folder with ner/bc5cdr and vectors; else the sample corpus")
    parser.add_argument("--batch", type=int, default=2048)
    parser.add_argument("--objective", default="softmax", choices=["softmax", "max-margin", "crf"])
    names = [network.name for network in NETWORKS]
    parser.add_argument("--network", choices=names, help="one of the dense networks instead of the tagger")
    parser.add_argument("--again", action="store_true", help="time each part when it has just run")
    parser.add_argument("--instructions", action="store_true", help="one by one rather than by stages")
    parser.add_argument("--context", action="store_true", help="with context features")
    arguments = parser.parse_args()
    settings = {
        "data": arguments.data and str(arguments.data), "objective": arguments.objective, "batch": arguments.batch,
        "threads": 1, "context": arguments.context, "epochs_before": int(arguments.objective == "max-margin"),
    }  # fmt: skip
    dense = {"network": arguments.network, "threads": 1, "steps_a_call": 1}
    training = DenseTraining(dense) if arguments.network else TaggerTraining(settings)
    times = time_parts(training, again=arguments.again, by_instruction=arguments.instructions)
    total = sum(time for _, time in times)
    digits = 0 if total > 100 else 2
    for name, time in times:
        print(f"{time:9,.{digits}f} µs {100 * time / total:5.1f} %  {name}")
    print(f"{total:9,.{digits}f} µs")


if __name__ == "__main__":
    main()
