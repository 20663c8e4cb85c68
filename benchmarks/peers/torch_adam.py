"""Adam in PyTorch on rows of tables, and written out so that it can be compiled with the rest of a step."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["LEARNING_RATE", "DenseAdam", "RowAdam"]

LEARNING_RATE, BETA1, BETA2, EPSILON = 0.002, 0.9, 0.999, 1e-8


class RowAdam:
    """A table, of which a step changes the rows that it touches, and their moments."""

    def __init__(self, table: Tensor) -> None:
        self.table = table
        self.mean, self.squares = torch.zeros_like(table), torch.zeros_like(table)
        self.steps = torch.zeros(())

    def rows(self, rows: Tensor) -> Tensor:
        """Return a copy of some distinct rows."""
        return self.table.index_select(0, rows)

    def update(self, rows: Tensor, gradient: Tensor | None) -> None:
        """Update distinct rows by PyTorch's fused kernel."""
        assert gradient is not None
        value, mean, squares = (array.index_select(0, rows) for array in (self.table, self.mean, self.squares))
        self.steps += 1
        torch._fused_adam_(
            [value], [gradient], [mean], [squares], [], [self.steps],
            lr=LEARNING_RATE, beta1=BETA1, beta2=BETA2, weight_decay=0.0, eps=EPSILON, amsgrad=False, maximize=False,
        )  # fmt: skip
        for array, new in ((self.table, value), (self.mean, mean), (self.squares, squares)):
            array.index_copy_(0, rows, new)

    def update_plainly(self, rows: Tensor, gradient: Tensor) -> None:
        """Update rows by operations that a compiler can fuse."""
        value, mean, squares = (array.index_select(0, rows) for array in (self.table, self.mean, self.squares))
        self.steps += 1
        _adam(value, gradient, mean, squares, self.steps)
        for array, new in ((self.table, value), (self.mean, mean), (self.squares, squares)):
            array.index_copy_(0, rows, new)


class DenseAdam:
    """Adam on whole parameters, by operations that a compiler can fuse."""

    def __init__(self, parameters: list[Tensor], rate: float = LEARNING_RATE) -> None:
        self.parameters, self.rate = parameters, rate
        self.moments = [(torch.zeros_like(value), torch.zeros_like(value)) for value in parameters]
        self.steps = torch.zeros(())

    def update(self, gradients: list[Tensor]) -> None:
        """Update all parameters."""
        self.steps += 1
        for value, gradient, (mean, squares) in zip(self.parameters, gradients, self.moments, strict=True):
            _adam(value, gradient, mean, squares, self.steps, self.rate)


def _adam(
    value: Tensor, gradient: Tensor, mean: Tensor, squares: Tensor, steps: Tensor, rate: float = LEARNING_RATE
) -> None:
    mean.mul_(BETA1).add_(gradient, alpha=1 - BETA1)
    squares.mul_(BETA2).addcmul_(gradient, gradient, value=1 - BETA2)
    scale = (squares / (1 - BETA2**steps)).sqrt_().add_(EPSILON)
    value.sub_(rate / (1 - BETA1**steps) * mean / scale)
