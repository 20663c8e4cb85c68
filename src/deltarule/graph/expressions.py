"""Expressions such as ``sigmoid(w*x + b)``, read into graphs. They are parsed, never evaluated as Python."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

from deltarule.errors import InputError
from deltarule.graph import functions
from deltarule.graph.node import Input, Node

__all__ = ["FUNCTIONS", "Expression", "parse_expression"]

_MOST_CHARACTERS, _MOST_OPERATIONS = 2000, 500


def _smaller(x: Node, y: Any) -> Node:
    """min(x, y) = −max(−x, −y)."""
    return -functions.maximum(-x, -y)


FUNCTIONS: dict[str, Callable[..., Node]] = {
    "abs": functions.absolute,
    "exp": functions.exp,
    "hard_tanh": functions.hard_tanh,
    "leaky_relu": functions.leaky_relu,
    "log": functions.log,
    "relu": functions.relu,
    "sigmoid": functions.sigmoid,
    "soft_sign": functions.soft_sign,
    "sqrt": lambda x: x**0.5,
    "tanh": functions.tanh,
    "σ": functions.sigmoid,
}
"""Functions of one number that an expression may call."""

_OF_SEVERAL: dict[str, Callable[[Any, Any], Node]] = {"max": functions.maximum, "min": _smaller}
_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Node]] = {
    ast.Add: lambda x, y: x + y,
    ast.Sub: lambda x, y: x - y,
    ast.Mult: lambda x, y: x * y,
    ast.Div: lambda x, y: x / y,
    ast.Pow: lambda x, y: x**y,
}
_KNOWN = "numbers, names, + - * / ** and parentheses"


@dataclass(frozen=True)
class Expression:
    """An expression as a graph.

    Attributes
    ----------
    output : the node of the whole expression
    inputs : the scalar input of each name, in the order in which the names appear
    texts : the part of the expression that each operation stands for
    """

    output: Node
    inputs: dict[str, Input] = field(default_factory=dict)
    texts: dict[Node, str] = field(default_factory=dict)


def parse_expression(text: str) -> Node:
    """Read an expression of numbers as a graph, whose inputs are the names in it.

    Known are numbers, names, ``+ - * / **``, parentheses, ``max`` and ``min`` of several, and of one number ``abs``,
    ``exp``, ``hard_tanh``, ``leaky_relu``, ``log``, ``relu``, ``sigmoid`` or ``σ``, ``soft_sign``, ``sqrt``, ``tanh``.

    Parameters
    ----------
    text : the expression, in Python's notation; it is never run as Python

    Returns
    -------
    Node
        The value of the whole; each name is a scalar `input`.

    Raises
    ------
    InputError
        When something else stands in it, with the place; or when it is too long.

    Examples
    --------
    >>> import deltarule as dr
    >>> f = dr.parse_expression("x*y")
    >>> run = dr.backprop(f, {"x": 4.0, "y": -3.0})
    >>> run.value(f), run.gradient("x"), run.gradient("y")
    (-12.0, -3.0, 4.0)
    """
    return read_expression(text).output


def read_expression(text: str, most_operations: int = _MOST_OPERATIONS) -> Expression:
    """Read an expression; see `parse_expression`. It may have at most so many operations and numbers."""
    if len(text) > _MOST_CHARACTERS:
        raise InputError(f"an expression may have {_MOST_CHARACTERS} characters, not {len(text)}")
    if not text.strip():
        raise InputError("the expression is empty; type one, such as x*y")
    reader = _Reader(text, most_operations)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python's advice on what it takes to be a program
            tree = ast.parse(text.strip(), mode="eval")
        output = reader.node(tree.body)
    except SyntaxError as error:
        place = f" at character {error.offset}" if error.offset else ""
        raise InputError(f"the expression cannot be read{place}: {error.msg}") from None
    except (RecursionError, MemoryError):
        raise InputError("the expression is nested too deeply") from None
    except ValueError as error:  # of Python's parser: null bytes, numbers of thousands of digits
        raise (
            error if isinstance(error, InputError) else InputError(f"the expression cannot be read: {error}")
        ) from None
    if not isinstance(output, Node):
        output = functions.constant(output)
    return Expression(output, reader.inputs, reader.texts)


class _Reader:
    """Turns a syntax tree into nodes, the parts of an operation before the operation itself."""

    def __init__(self, text: str, most_operations: int) -> None:
        self.text, self.most_operations = text, most_operations
        self.inputs: dict[str, Input] = {}
        self.texts: dict[Node, str] = {}
        self.count = 0

    def node(self, tree: ast.expr) -> Any:
        """Return the node of a part of the expression, or its number."""
        self.count += 1
        if self.count > 2 * self.most_operations:
            raise InputError(f"the expression is too large: at most {self.most_operations} operations are allowed")
        if isinstance(tree, ast.Constant):
            return self._number(tree)
        if isinstance(tree, ast.Name):
            return self._input(tree)
        if isinstance(tree, ast.UnaryOp):
            return self._signed(tree)
        if isinstance(tree, ast.BinOp):
            return self._binary(tree)
        if isinstance(tree, ast.Call):
            return self._call(tree)
        raise self._unknown(tree)

    def _number(self, tree: ast.Constant) -> float:
        if type(tree.value) not in (int, float):
            raise self._unknown(tree)
        try:
            number = float(tree.value)  # type: ignore[arg-type]
        except OverflowError:
            number = float("inf")
        if number == float("inf"):
            raise InputError(f"the number at character {tree.col_offset + 1} of the expression is too large")
        return number

    def _input(self, tree: ast.Name) -> Input:
        name = tree.id
        if name in FUNCTIONS or name in _OF_SEVERAL:
            raise InputError(f"{name} is a function: write {name}(...), and choose another name for a number")
        if name not in self.inputs:
            self.inputs[name] = functions.input(name)
        return self.inputs[name]

    def _signed(self, tree: ast.UnaryOp) -> Any:
        operand = self.node(tree.operand)
        if isinstance(tree.op, ast.UAdd):
            return operand
        if isinstance(tree.op, ast.USub):
            return -operand if isinstance(operand, float) else self._told(-operand, tree)
        raise self._unknown(tree)

    def _binary(self, tree: ast.BinOp) -> Node:
        if isinstance(tree.op, ast.BitXor):
            raise InputError("^ is not known in an expression; write x**2 for a power")
        if type(tree.op) not in _OPERATORS:
            raise self._unknown(tree)
        x, y = self.node(tree.left), self.node(tree.right)
        if not isinstance(x, Node) and not isinstance(y, Node):
            x = functions.constant(x)
        return self._told(_OPERATORS[type(tree.op)](x, y), tree)

    def _call(self, tree: ast.Call) -> Node:
        name = tree.func.id if isinstance(tree.func, ast.Name) else ast.unparse(tree.func)
        if name not in FUNCTIONS and name not in _OF_SEVERAL:
            known = ", ".join([*FUNCTIONS, *_OF_SEVERAL])
            raise InputError(f"there is no function {name[:40]}; an expression may call: {known}")
        if tree.keywords or any(isinstance(argument, ast.Starred) for argument in tree.args):
            raise InputError(f"{name} takes numbers, separated by commas, and nothing else")
        arguments = [self.node(argument) for argument in tree.args]
        arguments = [argument if isinstance(argument, Node) else functions.constant(argument) for argument in arguments]
        if name in _OF_SEVERAL:
            if len(arguments) < 2:
                raise InputError(f"{name} compares numbers: give it two or more, as in {name}(x, y)")
            return self._told(reduce(_OF_SEVERAL[name], arguments), tree)
        if len(arguments) != 1:
            raise InputError(f"{name} takes one number, not {len(arguments)}")
        return self._told(FUNCTIONS[name](*arguments), tree)

    def _told(self, node: Node, tree: ast.expr) -> Node:
        """Remember which part of the expression a node stands for."""
        self.texts[node] = ast.get_source_segment(self.text.strip(), tree) or ast.unparse(tree)
        return node

    def _unknown(self, tree: ast.expr) -> InputError:
        part = ast.unparse(tree)
        part = part if len(part) <= 40 else part[:40] + "…"
        return InputError(f"{part} is not known in an expression, which has {_KNOWN}, and functions such as sigmoid(x)")
