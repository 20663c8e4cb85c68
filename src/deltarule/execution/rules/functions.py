"""Functions of each entry: how kernels call them."""

from __future__ import annotations

from deltarule.graph import Node
from deltarule.graph.operations import activations, arithmetic
from deltarule.kernels import elementwise

__all__ = ["FUNCTIONS", "function_code"]

FUNCTIONS: dict[type, int] = {
    activations.Sigmoid: elementwise.SIGMOID,
    activations.Tanh: elementwise.TANH,
    activations.HardTanh: elementwise.HARD_TANH,
    activations.SoftSign: elementwise.SOFT_SIGN,
    activations.ReLU: elementwise.RELU,
    activations.LeakyReLU: elementwise.LEAKY_RELU,
    arithmetic.Negate: elementwise.NEGATE,
    arithmetic.Exp: elementwise.EXP,
    arithmetic.Log: elementwise.LOG,
    arithmetic.Absolute: elementwise.ABSOLUTE,
    arithmetic.Power: elementwise.POWER,
}


def function_code(node: Node) -> tuple[int, float]:
    """Return the number of a node's function, and the setting that it has."""
    operation = node.operation
    if isinstance(operation, arithmetic.Power):
        return (elementwise.SQUARE, 0.0) if operation.exponent == 2 else (elementwise.POWER, operation.exponent)
    setting = operation.slope if isinstance(operation, activations.LeakyReLU) else 0.0
    return FUNCTIONS[type(operation)], setting
