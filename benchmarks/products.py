"""The products of matrices of a training step of the tagger, by themselves: how fast NumPy's library and we do them."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numba import njit

from benchmarks.corpus import CorpusFiles
from benchmarks.figures import window_step_products
from deltarule.graph import Array
from deltarule.kernels.products import multiply

__all__ = ["task"]


@njit(nogil=True)  # type: ignore[untyped-decorator]
def _multiply(left: Array, right: Array, out: Array) -> None:
    """Multiply by deltarule's kernel."""
    (rows, inner), columns = left.shape, right.shape[1]
    a, b, c = left.ctypes.data, right.ctypes.data, out.ctypes.data
    multiply(rows, columns, inner, a, inner, False, b, columns, False, c, columns, 0, 0)


def task(settings: dict[str, Any]) -> Products:
    """Return the task of multiplying matrices of the shapes of a step."""
    return Products(settings)


class Products:
    """All products of a step, of a batch with as many distinct forms as batches have on average."""

    def __init__(self, settings: dict[str, Any]) -> None:
        files = CorpusFiles(Path(settings["data"]) if settings["data"] else None)
        model, corpus, labels = files.model()
        sentences = model.sentences(corpus, labels)
        batches = list(sentences.batches(settings["batch"], np.random.default_rng(0)))[:-1]  # the last is smaller
        feeds = [sentences.feeds(batch) for batch in batches]
        size, hidden = model.config.window, model.config.hidden
        width = model.network.parameters["hidden.weight"].shape[1]
        self.products = window_step_products(
            forms=round(np.mean([len(feed["word"]) for feed in feeds])),
            windows=round(np.mean([len(feed["labels"]) for feed in feeds])),
            dimension=width // size,
            size=size,
            hidden=hidden,
            labels=len(model.labelling.names),
        )
        random = np.random.default_rng(0)
        self.factors = [
            (
                random.normal(size=(product.rows, product.inner)).astype(np.float32),
                random.normal(size=(product.inner, product.columns)).astype(np.float32),
                np.empty((product.rows, product.columns), np.float32),
            )
            for product in self.products
        ]
        self._forget()

    def _forget(self) -> None:
        """Begin to measure."""
        self.seconds: list[list[float]] = [[] for _ in self.products]
        self.own_seconds: list[list[float]] = [[] for _ in self.products]

    def warm_up(self) -> None:
        """Multiply a few times."""
        for _ in range(5):
            self.step()
        self._forget()

    def step(self) -> int:
        """Multiply everything once each way; return the batch's windows, as a step does."""
        for (left, right, out), seconds, own in zip(self.factors, self.seconds, self.own_seconds, strict=True):
            started = perf_counter()
            np.matmul(left, right, out=out)
            between = perf_counter()
            _multiply(left, right, out)
            own.append(perf_counter() - between)
            seconds.append(between - started)
        return self.products[-1].rows

    def finish(self) -> None:
        """Do nothing: every product comes to its end."""

    def losses(self) -> list[float]:
        """Return nothing: nothing is trained."""
        return []

    def details(self) -> dict[str, Any]:
        """Return the shapes of the products, their operations, and the least seconds of each."""
        return {
            "products": [
                {
                    **asdict(product),
                    "operations": product.operations,
                    "seconds": min(seconds),
                    "own_seconds": min(own),
                }
                for product, seconds, own in zip(self.products, self.seconds, self.own_seconds, strict=True)
            ]
        }
