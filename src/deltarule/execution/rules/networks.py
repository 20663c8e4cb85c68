"""Small networks: one instruction that goes forward and back."""

from __future__ import annotations

import numpy as np

from deltarule.execution.compiler import Compiler, Signal, rule
from deltarule.execution.program import Matrix
from deltarule.execution.rewrites import CrossEntropy, Layer, Unit, affine_of
from deltarule.execution.rules.functions import function_code
from deltarule.execution.rules.objectives import mean_of_losses
from deltarule.execution.sizes import MOST_SLICES
from deltarule.execution.small_networks import SmallNetwork
from deltarule.graph import Node
from deltarule.kernels import elementwise
from deltarule.kernels import instructions as do
from deltarule.kernels.small_networks import LAYER_WIDTH

__all__: list[str] = []

_CACHE, _MOST = 256 << 10, 256  # bytes that the arrays of the examples at a time may take, and how many these may be


@rule(SmallNetwork)
class SmallNetworkRule:
    """J of the outputs of layers a = f(W x + b), with all its gradients."""

    @staticmethod
    def forward(c: Compiler, unit: SmallNetwork) -> None:
        """Find the loss, and the gradients with it."""
        p, (x, wanted) = c.program, unit.inputs
        gradients = {node: p.buffer((MOST_SLICES, *node.shape)) for node in _parameters(unit)}
        table = np.array([_layer(c, layer, gradients) for layer in unit.layers], np.int64).reshape(-1, LAYER_WIDTH)
        c.constants.append(table)
        shapes = [affine_of(layer).inputs[1].shape for layer in unit.layers]
        inputs, outputs = int(shapes[0][1]), [int(shape[0]) for shape in shapes]
        rows = inputs + 2 * sum(outputs) + outputs[-1] + 2  # and targets, or sums of a softmax
        together = min(max(_CACHE // (4 * rows) // 16 * 16, 16), _MOST)
        work = c.by_examples(x.shape[:1])
        assert work is not None
        softmax = isinstance(unit.objective, CrossEntropy)
        targets = c.ids(wanted, (outputs[-1],)) if softmax else c.values[wanted]
        losses, scratch = p.buffer((MOST_SLICES,), "float64"), p.scratch((rows, together))
        read = [c.values[x], targets, *(c.values[node] for node in gradients)]
        p.emit(
            do.SMALL_NETWORK,
            [p.array(table), p.constant(len(unit.layers)), c.values[x], targets, c.size(x.shape[:1]), losses, scratch,
             p.constant(rows * together), p.constant(together), p.constant(int(softmax))],
            reads=read, writes=[losses, *gradients.values()], work=work, by_examples=True,
        )  # fmt: skip
        mean_of_losses(c, unit.output, losses, work, unit.objective.inputs[0])
        c.found[unit.output] = [*gradients.values()]

    @staticmethod
    def backward(c: Compiler, unit: SmallNetwork, signal: Signal) -> None:
        """Send the gradients that were found with the loss."""
        parts = c.program.slices(c.by_examples(unit.inputs[0].shape[:1]) or 1)
        for node, gradient in zip(_parameters(unit), c.found[unit.output], strict=True):
            c.share(node, Signal(gradient, parts=parts))


def _parameters(unit: SmallNetwork) -> list[Node]:
    """Return the weights and biases of all layers."""
    return [node for layer in unit.layers for node in affine_of(layer).inputs[1:]]


def _layer(c: Compiler, layer: Unit, gradients: dict[Node, Matrix]) -> list[int]:
    """Return the row of the table of layers; see `kernels.small_networks`."""
    affine = affine_of(layer)
    activation = layer.activation if isinstance(layer, Layer) else None
    function, setting = (elementwise.IDENTITY, 0.0) if activation is None else function_code(activation)
    weight, *bias = affine.inputs[1:]
    outputs, inputs = weight.shape
    none = c.program.constant(0)
    return [
        c.size((inputs,)), c.size((outputs,)),
        c.values[weight].address, c.values[bias[0]].address if bias else none,
        gradients[weight].address, gradients[bias[0]].address if bias else none,
        function, int(np.float64(setting).view(np.int64)),
    ]  # fmt: skip
