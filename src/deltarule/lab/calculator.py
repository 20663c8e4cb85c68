"""The graph calculator: an expression with every value, every gradient, and a numeric check of each gradient."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from deltarule.checking import EntryCheck, gradient_check
from deltarule.errors import InputError, NonFiniteError
from deltarule.execution.reference import Run, backprop, local_signals
from deltarule.graph import Constant, Input, Node
from deltarule.graph.expressions import Expression, read_expression
from deltarule.graph.signals import dense

__all__ = ["calculate"]

_LARGEST = 1e12


def calculate(text: str, values: Mapping[str, float], most_nodes: int) -> dict[str, Any]:
    """Run an expression forward and backward.

    Parameters
    ----------
    text : the expression
    values : a number for each of its names; names without one are given 1
    most_nodes : of its graph

    Returns
    -------
    dict
        ``expression``, ``inputs`` (values by name), ``value``; ``nodes`` in the order of the forward pass, each with
        ``id``, ``label``, ``text``, ``kind``, ``value``, ``gradient`` and ``check``; ``edges``, each with the local
        gradient and the signal sent back along it; ``drawing``, an SVG with the ids in it.

    Raises
    ------
    InputError
        When the expression cannot be read or is too large, or a value is given that does not belong to it.
    NonFiniteError
        When a value or a gradient is infinite or not a number; says where.
    """
    expression = read_expression(text, most_nodes)
    fed = _values_of(expression, values)
    with np.errstate(all="ignore"):  # reported in words below
        run = backprop(expression.output, fed)
        if len(run.order) > most_nodes:
            raise InputError(f"the graph has {len(run.order)} nodes; at most {most_nodes} are allowed")
        _refuse_non_finite(run, expression)
        edges = _edges(run)
        checks = {node: _checked(run, expression.output, node) for node in run.order if not isinstance(node, Constant)}
    return {
        "expression": text,
        "inputs": fed,
        "value": run.value(expression.output),
        "nodes": [_described(i, node, run, expression, checks.get(node)) for i, node in enumerate(run.order)],
        "edges": edges,
        "drawing": run.draw().svg,
    }


def _values_of(expression: Expression, values: Mapping[str, float]) -> dict[str, float]:
    """Return a number for each name, in the order of the expression."""
    unknown = [name for name in values if name not in expression.inputs]
    if unknown:
        known = ", ".join(expression.inputs) or "none"
        raise InputError(f"the expression has no name {unknown[0]!r}; its names are: {known}")
    for name, value in values.items():
        if not abs(value) <= _LARGEST:
            raise InputError(f"the value of {name} must be between ±{_LARGEST:g}, not {value}")
    return {name: float(values.get(name, 1.0)) for name in expression.inputs}


def _refuse_non_finite(run: Run, expression: Expression) -> None:
    """Say where the first value, or the first gradient on the way back, is infinite or not a number."""
    for node in run.order:
        if not np.isfinite(run.value(node)):
            about = " and ".join(f"{run.value(source):.6g}" for source in node.inputs)
            raise NonFiniteError(f"{_told(node, expression)} is {run.value(node)} at {about}; choose other values")
    for node in reversed(run.order):
        if not np.isfinite(run.gradient(node)):
            gradient = run.gradient(node)
            raise NonFiniteError(f"the gradient of {_told(node, expression)} is {gradient} here; choose other values")


def _told(node: Node, expression: Expression) -> str:
    """Return the part of the expression that a node stands for."""
    return expression.texts.get(node) or _symbol(node)


def _symbol(node: Node) -> str:
    """Return how a node's operation is written, or the name of a leaf."""
    return node.label if node.operation is None else node.operation.label


def _edges(run: Run) -> list[dict[str, Any]]:
    """Return each edge with its local gradient, and what the backward pass sends along it."""
    number = {node: f"n{i}" for i, node in enumerate(run.order)}
    edges = []
    for node in run.order:
        if node.operation is None:
            continue
        signal = dense(run.signals[node])
        local = local_signals(node, np.ones_like(signal), run.values)
        sent = local_signals(node, signal, run.values)
        for source, factor, part in zip(node.inputs, local, sent, strict=True):
            if factor is not None and part is not None:
                edge = {"source": number[source], "target": number[node]}
                edges.append({**edge, "local": float(dense(factor)), "signal": float(dense(part))})
    return edges


def _checked(run: Run, output: Node, node: Node) -> EntryCheck:
    """Compare the gradient of one node with differences: what depends on it is computed again while it is moved."""
    again: dict[Node, Node] = {node: Input("moved")}
    for other in run.order:
        if other not in again and any(source in again for source in other.inputs):
            inputs = tuple(again.get(source) or Constant(run.values[source]) for source in other.inputs)
            again[other] = Node(other.operation, inputs, other.shape, other.name)
    check = gradient_check(again[output], feeds={"moved": run.value(node)})["moved"].worst
    assert check is not None
    return check


def _described(number: int, node: Node, run: Run, expression: Expression, check: EntryCheck | None) -> dict[str, Any]:
    """Tell all about a node."""
    described: dict[str, Any] = {
        "id": f"n{number}",
        "label": _symbol(node),
        "text": _told(node, expression),
        "kind": type(node).__name__.lower() if node.operation is None else "operation",
        "value": run.value(node),
        "gradient": run.gradient(node),
        "check": None,
    }
    if check is not None:
        described["check"] = {
            "numeric": check.numeric,
            "relative_error": check.relative_error,
            "verdict": check.verdict,
            "left": check.left,
            "right": check.right,
            "kink": check.kink,
        }
    return described
