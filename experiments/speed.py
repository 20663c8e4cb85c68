"""The claims of docs/design.md about speed, each as a ratio measured in one run: python experiments/speed.py."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import perf_counter
from unittest.mock import patch

import numpy as np
from threadpoolctl import threadpool_limits

import deltarule as dr
from deltarule.graph import Node
from deltarule.graph.signals import sum_rows
from deltarule.networks import Dense
from deltarule.text.decimals import parse_decimals


def ratio(slow: Callable[[], object], fast: Callable[[], object], repeats: int = 21) -> float:
    """Return the median of how many times longer one function takes than another, measured in turns."""
    return median(seconds(slow) / seconds(fast) for _ in range(repeats))


def seconds(function: Callable[[], object]) -> float:
    """Time one call."""
    started = perf_counter()
    function()
    return perf_counter() - started


def plain_layer(layer: Dense, vectors: Node, positions: Node) -> Node:
    """Lay the windows out and multiply each: what `Dense.over_windows` does with fewer multiplications."""
    return layer(dr.Window(int(positions.shape[1]))(dr.row_lookup(vectors, positions)))


def training(batch: int) -> tuple[float, float]:
    """Return seconds of an epoch on the sample corpus, and of tagging it."""
    corpus = dr.sample_corpus().train
    tagger = dr.Tagger(word_dimension=100, batch=batch, epochs=2).fit(corpus)
    assert tagger.history is not None
    tagged = tagger.evaluate(corpus).seconds
    assert tagged is not None
    return tagger.history.epochs[-1].seconds, tagged


def window_layer(batch: int, repeats: int = 5) -> tuple[float, float]:
    """Compare training and tagging with the plain and the factorised layer over windows, measured in turns."""
    factorised, ratios = Dense.over_windows, []
    for _ in range(repeats):
        with patch.object(Dense, "over_windows", plain_layer):
            slow = training(batch)
        assert Dense.over_windows is factorised
        fast = training(batch)
        ratios.append((slow[0] / fast[0], slow[1] / fast[1]))
    trained, tagged = zip(*ratios, strict=True)
    return median(trained), median(tagged)


def row_sums() -> tuple[float, float]:
    """Compare adding rows up by sparse product with np.add.at and with sorting and np.add.reduceat."""
    random = np.random.default_rng(0)
    rows, values = random.integers(0, 160, 1280), random.normal(size=(1280, 164)).astype(np.float32)

    def add_at() -> None:
        np.add.at(np.zeros((160, 164), np.float32), rows, values)

    def add_reduceat() -> None:
        order = np.argsort(rows, kind="stable")
        begins = np.flatnonzero(np.diff(rows[order], prepend=-1))
        total = np.zeros((160, 164), np.float32)
        total[rows[order][begins]] = np.add.reduceat(values[order], begins, axis=0)

    return ratio(add_at, lambda: sum_rows(rows, values, 160)), ratio(add_reduceat, lambda: sum_rows(rows, values, 160))


def decimals() -> float:
    """Compare NumPy's parser of numbers with ours, on a block of GloVe-like text."""
    text = " ".join(f"{number:.4f}" for number in np.random.default_rng(0).normal(scale=0.4, size=200_000)).encode()
    return ratio(lambda: np.fromstring(text, sep=" "), lambda: parse_decimals(text), repeats=9)


def main() -> None:
    """Print all ratios, with one BLAS thread as in training."""
    with threadpool_limits(1, user_api="blas"):
        for batch in (256, 512, 1024):
            trained, tagged = window_layer(batch)
            print(f"window layer, {batch} tokens a batch: training {trained:.2f}, tagging {tagged:.2f} times as fast")
    by_at, by_reduceat = row_sums()
    print(f"adding rows: {by_at:.0f} times as fast as np.add.at, {by_reduceat:.1f} times as np.add.reduceat")
    print(f"parsing numbers: {decimals():.1f} times as fast as np.fromstring")


if __name__ == "__main__":
    main()
