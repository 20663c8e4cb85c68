"""The operations: each an entry of forward rule, local gradient, shape rule and kinks."""

from deltarule.graph.operations import activations, arithmetic, arrangement, linear, reductions, sequences, windows

__all__ = ["activations", "arithmetic", "arrangement", "linear", "reductions", "sequences", "windows"]
