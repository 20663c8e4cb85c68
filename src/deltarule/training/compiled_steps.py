"""Steps of a training on kernels: one, those of a stack of batches, or those of an epoch."""

from __future__ import annotations

from collections.abc import Mapping
from time import perf_counter

import numpy as np

from deltarule.execution.many_steps import Changes, TakenSteps
from deltarule.execution.plan import NotCompiledError, TrainingPlan
from deltarule.execution.reference import Feeds
from deltarule.graph import Node, Parameter
from deltarule.training.compiled_rules import SettingsAhead, rule_number
from deltarule.training.mask_seeds import MaskSeeds
from deltarule.training.minibatches import Minibatches
from deltarule.training.stack import Stack
from deltarule.training.update_rules import State, UpdateRule

__all__ = ["CompiledSteps", "compiled_steps"]

_UNNOTICED = 0.05  # seconds for which steps are taken without coming back: a person does not notice
_MOST_AT_ONCE = 4096  # steps


def compiled_steps(
    loss: Node,
    states: Mapping[Parameter, State],
    wanted: set[Node],
    rule: UpdateRule,
    clip: float,
    threads: int | None,
    seeds: MaskSeeds,
) -> CompiledSteps | None:
    """Return what takes the steps of a training on kernels, or ``None`` where these do not know all that it asks for.

    Parameters
    ----------
    loss : scalar node
    states : what the update rule remembers of each parameter that is trained
    wanted : the nodes that need a signal
    clip : largest norm of all gradients together; 0 for none
    threads : at most so many; all cores for ``None``
    seeds : of dropout masks
    """
    number = rule_number(rule)
    if number is None:
        return None
    arrays = {parameter: list(state.values()) for parameter, state in states.items()}
    try:
        return CompiledSteps(TrainingPlan(loss, arrays, wanted, number, clip, threads), seeds)
    except NotCompiledError:
        return None


class CompiledSteps:
    """Takes steps on kernels, and finds what these have to know of coming ones for many at once.

    Parameters
    ----------
    plan : of the loss
    seeds : of dropout masks
    """

    def __init__(self, plan: TrainingPlan, seeds: MaskSeeds) -> None:
        self.plan, self._seeds = plan, seeds
        self._at_once = 1

    def take(self, feeds: Feeds, ahead: SettingsAhead, number: int) -> tuple[float, bool]:
        """Take a step; return its loss, and whether all was finite, without which nothing is changed.

        Parameters
        ----------
        ahead : settings of coming steps
        number : of the step, from 0 on
        """
        seeds = self._seeds.draw(self.plan.masks) if self.plan.masks else None
        return self.plan.step(feeds, seeds, ahead.address_of(number))

    def take_stack(self, stack: Stack, ahead: SettingsAhead, number: int) -> TakenSteps | None:
        """Take the steps of a stack, as long as they go well; ``None`` where its batches have to be fed one by one."""
        changes = self.plan.stacked(stack.data, stack.bounds) if len(stack) else None
        return None if changes is None else self._take(changes, ahead, number)

    def take_rows(self, batches: Minibatches, first: int, ahead: SettingsAhead, number: int) -> TakenSteps | None:
        """Take as many steps as a person does not notice, on the rows from the first on, as long as they go well.

        ``None`` is returned where batches have to be fed one by one, as one is that is smaller than the others.
        """
        steps = min((batches.rows - first) // batches.batch, self._at_once)
        sources = self.plan.sources(batches.data) if steps else None
        if sources is None:
            return None
        began = perf_counter()
        if batches.shuffled:
            order = batches.order[first : first + steps * batches.batch].astype(np.int32).reshape(steps, -1)
            changes = self.plan.rows(sources, order)
        else:
            changes = self.plan.rows_in_order(sources, first, batches.batch, steps)
        taken = self._take(changes, ahead, number)
        seconds = perf_counter() - began
        if steps == self._at_once or seconds > _UNNOTICED:
            self._at_once = max(1, min(_MOST_AT_ONCE, int(steps * _UNNOTICED / max(seconds, 1e-6))))
        return taken

    def _take(self, changes: Changes, ahead: SettingsAhead, number: int) -> TakenSteps:
        """Take many steps, as long as they go well."""
        count = len(changes.values)
        seeds = self._seeds.draw(count * self.plan.masks).reshape(count, -1) if self.plan.masks else None
        return self.plan.steps(changes, ahead.address_of(number, count), seeds)
