"""Watching a tensor while PyTorch code runs, inside of a hand-written ``forward`` too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from deltarule.integrations.watching import Move, UntraceableError, Use, Watch

__all__ = ["call_watched"]


def call_watched(function: Callable[[], Any], base: torch.Tensor, move: Move) -> tuple[Any, list[Use]]:
    """Call a function while a tensor that it uses is watched.

    Parameters
    ----------
    function : what to call
    base : the tensor
    move : how to move it

    Returns
    -------
    tuple of what the function returns and the uses it made of the tensor
    """
    watch = TorchWatch(base, move)
    with _Mode(watch):
        result = function()
    return result, watch.uses


class TorchWatch(Watch):
    """Watches a tensor: it is known by its memory, which views share."""

    def __init__(self, base: torch.Tensor, move: Move) -> None:
        super().__init__(move)
        self.base = base.data
        self.memory = base.untyped_storage().data_ptr()
        self.shift = torch.as_tensor(move.shift, dtype=base.dtype, device=base.device)

    def is_array(self, value: Any) -> bool:
        """Say whether a value is a tensor."""
        return isinstance(value, torch.Tensor)

    def is_watched(self, value: Any) -> bool:
        """Say whether a value is a tensor in the watched memory."""
        return isinstance(value, torch.Tensor) and value.untyped_storage().data_ptr() == self.memory

    def plain(self, value: Any) -> Any:
        """Return the value."""
        return value

    def moved(self, operand: Any) -> torch.Tensor:
        """Move the tensor below the view for a moment, and copy the view."""
        kept = self.base.clone()
        self.base += self.shift
        copy = operand.detach().clone()
        self.base.copy_(kept)
        return copy

    def with_row(self, output: Any, moved: Any, axis: int, index: int) -> torch.Tensor:
        """Return `output` with one row of `moved`."""
        mixed: torch.Tensor = output.detach().clone()
        place = (slice(None),) * axis + (index,)
        mixed[place] = moved.detach()[place]
        return mixed

    def call(self, function: Callable[..., Any], arguments: Any, keywords: Any) -> Any:
        """Call a function of PyTorch."""
        name = getattr(function, "__name__", "")
        in_place = name.endswith("_") and not name.endswith("__")
        if in_place and any(map(self.is_watched, arguments[:1])):
            raise UntraceableError("the tensor is changed in place")
        return super().call(function, arguments, keywords)


class _Mode(TorchFunctionMode):
    """Passes what PyTorch is asked to do on to the watch."""

    def __init__(self, watch: TorchWatch) -> None:
        super().__init__()
        self.watch = watch

    def __torch_function__(self, function: Any, types: Any, arguments: Any = (), keywords: Any = None) -> Any:
        return self.watch.call(function, arguments, keywords or {})
