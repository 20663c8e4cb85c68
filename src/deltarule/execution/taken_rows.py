"""Batches that are rows of whole arrays: the program reads them itself, so that it can take many steps by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from deltarule.execution.program import Matrix, Program
from deltarule.execution.sizes import Work
from deltarule.graph import Input
from deltarule.graph.shapes import Shape
from deltarule.kernels import instructions as do

__all__ = ["TakenRows", "take_rows"]


@dataclass(frozen=True)
class TakenRows:
    """What has to be known for it.

    Attributes
    ----------
    wanted : place of a 1 where rows are to be read, or of a 0 where batches are fed
    order : place of the address of the rows of the next batch
    sources : for each input, the place of the address of its whole array
    """

    wanted: int
    order: int
    sources: dict[Input, int]


def take_rows(
    program: Program, inputs: Mapping[Input, Matrix], by_examples: Callable[[Shape], Work | None]
) -> TakenRows | None:
    """Emit the instructions that read the rows of a batch, or none where inputs are not all rows of the same batch.

    Parameters
    ----------
    inputs : where each input lies, which is where its rows go
    by_examples : the work of layers that are cut by the examples of a shape
    """
    shapes = [node.shape for node in inputs]
    of_rows = all(shape and isinstance(shape[0], str) for shape in shapes)
    if (
        not of_rows
        or len({shape[0] for shape in shapes}) != 1
        or any(isinstance(d, str) for s in shapes for d in s[1:])
    ):
        return None
    wanted, order = program.counter(), program.place()
    sources = {node: program.place() for node in inputs}
    for node, matrix in inputs.items():
        rows, columns = program.size(node.shape[:1]), program.size(node.shape[1:])
        together = by_examples(node.shape[:1])
        program.emit(
            do.READ_ROWS, [sources[node], order, rows, columns, matrix, columns], writes=[matrix],
            work=together or Work(node.shape, 16384), guard=wanted, by_examples=together is not None,
        )  # fmt: skip
    return TakenRows(wanted.address, order, sources)
