"""Nodes of a computational graph: leaves that hold or await arrays, and operations on earlier nodes."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Real
from typing import Any

import numpy as np

from deltarule.drawing import Drawing, layout_available
from deltarule.errors import InputError, ShapeError
from deltarule.graph.operation import Operation
from deltarule.graph.operations.arithmetic import Add, Divide, Exp, Log, Multiply, Negate, Power, Subtract
from deltarule.graph.operations.linear import MatMul
from deltarule.graph.picture import draw_nodes
from deltarule.graph.shapes import Shape, format_shape
from deltarule.graph.signals import Array

_SHOWN_NODES = 100  # of a graph that a notebook shows without being asked

__all__ = ["Constant", "DropoutMask", "Input", "Node", "Parameter", "apply", "topological_order"]


class Node:
    """One value in a computational graph.

    Nodes are made by functions such as `input`, `parameter`, `exp`, `affine`, and by ``+ - * / ** @`` between nodes and
    numbers. They are data: nothing is computed until a pass such as `deltarule.backprop` runs over them.

    Attributes
    ----------
    operation : the operation that makes the value, or ``None`` for a leaf
    inputs : the nodes it operates on
    shape : sizes of the axes; a name stands for a size known only at run time
    name : what the node is called in reports, or ``""``
    integer : whether the value is ids or labels, which have no gradient
    """

    __array_ufunc__ = None  # so that NumPy leaves `array + node` to Node.__radd__

    integer = False

    def __init__(self, operation: Operation | None, inputs: tuple[Node, ...], shape: Shape, name: str = "") -> None:
        self.operation = operation
        self.inputs = inputs
        self.shape = shape
        self.name = name

    def named(self, name: str) -> Node:
        """Give the node a name, by which `Run.value` and reports know it, and return it."""
        self.name = name
        return self

    @property
    def label(self) -> str:
        """The node's name, or its operation's."""
        if self.name or self.operation is None:
            return self.name
        return self.operation.name

    def draw(self) -> Drawing:
        """Draw the graph that makes this node: a box for each node, with what it is and its shape.

        `Run.draw` also shows values and error signals.

        Returns
        -------
        Drawing
            Shown by itself in notebooks; ``.svg`` is its text, ``.save(path)`` writes it.

        Raises
        ------
        InputError
            Where the package that lays out graphs is missing, which ``pip install 'deltarule[draw]'`` brings.

        Examples
        --------
        >>> import deltarule as dr
        >>> x, y = dr.input("x"), dr.input("y")
        >>> [node["label"] for node in (x * y).draw().nodes]
        ['x', 'y', '×']
        """
        return draw_nodes(topological_order([self]))

    def _repr_svg_(self) -> str | None:
        """Show graphs that are not too large in notebooks."""
        if not layout_available() or len(topological_order([self])) > _SHOWN_NODES:
            return None
        return self.draw().svg

    def __repr__(self) -> str:
        return f"<{self.label} {format_shape(self.shape)}>"

    def __add__(self, other: Any) -> Node:
        return apply(Add(), self, other)

    def __radd__(self, other: Any) -> Node:
        return apply(Add(), other, self)

    def __sub__(self, other: Any) -> Node:
        return apply(Subtract(), self, other)

    def __rsub__(self, other: Any) -> Node:
        return apply(Subtract(), other, self)

    def __mul__(self, other: Any) -> Node:
        return apply(Multiply(), self, other)

    def __rmul__(self, other: Any) -> Node:
        return apply(Multiply(), other, self)

    def __truediv__(self, other: Any) -> Node:
        return apply(Divide(), self, other)

    def __rtruediv__(self, other: Any) -> Node:
        return apply(Divide(), other, self)

    def __matmul__(self, other: Any) -> Node:
        return apply(MatMul(), self, other)

    def __rmatmul__(self, other: Any) -> Node:
        return apply(MatMul(), other, self)

    def __neg__(self) -> Node:
        return apply(Negate(), self)

    def __pow__(self, exponent: Any) -> Node:
        if isinstance(exponent, Real):
            return apply(Power(float(exponent)), self)
        # x^y = e^(y log x): needs x > 0, as any power with an unknown exponent does.
        return apply(Exp(), exponent * apply(Log(), self))

    def __rpow__(self, base: Any) -> Node:
        return apply(Exp(), self * apply(Log(), base))


class Input(Node):
    """A leaf whose array is fed when the graph runs; with `integer`, it holds ids or labels and has no gradient."""

    def __init__(self, name: str, shape: Shape = (), integer: bool = False) -> None:
        super().__init__(None, (), tuple(shape), name)
        self.integer = integer


class Parameter(Node):
    """A leaf that holds the array that training changes."""

    def __init__(self, value: Any, name: str = "") -> None:
        self.value: Array = np.asarray(value)
        if self.value.dtype.kind != "f":
            self.value = self.value.astype(np.float64)
        super().__init__(None, (), self.value.shape, name)


class Constant(Node):
    """A leaf that holds an array that does not change; with `integer`, ids or labels."""

    def __init__(self, value: Any, name: str = "", integer: bool = False) -> None:
        self.value: Array = np.asarray(value)
        if self.value.dtype.kind not in ("iu" if integer else "fiub"):
            expected = "ids or labels (whole numbers)" if integer else "a number or an array of numbers"
            raise InputError(f"expected a node or {expected}, not {value!r}")
        if not integer:
            self.value = self.value.astype(np.float64)
        self.integer = integer
        super().__init__(
            None, (), self.value.shape, name or (f"{self.value:g}" if self.value.ndim == 0 else "constant")
        )


class DropoutMask(Node):
    """A leaf drawn anew at each training run: 0 with probability `rate`, else 1 / (1 − rate); 1 when not training.

    It takes the shape of the node that it will be multiplied with.
    """

    def __init__(self, like: Node, rate: float) -> None:
        if not 0 <= rate < 1:
            raise InputError(f"a dropout rate must be at least 0 and below 1, not {rate}")
        super().__init__(None, (), like.shape, "dropout mask")
        self.like = like
        self.rate = rate

    def sample(self, shape: tuple[int, ...], dtype: Any, random: np.random.Generator) -> Array:
        """Draw a mask."""
        kept = random.random(shape, dtype=np.float32) >= self.rate
        return np.multiply(kept, 1 / (1 - self.rate), dtype=dtype)


def apply(operation: Operation, *operands: Any) -> Node:
    """Add an operation to the graph; numbers and arrays among its operands become constants.

    Raises
    ------
    ShapeError
        When the operands' shapes do not fit; names the operation, its inputs and their shapes.
    """
    inputs = tuple(
        operand if isinstance(operand, Node) else Constant(operand, integer=position in operation.integer_inputs)
        for position, operand in enumerate(operands)
    )
    for position, node in enumerate(inputs):
        if node.integer != (position in operation.integer_inputs):
            expected = "ids or labels, declared with integer=True" if not node.integer else "numbers, not ids or labels"
            raise InputError(f"{operation.name}: its input {node.label!r} must hold {expected}")
    try:
        shape = operation.output_shape(*(node.shape for node in inputs))
    except ShapeError as error:
        described = ", ".join(f"{node.label}: {format_shape(node.shape)}" for node in inputs)
        raise ShapeError(f"{operation.name}({described}): {error}") from None
    return Node(operation, inputs, shape)


def topological_order(outputs: Iterable[Node]) -> list[Node]:
    """List the nodes that the outputs depend on, each after its inputs.

    Parameters
    ----------
    outputs : nodes to end at

    Returns
    -------
    list of Node
        Every node once; the order is that of construction, so it is the same at each call.
    """
    order: list[Node] = []
    entered: set[Node] = set()
    stack: list[tuple[Node, bool]] = [(node, False) for node in reversed(list(outputs))]
    while stack:
        node, inputs_done = stack.pop()
        if inputs_done:
            order.append(node)
        elif node not in entered:
            entered.add(node)
            stack.append((node, True))
            stack.extend((source, False) for source in reversed(node.inputs))
    return order
