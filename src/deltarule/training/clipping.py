"""Clipping: gradients that are too long together are scaled down."""

from __future__ import annotations

import numpy as np

from deltarule.graph import Parameter, RowSignal, Signal

__all__ = ["clip_by_norm", "squared_norm"]


def clip_by_norm(gradients: dict[Parameter, Signal], largest: float) -> dict[Parameter, Signal]:
    """Scale all gradients by the same factor so that their joint Euclidean norm is at most `largest`."""
    distinct = {node: g.distinct() if isinstance(g, RowSignal) else g for node, g in gradients.items()}
    norm = float(np.sqrt(sum(squared_norm(gradient) for gradient in distinct.values())))
    if norm <= largest:
        return distinct
    factor = largest / norm
    return {
        node: RowSignal(g.rows, g.values * factor, g.shape) if isinstance(g, RowSignal) else g * factor
        for node, g in distinct.items()
    }


def squared_norm(gradient: Signal) -> float:
    """Return Σ g², in double precision where single precision overflows."""
    values = gradient.values if isinstance(gradient, RowSignal) else gradient
    squared = float(np.vdot(values, values))
    if np.isfinite(squared) or values.dtype == np.float64:
        return squared
    wide = values.astype(np.float64)  # squares overflow single precision long before the gradient does
    return float(np.vdot(wide, wide))
