"""PyTorch modules and functions as losses of NumPy arrays; imported only when one is checked."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MethodType
from typing import Any, NamedTuple

import numpy as np
import torch

from deltarule.errors import InputError
from deltarule.integrations.array_function import (
    CONVERTED,
    Array,
    ArrayFunction,
    GradientShapeError,
    weights_of_outputs,
)
from deltarule.integrations.torch_watching import call_watched
from deltarule.integrations.trees import leaves, map_tree, named_arguments
from deltarule.integrations.watching import Move, Use

__all__ = ["TorchFunction"]

PRECISIONS = {"float64": torch.float64, "float32": torch.float32}


class TorchFunction(ArrayFunction):
    """A PyTorch module, function or `torch.autograd.Function`, on a copy of the module and of the inputs.

    Every evaluation begins with the same seed and the same buffers: so dropout drops the same entries each time, and
    running statistics stay where they are.

    Parameters
    ----------
    target : a module, a method of one, a function of tensors, or a subclass of `torch.autograd.Function`
    inputs : a tuple of arguments in order, a dict of arguments by name, or the one argument
    objective : takes the output and returns one number; by default a fixed weighted sum of all outputs
    seed : of dropout and of these weights
    precision : "float64" or "float32"
    """

    def __init__(self, target: Any, inputs: Any, objective: Any, seed: int, precision: str) -> None:
        self.kind, self.seed = PRECISIONS[precision], seed
        called = _copied_target(target, self.kind)
        self.module, self.function = called.module, called.function
        self.objective = _copy_of(objective, self.kind) if isinstance(objective, torch.nn.Module) else objective
        named = _by_name(called, inputs)
        parameters = dict(self.module.named_parameters()) if self.module else {}
        named = {f"{name} (input)" if name in parameters else name: value for name, value in named.items()}
        self.tensors = {name: tensor for name, tensor in parameters.items() if tensor.requires_grad}
        self.keywords = isinstance(inputs, Mapping)
        self.arguments = self._prepared(named)
        self.buffers = [(buffer, buffer.clone()) for buffer in self.module.buffers()] if self.module else []
        self.arrays = {name: _array(tensor) for name, tensor in self.tensors.items()}
        devices = {tensor.device.index for tensor in self.tensors.values() if tensor.device.type == "cuda"}
        self.generators = [torch.default_generator, *(torch.cuda.default_generators[device] for device in devices)]
        self.weights: list[torch.Tensor] | None = None
        self.size = 0.0
        given = [leaf for _, leaf in leaves(inputs) if isinstance(leaf, torch.Tensor)]
        self.converted = precision == "float64" and any(map(_is_single, [*given, *called.parameters]))
        self.note = CONVERTED if self.converted else ""

    def value(self) -> float:
        """Compute the loss."""
        with self._ready():
            return float(self._loss().detach())

    def gradients(self) -> dict[str, Array]:
        """Ask PyTorch for the gradient."""
        with self._ready():
            loss = self._loss()
            found: Any = [None] * len(self.tensors)
            if loss.requires_grad:
                with _explained():
                    found = torch.autograd.grad(loss, [*self.tensors.values()], allow_unused=True)
        return {
            name: np.zeros_like(self.arrays[name]) if gradient is None else _array(gradient)
            for name, gradient in zip(self.tensors, found, strict=True)
        }

    def magnitude(self) -> float:
        """Return the sum of the sizes of all weighted outputs."""
        return self.size

    def moved(self, name: str, move: Move) -> tuple[float, list[Use]]:
        """Compute the loss with a tensor moved in one of its uses only."""
        with self._ready():
            loss, uses = call_watched(self._loss, self.tensors[name], move)
            return float(loss.detach()), uses

    def _prepared(self, named: dict[str, Any]) -> dict[str, Any]:
        """Copy the arguments; their tensors of numbers become leaves to check: those with requires_grad, if any has."""
        given = [leaf for _, leaf in leaves([*named.values()])]
        chosen = any(isinstance(leaf, torch.Tensor) and leaf.requires_grad for leaf in given)
        names = iter([name for argument, value in named.items() for name, _ in leaves(value, argument)])

        def prepared(leaf: Any) -> Any:
            name = next(names)
            if isinstance(leaf, np.ndarray):
                leaf = torch.from_numpy(leaf.copy())
            if not isinstance(leaf, torch.Tensor):
                return leaf
            if leaf.is_complex():
                raise InputError(f"{name} is complex; the check is for real numbers")
            if not leaf.is_floating_point():
                return leaf.clone()
            tensor = leaf.detach().clone(memory_format=torch.contiguous_format).to(self.kind)
            if leaf.requires_grad or not chosen:
                self.tensors[name] = tensor.requires_grad_()
            return tensor

        return {argument: map_tree(prepared, value) for argument, value in named.items()}

    @contextmanager
    def _ready(self) -> Iterator[None]:
        """Bring the arrays in, set the buffers back, and seed; afterwards the caller's random state is as before."""
        for name, tensor in self.tensors.items():
            tensor.data.copy_(torch.from_numpy(self.arrays[name]))
        for buffer, kept in self.buffers:
            buffer.data.copy_(kept)
        with (
            _seeded(self.generators, self.seed),
            _one_thread(),
            torch.enable_grad(),
            _precision_explained(self.converted),
        ):
            yield

    def _loss(self) -> torch.Tensor:
        """Run forward, to one number."""
        output = self.function(**self.arguments) if self.keywords else self.function(*self.arguments.values())
        if self.objective is not None:
            output = self.objective(output)
        outputs = [leaf for _, leaf in leaves(output) if isinstance(leaf, torch.Tensor) and leaf.is_floating_point()]
        if not outputs:
            raise InputError(f"the function must return a tensor of numbers, or several, not {type(output).__name__}")
        if self.objective is not None and outputs[0].numel() != 1:
            raise InputError(f"the objective must return one number, not shape {tuple(outputs[0].shape)}")
        if self.kind == torch.float64 and any(part.dtype != torch.float64 for part in outputs):
            raise InputError(
                f"the function returned {str(outputs[0].dtype).removeprefix('torch.')} for float64 inputs: differences"
                ' need one that computes in float64, or precision="float32"'
            )
        return self._weighted_sum([part.double() for part in outputs])

    def _weighted_sum(self, outputs: list[torch.Tensor]) -> torch.Tensor:
        """Sum all outputs, each with its own fixed weight."""
        if self.weights is None:
            random = np.random.default_rng(self.seed)
            self.weights = [
                torch.from_numpy(weights_of_outputs(tuple(part.shape), random)).to(part.device) for part in outputs
            ]
        products = [(part * weight) for part, weight in zip(outputs, self.weights, strict=True)]
        self.size = sum(float(product.detach().abs().sum()) for product in products)
        return sum((product.sum() for product in products[1:]), products[0].sum())


class _Called(NamedTuple):
    """What to call in place of the target.

    `named` is the function whose signature names the arguments, after `skipped` others; `parameters` are the caller's.
    """

    function: Callable[..., Any]
    named: Callable[..., Any]
    skipped: int = 0
    module: torch.nn.Module | None = None
    parameters: tuple[torch.Tensor, ...] = ()


def _copied_target(target: Any, kind: torch.dtype) -> _Called:
    """Find out what the target is, and copy the module that it is or belongs to."""
    owner = getattr(target, "__self__", None)
    if isinstance(target, torch.nn.Module):
        module = _copy_of(target, kind)
        return _Called(module, module.forward, 0, module, tuple(target.parameters()))
    if isinstance(owner, torch.nn.Module):
        module = _copy_of(owner, kind)
        method = MethodType(target.__func__, module)
        return _Called(method, method, 0, module, tuple(owner.parameters()))
    function: Any = target if isinstance(target, type) else owner
    if torch.autograd.Function in getattr(function, "__mro__", ()):
        return _Called(function.apply, function.forward, 0 if "setup_context" in function.__dict__ else 1)
    return _Called(target, target)


def _copy_of(module: torch.nn.Module, kind: torch.dtype) -> torch.nn.Module:
    """Copy a module, in another precision."""
    try:
        return copy.deepcopy(module).to(kind)
    except Exception as error:
        raise InputError(f"cannot copy the module, which the check needs to leave yours alone: {error}") from error


def _is_single(tensor: torch.Tensor) -> bool:
    return tensor.is_floating_point() and tensor.dtype != torch.float64


def _by_name(called: _Called, inputs: Any) -> dict[str, Any]:
    """Name the arguments."""
    if isinstance(inputs, Mapping):
        return dict(inputs)
    arguments = inputs if isinstance(inputs, tuple) and not hasattr(inputs, "_fields") else (inputs,)
    return dict(zip(named_arguments(called.named, arguments, called.skipped), arguments, strict=True))


def _array(tensor: torch.Tensor) -> Array:
    if tensor.layout != torch.strided:
        tensor = tensor.to_dense()
    return np.array(tensor.detach().cpu().numpy())


@contextmanager
def _seeded(generators: list[torch.Generator], seed: int) -> Iterator[None]:
    """Seed generators of random numbers, and set them back."""
    states = [generator.get_state() for generator in generators]
    for generator in generators:
        generator.manual_seed(seed)
    try:
        yield
    finally:
        for generator, state in zip(generators, states, strict=True):
            generator.set_state(state)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let PyTorch compute in one thread: in small functions, called often, threads wait for each other."""
    threads = torch.get_num_threads()
    if threads != 1:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        if threads != 1:
            torch.set_num_threads(threads)


@contextmanager
def _precision_explained(changed: bool) -> Iterator[None]:
    """Say what to do where a function meets tensors of two precisions because the check changed one."""
    try:
        yield
    except RuntimeError as error:
        if changed and re.search(r"dtype|Double|scalar type", str(error)):
            raise InputError(
                f"{error}. The check runs in float64, but the function also uses tensors of its own: give these as"
                ' inputs, or give the module itself as the target, or set precision="float32"'
            ) from error
        raise


@contextmanager
def _explained() -> Iterator[None]:
    """Read PyTorch's complaint that a backward returned a wrong shape."""
    try:
        yield
    except RuntimeError as error:
        found = re.search(
            r"Function (\w+) returned .* index (\d+).* got \[(.*?)\] but expected .*?\[(.*?)\]", str(error)
        )
        if found is None:
            raise
        got, expected = (tuple(map(int, re.findall(r"\d+", shape))) for shape in found.groups()[2:])
        raise GradientShapeError(f"{found[1]}, for its input {found[2]},", got, expected) from error
