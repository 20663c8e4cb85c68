"""The gradient check: backpropagation against central differences, entry by entry."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from deltarule.checking.adapted_loss import AdaptedLoss
from deltarule.checking.checked_loss import CheckedLoss
from deltarule.checking.comparison import compare
from deltarule.checking.differences import FLOAT32, FLOAT64
from deltarule.checking.function_loss import FunctionLoss
from deltarule.checking.graph_loss import GraphLoss, leaves_of
from deltarule.checking.report import GradientReport
from deltarule.errors import InputError
from deltarule.execution.reference import Feeds
from deltarule.graph import Node
from deltarule.integrations import adapt

__all__ = ["gradient_check"]


PRECISIONS = {"float64": FLOAT64, "float32": FLOAT32}


def gradient_check(
    target: Any,
    gradient: Any = None,
    at: Any = None,
    *,
    objective: Any = None,
    feeds: Feeds | None = None,
    sample: int | None = None,
    seed: int = 0,
    tolerance: float | None = None,
    step: float | None = None,
    precision: Literal["float64", "float32"] = "float64",
) -> GradientReport:
    r"""Compare a gradient with central differences, entry by entry.

    ∂J/∂θ_i ≈ (J(θ + h e_i) − J(θ − h e_i)) / 2h. Exact enough to test with, too slow to train with: two evaluations
    of the loss an entry. There are five uses:

    * ``gradient_check(network, objective=...)``: the parameters of a network;
    * ``gradient_check(node, feeds=...)``: the parameters and the inputs of numbers of any graph;
    * ``gradient_check(function, gradient, at)``: any function and gradient over NumPy arrays;
    * ``gradient_check(module, inputs)``: a PyTorch module, function or `torch.autograd.Function`, with PyTorch's
      gradient of its parameters and inputs;
    * ``gradient_check(function, inputs)``: a JAX function of arrays and pytrees, compiled or not, with JAX's gradient.

    An entry *agrees* when |a − n| / max(|a|, |n|, floor) ≤ `tolerance`. The floor is 8 eps M / (h `tolerance`), where
    M is the size of the numbers that the loss is made of: so a gap that rounding of the loss explains is no alarm.
    Where a first difference disagrees, seven step sizes are tried and extrapolated before an entry is called *wrong*.
    It is a *kink*, and does not fail, where the point is not differentiable: in a graph when the smallest steps still
    reach another smooth piece of an operation, which the report names; for a function when left and right slopes stay
    apart as the step shrinks, and the gradient lies between them (outside it is wrong). A wrong gradient is given its
    likely cause where the error has a form that is recognised. Only first derivatives are checked.

    Parameters
    ----------
    target : a network (with ``parameters`` by name), a node, or a function of arrays that computes in float64; or a
        PyTorch module, a method of one, a subclass of `torch.autograd.Function`, a function of tensors, or a JAX
        function. A module stays as it is: a copy is checked, in its mode, with the same dropout at every evaluation
    gradient : for a function of NumPy arrays: takes the same arrays and returns an array for each. For PyTorch and JAX,
        which have gradients, the inputs stand here
    at : for a function: an array, a list or tuple of arrays, or a dict of arrays passed by name; they stay unchanged.
        For PyTorch and JAX: the one input, or a tuple of inputs; for PyTorch also a dict of inputs by name (for JAX a
        dict is one input, a pytree). Tensors of floats are checked: those with ``requires_grad``, or all if none has it
    objective : for a network: ``objective.loss(network)`` builds the loss. For PyTorch and JAX: takes the output and
        returns one number; by default outputs are summed with weights drawn from `seed`
    feeds : arrays for inputs, by name or node; missing ones are drawn from `seed` (named dimensions have size 5), and
        so are dropout masks, which then stay
    sample : entries to check in each parameter; by default all, up to 4000 in total, and a sample beyond. Four fifths
        of the sample from a table go to rows that were looked up
    seed : of the sample, of drawn inputs and of weights, and of PyTorch's random numbers
    tolerance : largest relative error that agrees; by default 1e-6, and 1e-2 in float32
    step : first h for entries between −1 and 1, in proportion beyond; by default the cube root of eps: 6e-6, and 5e-3
        in float32
    precision : "float64" checks float32 modules in a float64 copy; "float32" checks functions that can do nothing else

    Returns
    -------
    GradientReport
        True if no entry is wrong; ``print`` shows a row a parameter.

    Raises
    ------
    InputError
        When the arguments belong to none of the uses, the gradient's shapes do not match `at`, the function returns
        anything but a number of the precision, two calls give different numbers, or there is nothing to check.
    NonFiniteError
        When the loss itself is NaN or infinite.

    Examples
    --------
    >>> import numpy as np
    >>> from deltarule.checking import gradient_check
    >>> bool(gradient_check(lambda x: np.sum(x**3), lambda x: 3 * x**2, np.array([1.0, -2.0])))
    True
    >>> report = gradient_check(lambda x: np.sum(x**3), lambda x: 6 * x**2, np.array([1.0, -2.0]))
    >>> report["at"].wrong, report["at"].verdict, report["at"].cause.form
    (2, 'wrong', 'factor')
    """
    positive = [number for number in (tolerance, step) if number is not None]
    if not all(number > 0 for number in positive) or (sample is not None and sample < 1):
        raise InputError("tolerance, step and sample must be above 0")
    if precision not in PRECISIONS:
        raise InputError(f'precision must be "float64" or "float32", not {precision!r}')
    with np.errstate(all="ignore"):  # a step out of the loss's domain is discarded; NaN elsewhere is reported
        loss = _loss(target, gradient, at, objective, feeds, seed, precision)
        return compare(loss, sample=sample, seed=seed, tolerance=tolerance, step=step, precision=PRECISIONS[precision])


def _loss(
    target: Any, gradient: Any, at: Any, objective: Any, feeds: Feeds | None, seed: int, precision: str
) -> CheckedLoss:
    """Find out which of the uses is meant."""
    if isinstance(target, Node):
        return GraphLoss(target, leaves_of(target), feeds or {}, seed)
    inputs = gradient if at is None else at
    if not callable(gradient) or hasattr(gradient, "dtype"):
        adapted = adapt(target, inputs, objective, seed, precision)
        if adapted is not None:
            if inputs is None:
                raise InputError(f"to check a {type(target).__name__}, give its inputs: gradient_check(target, inputs)")
            return AdaptedLoss(adapted)
    if gradient is not None:
        if at is None or not callable(target) or not callable(gradient):
            raise InputError("to check a function, give gradient_check(function, gradient, at)")
        return FunctionLoss(target, gradient, at, precision)
    if not hasattr(target, "parameters"):
        raise InputError(
            f"cannot check a {type(target).__name__}: give a network, a node, or a function and its gradient"
        )
    if objective is None:
        raise InputError("to check a network, say what it is trained for: objective=MaxMargin(1.0), for example")
    return GraphLoss(objective.loss(target), target.parameters, feeds or {}, seed)
