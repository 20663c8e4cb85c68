"""What layers share: products, and what happens to preactivations behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from deltarule.execution.compiler import Compiler, Rows, Signal
from deltarule.execution.program import Matrix
from deltarule.execution.sizes import MOST_SLICES, Work
from deltarule.graph import Node
from deltarule.graph.shapes import Shape
from deltarule.kernels import elementwise
from deltarule.kernels import instructions as do

__all__ = ["Finish", "product", "share_bias", "share_finished"]


@dataclass(frozen=True)
class Finish:
    """What happens to preactivations: f with its setting, and dropout."""

    function: int
    setting: float
    seed: int
    rate: float

    @property
    def numbers(self) -> tuple[float, float, float]:
        """What kernels have to know of it."""
        return self.function, self.setting, self.rate


def product(
    c: Compiler, rows: int, columns: int, inner: int, a: tuple[Matrix, int, bool], b: tuple[Matrix, int, bool],
    result: tuple[Matrix, int], work: Work | int, *, accumulate: bool = False,
    depends: Sequence[Matrix] = (), guard: Matrix | None = None, cut: int = do.THE_LONGER, by_examples: bool = False,
) -> None:  # fmt: skip
    """Emit C ← A B or C ← C + A B.

    Parameters
    ----------
    rows, columns, inner : places of sizes
    a, b : matrix, place of the distance of its rows, whether it lies there transposed
    result : C, and place of the distance of its rows
    cut : by its longer side, by its rows, or by its inner dimension
    by_examples : whether that is by the examples of a batch
    """
    yes_or_no = [c.program.constant(int(flag)) for flag in (a[2], b[2], accumulate)]
    c.program.emit(
        do.MULTIPLY,
        [rows, columns, inner, a[0], a[1], yes_or_no[0], b[0], b[1], yes_or_no[1], result[0], result[1], yes_or_no[2],
         c.program.constant(cut)],
        reads=[a[0], b[0], *depends],
        writes=[result[0]],
        work=work,
        guard=guard,
        by_examples=by_examples,
    )  # fmt: skip


def share_finished(
    c: Compiler, delta: Matrix, rows: Rows | None, shape: Shape, activation: Matrix, finish: Finish,
    together: Work | None = None,
) -> None:  # fmt: skip
    """Turn the signal at dropout(f(z)) into that at z, in place; `together` is the work of layers cut by examples."""
    if finish.function == elementwise.IDENTITY and not finish.rate:
        return
    count, ids, id_count = c.size(shape[:-1]), c.program.constant(0), c.program.constant(0)
    depends: list[Matrix] = []
    if rows is not None:
        count = id_count = rows.count.address
        ids, depends = rows.ids.address, [rows.ids, rows.count]
    c.program.emit(
        do.SHARE_FINISHED,
        [delta, count, c.size(shape[-1:]), ids, id_count, activation, finish.seed],
        reads=[activation, *depends],
        writes=[delta],
        work=together or Work(shape, 16384),
        numbers=finish.numbers,
        by_examples=together is not None,
    )


def share_bias(
    c: Compiler, bias: Node, delta: Matrix, rows: Rows | None, shape: Shape, together: Work | None = None
) -> None:
    """∂J/∂b = 1ᵀ δ, a product with ones; `together` is the work of layers cut by examples."""
    sums = c.program.buffer(bias.shape if together is None else (MOST_SLICES, *bias.shape))
    count = c.size(shape[:-1]) if rows is None else rows.count.address
    columns, ones = c.size(shape[-1:]), c.program.buffer((1,), fill=1)
    product(
        c, c.program.constant(1), columns, count, (ones, c.program.constant(0), True), (delta, columns, False),
        (sums, columns), together or 1, depends=[] if rows is None else [rows.count],
        cut=do.THE_LONGER if together is None else do.INNER, by_examples=together is not None,
    )  # fmt: skip
    c.share(bias, Signal(sums, parts=None if together is None else c.program.slices(together)))
