"""Watching an array while a JAX function runs, inside of compiled functions and hand-written derivatives too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax

from deltarule.integrations.watching import Move, Use, Watch

__all__ = ["call_watched"]

CALLS = ("jit", "pjit", "closed_call", "custom_jvp_call", "custom_vjp_call", "custom_vjp_call_jaxpr", "checkpoint")
VIEWS = ("broadcast_in_dim", "convert_element_type", "copy", "expand_dims", "reshape", "squeeze", "transpose")


def call_watched(
    function: Callable[..., Any], arrays: Sequence[Any], watched: int, move: Move
) -> tuple[Any, list[Use]]:
    """Run a function of a list of arrays while one of them is watched.

    Parameters
    ----------
    function : takes the list and returns a number
    arrays : the list
    watched : which one
    move : how to move it

    Returns
    -------
    tuple of the number and the uses made of the array
    """
    watch = JaxWatch(move)
    given: list[Any] = list(arrays)
    given[watched] = _Watched(given[watched], given[watched] + move.shift)
    program = jax.make_jaxpr(function)(list(arrays))
    (result,) = _run(program.jaxpr, program.consts, given, watch)
    return watch.plain(result), watch.uses


@dataclass(frozen=True)
class _Watched:
    """The watched array or a view of it, as it is and as it is when moved."""

    as_it_is: Any
    moved: Any

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.as_it_is.shape)


class JaxWatch(Watch):
    """Watches an array of which both states are carried along."""

    def is_array(self, value: Any) -> bool:
        """Say whether a value is an array."""
        return isinstance(value, jax.Array)

    def is_watched(self, value: Any) -> bool:
        """Say whether a value is the watched array, or a view of it."""
        return isinstance(value, _Watched)

    def plain(self, value: Any) -> Any:
        """Return the array as it is."""
        return value.as_it_is if isinstance(value, _Watched) else value

    def moved(self, operand: Any) -> Any:
        """Return the array as it is when moved."""
        return operand.moved

    def with_row(self, output: Any, moved: Any, axis: int, index: int) -> Any:
        """Return `output` with one row of `moved`."""
        place = (slice(None),) * axis + (index,)
        return output.at[place].set(moved[place])


def _run(program: Any, constants: Sequence[Any], arguments: Sequence[Any], watch: JaxWatch) -> list[Any]:
    """Run the program that JAX traced, one primitive after the other."""
    values: dict[Any, Any] = dict(zip(program.constvars, constants, strict=True))
    values.update(zip(program.invars, arguments, strict=True))

    def read(variable: Any) -> Any:
        return variable.val if hasattr(variable, "val") else values[variable]

    for equation in program.eqns:
        outputs = _apply(equation, [read(variable) for variable in equation.invars], watch)
        values.update(zip(equation.outvars, outputs, strict=True))
    return [read(variable) for variable in program.outvars]


def _apply(equation: Any, operands: list[Any], watch: JaxWatch) -> Sequence[Any]:
    """Apply one primitive; go into those that only call another program."""
    name = equation.primitive.name
    if name in CALLS:
        inner = next(equation.params[key] for key in ("jaxpr", "call_jaxpr", "fun_jaxpr") if key in equation.params)
        program, constants = (inner.jaxpr, inner.consts) if hasattr(inner, "consts") else (inner, ())
        return _run(program, constants, operands, watch)

    def primitive(*values: Any) -> Any:
        prepared = equation.primitive.get_bind_params(equation.params)
        functions, parameters = prepared if isinstance(prepared, tuple) else ((), prepared)  # older JAX, newer JAX
        return equation.primitive.bind(*functions, *values, **parameters)

    primitive.__name__ = name
    if name in VIEWS and isinstance(operands[0], _Watched):
        rest = operands[1:]
        return [_Watched(primitive(operands[0].as_it_is, *rest), primitive(operands[0].moved, *rest))]
    output = watch.call(primitive, operands, {})
    return output if equation.primitive.multiple_results else [output]
