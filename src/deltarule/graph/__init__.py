"""Computational graphs: nodes, and operations with their local gradients. The graph is data; passes run over it."""

from deltarule.graph.node import Constant, DropoutMask, Input, Node, Parameter, apply, topological_order
from deltarule.graph.operation import OPERATIONS, Elementwise, Operation
from deltarule.graph.signals import Array, RowSignal, Signal

__all__ = [
    "OPERATIONS",
    "Array",
    "Constant",
    "DropoutMask",
    "Elementwise",
    "Input",
    "Node",
    "Operation",
    "Parameter",
    "RowSignal",
    "Signal",
    "apply",
    "topological_order",
]
