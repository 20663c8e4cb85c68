"""One training step: forward, backward, clip, update."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from deltarule.errors import InputError, NonFiniteError, ShapeError
from deltarule.execution.reference import Feeds, Run, backward, forward
from deltarule.graph import Node, Parameter, RowSignal, Signal, topological_order
from deltarule.graph.shapes import format_shape
from deltarule.training.schedules import ConstantRate, Schedule
from deltarule.training.update_rules import SGD, State, UpdateRule

__all__ = ["Trainer", "clip_by_norm", "first_non_finite"]


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

    Attributes
    ----------
    step_number : steps taken so far

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
        self._order = topological_order([loss])
        frozen = set(frozen)
        self.parameters = [node for node in self._order if isinstance(node, Parameter) and node not in frozen]
        if not self.parameters:
            raise InputError("the loss depends on no parameter that could be trained")
        self._wanted = _ancestors(self._order, self.parameters)
        for parameter in self.parameters:
            parameter.value = np.array(parameter.value, self.dtype)
        self._states: dict[Parameter, State] = {
            parameter: self.update_rule.initial_state(parameter.value) for parameter in self.parameters
        }

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
        # Overflow is reported as an error that says where it began, rather than as a NumPy warning.
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            run = forward([self.loss], feeds, dtype=self.dtype, random=self._random, order=self._order)
            loss = float(run.values[self.loss])
            if not np.isfinite(loss):
                raise NonFiniteError(f"the loss became {loss} at step {self.step_number + 1}: {_where(run)}")
            backward(run, self.loss, wanted=self._wanted)
        gradients = {node: run.signals[node] for node in self.parameters if node in run.signals}
        self._refuse_non_finite(gradients, run)
        if self.clip is not None:
            gradients = clip_by_norm(gradients, self.clip)
        rate = self.update_rule.learning_rate * self.schedule.factor(self.step_number, self.steps)
        self.step_number += 1
        with np.errstate(over="ignore", invalid="ignore"):
            for parameter, gradient in gradients.items():
                self.update_rule.apply(parameter.value, gradient, self._states[parameter], rate, self.step_number)
        return loss

    def _refuse_non_finite(self, gradients: dict[Parameter, Signal], run: Run) -> None:
        """Refuse gradients that are not finite, or so large that update rules cannot square them, unless clipped."""
        largest = np.inf if self.clip is not None else float(np.finfo(self.dtype).max)
        for parameter, gradient in gradients.items():
            squared = _squared_norm(gradient)
            if np.isfinite(squared) and squared <= largest:
                continue
            became = f"the gradient of {parameter.label!r} became infinite or NaN at step {self.step_number + 1}"
            if first_non_finite(run) is not None:
                raise NonFiniteError(f"{became}: {_where(run)}")
            raise NonFiniteError(f"{became}; lower the learning rate, or clip gradients by norm")


def clip_by_norm(gradients: dict[Parameter, Signal], largest: float) -> dict[Parameter, Signal]:
    """Scale all gradients by the same factor so that their joint Euclidean norm is at most `largest`."""
    distinct = {node: g.distinct() if isinstance(g, RowSignal) else g for node, g in gradients.items()}
    norm = float(np.sqrt(sum(_squared_norm(gradient) for gradient in distinct.values())))
    if norm <= largest:
        return distinct
    factor = largest / norm
    return {
        node: RowSignal(g.rows, g.values * factor, g.shape) if isinstance(g, RowSignal) else g * factor
        for node, g in distinct.items()
    }


def first_non_finite(run: Run) -> Node | None:
    """Return the first node, in the order of computation, whose value has a NaN or an infinity."""
    return next((node for node in run.order if not np.isfinite(run.values[node]).all()), None)


def _where(run: Run) -> str:
    """Say where a bad value came from and what to do about it."""
    node = first_non_finite(run)
    if node is None or node.operation is not None:
        return f"it first appeared in {node!r}; lower the learning rate, or clip gradients by norm"
    return f"it was already in {node.label!r}; look for bad numbers in the data or the first values of parameters"


def _squared_norm(gradient: Signal) -> float:
    values = gradient.values if isinstance(gradient, RowSignal) else gradient
    squared = float(np.vdot(values, values))
    if np.isfinite(squared) or values.dtype == np.float64:
        return squared
    wide = values.astype(np.float64)  # squares overflow single precision long before the gradient does
    return float(np.vdot(wide, wide))


def _ancestors(order: list[Node], parameters: Iterable[Node]) -> set[Node]:
    """Return the nodes that depend on a parameter, and the parameters: those that need a signal."""
    needed = set(parameters)
    for node in order:
        if any(source in needed for source in node.inputs):
            needed.add(node)
    return needed
