"""One training step: forward, backward, clip, update."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from deltarule.errors import InputError, NonFiniteError, ShapeError
from deltarule.execution.alignment import aligned_copy
from deltarule.execution.reference import Feeds, backward, forward
from deltarule.graph import Array, Input, Node, Parameter, topological_order
from deltarule.graph.shapes import format_shape
from deltarule.training.clipping import clip_by_norm
from deltarule.training.finite import finite_loss, refuse_gradients
from deltarule.training.mask_seeds import MaskSeeds
from deltarule.training.minibatches import Minibatches
from deltarule.training.schedules import ConstantRate, Schedule
from deltarule.training.stack import Stack
from deltarule.training.update_rules import SGD, State, UpdateRule

if TYPE_CHECKING:
    from deltarule.execution.many_steps import TakenSteps
    from deltarule.training.compiled_rules import SettingsAhead
    from deltarule.training.compiled_steps import CompiledSteps

__all__ = ["Trainer"]


class Trainer:
    """Makes the value of a loss node small by changing the parameters that it depends on, in place.

    Parameters
    ----------
    loss : scalar node
    update_rule : how a gradient changes a parameter
    schedule : how the learning rate changes over training
    steps : number of steps of the whole training; every schedule but a constant rate without warm-up needs it
    frozen : parameters to leave as they are
    clip : largest norm of all gradients together; longer ones are scaled down to it
    seed : seed of the dropout masks
    dtype : precision of the computation; parameters of another precision are converted
    compiled : whether to run on kernels, which are compiled for this machine at their first use; they know float32, all
        operations and update rules of deltarule, and no others. Where they cannot be used, and with ``False``, the
        reference interpreter takes the steps
    threads : how many threads kernels may use, all cores for ``None``; results do not depend on it

    Attributes
    ----------
    step_number : steps taken so far
    violators : share of the last batch that violated its margin, under a max-margin objective and on kernels

    Examples
    --------
    >>> import deltarule as dr
    >>> w = dr.parameter(5.0, "w")
    >>> trainer = dr.Trainer((w - 3.0) ** 2, dr.SGD(0.1))
    >>> losses = [trainer.step() for _ in range(50)]
    >>> print(losses[0], round(float(w.value), 3))
    4.0 3.0
    """

    def __init__(
        self,
        loss: Node,
        update_rule: UpdateRule | None = None,
        *,
        schedule: Schedule | None = None,
        steps: int | None = None,
        frozen: Iterable[Parameter] = (),
        clip: float | None = None,
        seed: int = 0,
        dtype: Any = np.float32,
        compiled: bool = True,
        threads: int | None = None,
    ) -> None:
        if clip is not None and not clip > 0:
            raise InputError(f"clip is the largest norm of the gradients and must be above 0, not {clip}")
        schedule = schedule or ConstantRate()
        if steps is None and schedule != ConstantRate():
            raise InputError(f"{type(schedule).__name__} changes the rate over training: give its number of steps")
        if loss.shape:
            raise ShapeError(
                f"the loss must be a single number, but {loss.label} is {format_shape(loss.shape)};"
                " take its mean or sum"
            )
        self.loss = loss
        self.update_rule = update_rule or SGD()
        self.schedule = schedule
        self.steps = steps or 1
        self.clip = clip
        self.dtype = np.dtype(dtype)
        self.step_number = 0
        self._random = np.random.default_rng(seed)
        self._seeds = MaskSeeds(self._random)
        self._order = topological_order([loss])
        frozen = set(frozen)
        self.parameters = [node for node in self._order if isinstance(node, Parameter) and node not in frozen]
        if not self.parameters:
            raise InputError("the loss depends on no parameter that could be trained")
        self._wanted = _ancestors(self._order, self.parameters)
        for parameter in self.parameters:
            parameter.value = aligned_copy(parameter.value, self.dtype)
        self._states: dict[Parameter, State] = {node: self._initial_state(node) for node in self.parameters}
        self.threads = threads
        self.violators: float | None = None
        self._compiled = compiled and self.dtype == np.float32
        self._compiled_steps: CompiledSteps | None = None
        self._ahead: SettingsAhead | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what holds addresses, which are those of this process; the next step makes it anew."""
        return {**self.__dict__, "_compiled_steps": None, "_ahead": None}

    def step(self, feeds: Feeds | None = None) -> float:
        """Take one step on a batch.

        Parameters
        ----------
        feeds : arrays for the inputs of the loss, by name or node

        Returns
        -------
        float
            The loss before the update.

        Raises
        ------
        NonFiniteError
            When the loss or a gradient is NaN or infinite; the parameters are left as they were.
        """
        feeds = feeds or {}
        steps = self._compiled_steps or self._on_kernels()
        if steps is None or not (feeds.keys() == steps.plan.names or _by_input(feeds)):
            return self._reference_step(feeds)
        return self._compiled_step(steps, feeds)

    def losses(self, batches: Iterable[Feeds | Stack]) -> Iterator[float]:
        """Take a step on each batch and yield its loss; where kernels can, many steps are taken before the first loss.

        Parameters
        ----------
        batches : feeds of each step, `Minibatches`, or a `Stack` of several batches here and there
        """
        some = self._losses_of_rows(batches) if isinstance(batches, Minibatches) else self._losses_of_each(batches)
        return chain.from_iterable(some)

    def state(self) -> dict[str, Array]:
        """Return copies of all that training changes, by name: parameters, what the update rule remembers, the step.

        A trainer of the same loss and settings that `restore` gives them to goes on as this one would, to the last bit.
        (The generator of dropout masks is left out, so that holds for losses without dropout.)
        """
        arrays = {name: array.copy() for name, array in self._arrays().items()}
        return {**arrays, "step_number": np.array([self.step_number], np.int64)}

    def restore(self, state: Mapping[str, Array]) -> None:
        """Go on from what `state` returned.

        Raises
        ------
        InputError
            If an array is missing or of another shape; nothing is changed then.
        """
        own = self._arrays()
        for name, array in own.items():
            found = state[name].shape if name in state else None
            if found != array.shape:
                raise InputError(f"the state of {name!r} should have shape {array.shape}, found {found}")
        for name, array in own.items():
            array[...] = state[name]  # in place, as plans hold addresses
        self.step_number = int(state["step_number"][0])

    def _initial_state(self, parameter: Parameter) -> State:
        """Return what the update rule remembers of a parameter before the first step."""
        state = self.update_rule.initial_state(parameter.value)
        return {name: aligned_copy(array, array.dtype) for name, array in state.items()}

    def _arrays(self) -> dict[str, Array]:
        """Return all arrays that steps change, by name."""
        arrays = {parameter.label: parameter.value for parameter in self.parameters}
        if len(arrays) < len(self.parameters):
            raise InputError("two parameters have the same name; give each its own, so that they can be told apart")
        for parameter, remembered in self._states.items():
            arrays |= {f"{parameter.label}/{name}": array for name, array in remembered.items()}
        return arrays

    def _losses_of_each(self, batches: Iterable[Feeds | Stack]) -> Iterator[Iterable[float]]:
        """Take the steps of batches as they come, and yield the losses of some at a time."""
        for feeds in batches:
            yield self._losses_of_stack(feeds) if isinstance(feeds, Stack) else (self.step(feeds),)

    def _losses_of_stack(self, stack: Stack) -> Iterator[float]:
        """Take the steps of a stack on kernels, without coming back for each; what they cannot take, one by one."""
        steps = self._on_kernels()
        taken = None if steps is None else steps.take_stack(stack, self._settings_ahead(), self.step_number)
        if taken is not None:
            yield from self._losses_of_taken(taken)
        for number in range(0 if taken is None else taken.done, len(stack)):  # the next one fails, and says why
            yield self.step(stack.feeds(number))

    def _losses_of_rows(self, batches: Minibatches) -> Iterator[Iterable[float]]:
        """Take the steps of an epoch on kernels, many at a time, and yield their losses; the others one by one."""
        done, steps = 0, self._on_kernels()
        while done < batches.rows:
            taken = None if steps is None else steps.take_rows(batches, done, self._settings_ahead(), self.step_number)
            if taken is None or not taken.done:
                rows = batches.order[done : done + batches.batch]
                yield (self.step(batches.feeds(rows)),)  # where kernels failed, it fails, and says why
                done += len(rows)
            else:
                yield self._losses_of_taken(taken)
                done += taken.done * batches.batch

    def _losses_of_taken(self, taken: TakenSteps) -> Iterable[float]:
        """Count steps that were taken, and return their losses; while these are read, `violators` is that of each."""
        self.step_number += taken.done
        losses: list[float] = taken.losses[: taken.done].tolist()
        violators = taken.violators
        if violators is not None:
            return self._losses_with(violators, losses)
        self.violators = None
        return losses

    def _losses_with(self, violators: list[float], losses: list[float]) -> Iterator[float]:
        """Yield losses, each with its share of violators."""
        for loss, self.violators in zip(losses, violators, strict=True):
            yield loss

    def _on_kernels(self) -> CompiledSteps | None:
        """Return what takes steps on kernels, if these know all that the loss and the update rule ask for."""
        if self._compiled and self._compiled_steps is None:
            from deltarule import kernels

            kernels.load(kernels.TRAINING)  # before anything that needs them, as two processes are faster
            from deltarule.training.compiled_steps import compiled_steps

            clip = self.clip or 0.0
            self._compiled_steps = compiled_steps(
                self.loss, self._states, self._wanted, self.update_rule, clip, self.threads, self._seeds
            )
            self._compiled = self._compiled_steps is not None
        return self._compiled_steps

    def _compiled_step(self, steps: CompiledSteps, feeds: Feeds) -> float:
        """Take a step on kernels; where it fails, find out on the reference interpreter what went wrong."""
        loss, fine = steps.take(feeds, self._settings_ahead(), self.step_number)
        if not fine:
            self._reference_step(feeds, changing=False)
            raise NonFiniteError(
                f"a loss or gradient became infinite or NaN at step {self.step_number + 1}; lower the learning rate,"
                " or clip gradients by norm"
            )
        self.step_number += 1
        self.violators = steps.plan.violators
        return loss

    def _settings_ahead(self) -> SettingsAhead:
        """Return what kernels have to know of coming steps."""
        ahead = self._ahead
        if ahead is None or ahead.rule is not self.update_rule or ahead.schedule is not self.schedule:
            from deltarule.training.compiled_rules import SettingsAhead

            self._ahead = ahead = SettingsAhead(self.update_rule, self.schedule, self.steps)
        return ahead

    def _reference_step(self, feeds: Feeds, changing: bool = True) -> float:
        """Take a step on the reference interpreter, or only look whether loss and gradients are finite."""
        # Overflow is reported as an error that says where it began, rather than as a NumPy warning.
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            run = forward([self.loss], feeds, dtype=self.dtype, random=self._random, order=self._order)
            loss = finite_loss(run, self.loss, self.step_number + 1)
            backward(run, self.loss, wanted=self._wanted)
        gradients = {node: run.signals[node] for node in self.parameters if node in run.signals}
        # Without clipping, update rules square gradients.
        largest = np.inf if self.clip is not None else float(np.finfo(self.dtype).max)
        refuse_gradients(run, gradients, largest, self.step_number + 1)
        if not changing:
            return loss
        if self.clip is not None:
            gradients = clip_by_norm(gradients, self.clip)
        rate = self._rate()
        self.step_number += 1
        with np.errstate(over="ignore", invalid="ignore"):
            for parameter, gradient in gradients.items():
                self.update_rule.apply(parameter.value, gradient, self._states[parameter], rate, self.step_number)
        return loss

    @property
    def schedule_factor(self) -> float:
        """Share of the highest learning rate that the coming step takes."""
        return self.schedule.factor(self.step_number, self.steps)

    def changes_of_a_step(self, gradients: Mapping[Parameter, Array]) -> dict[Parameter, Array]:
        """Return what the coming step would add to parameters, given their gradients; nothing is changed."""
        changes = {}
        for parameter, gradient in gradients.items():
            if parameter in self._states:
                value = parameter.value.copy()
                state = {name: array.copy() for name, array in self._states[parameter].items()}
                self.update_rule.apply(value, gradient, state, self._rate(), self.step_number + 1)
                changes[parameter] = value - parameter.value
        return changes

    def _rate(self) -> float:
        """Return the learning rate of the coming step."""
        return self.update_rule.learning_rate * self.schedule_factor


def _by_input(feeds: Feeds) -> bool:
    """Say whether arrays are given for inputs alone, by name or node, and for nothing else."""
    return all(isinstance(key, str | Input) for key in feeds)


def _ancestors(order: list[Node], parameters: Iterable[Node]) -> set[Node]:
    """Return the nodes that depend on a parameter, and the parameters: those that need a signal."""
    needed = set(parameters)
    for node in order:
        if any(source in needed for source in node.inputs):
            needed.add(node)
    return needed
