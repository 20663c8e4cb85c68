"""How each operation, and each unit that a rewrite made of several, is compiled."""

from deltarule.execution.rules import arrays, layers, networks, objectives, rows, sequences, sparse, windows

__all__ = ["arrays", "layers", "networks", "objectives", "rows", "sequences", "sparse", "windows"]
