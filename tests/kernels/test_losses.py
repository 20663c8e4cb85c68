"""What plans do not show: no rows, slices, ties, NaN and infinity. Values and gradients: tests/execution."""

import numpy as np
import pytest

from deltarule.kernels import instructions as do

INF, NAN = np.inf, np.nan


def cross_entropy(run, scores, labels, slices=1):
    scores = np.array(scores, np.float32)
    rows, classes = scores.shape
    signal, losses = np.full_like(scores, 7), np.full(slices, 7.0)
    run(
        do.SOFTMAX_CROSS_ENTROPY, scores, np.array(labels, np.int32), signal, rows, classes, losses, slices=slices
    )  # fmt: skip
    return losses.sum(), signal


class TestSoftmaxCrossEntropy:
    def test_scores_far_apart(self, run):
        total, signal = cross_entropy(run, [[1e4, -1e4], [1e4, -1e4], [-1e30, 1e30]], [0, 1, 1])
        assert total == 2e4
        np.testing.assert_allclose(signal, np.array([[0, 0], [1, -1], [0, 0]]) / 3, rtol=1e-6)

    def test_one_class_has_no_loss(self, run):
        total, signal = cross_entropy(run, [[3.0], [-5.0]], [0, 0])
        assert total == 0
        assert signal.tolist() == [[0], [0]]

    def test_an_impossible_class_costs_nothing_unless_it_is_true(self, run):
        assert cross_entropy(run, [[0, -INF]], [0])[0] == 0
        assert cross_entropy(run, [[0, -INF]], [1])[0] == INF

    @pytest.mark.parametrize("scores", [[NAN, 0, 0], [0, NAN, 0], [0, 0, NAN], [INF, 0, NAN], [INF, 0, 0]])
    def test_scores_that_are_no_numbers_make_the_loss_none(self, run, scores):
        for label in range(3):
            assert not np.isfinite(cross_entropy(run, [scores], [label])[0])

    @pytest.mark.parametrize("slices", [2, 5, 8])
    @pytest.mark.parametrize("rows", [0, 1, 16, 33, 200])
    def test_slices_add_up(self, run, normal, rows, slices):
        scores, labels = normal(rows, 4), np.arange(rows) % 4
        total, signal = cross_entropy(run, scores, labels, slices)
        whole, expected = cross_entropy(run, scores, labels)
        assert total == pytest.approx(whole, rel=1e-12)
        np.testing.assert_array_equal(signal, expected)


@pytest.mark.parametrize("slices", [1, 4])
@pytest.mark.parametrize(("rows", "columns"), [(0, 3), (1, 1), (40, 3)])
def test_squared_errors(run, normal, rows, columns, slices):
    outputs, targets = normal(rows, columns), normal(rows, columns)
    signal, losses = np.full_like(outputs, 7), np.full(slices, 7.0)
    run(do.SQUARED_ERROR, outputs, targets, signal, rows, columns, losses, slices=slices)
    assert losses.sum() == pytest.approx(0.5 * ((outputs - targets).astype(np.float64) ** 2).sum(), rel=1e-6)
    np.testing.assert_allclose(signal, (outputs - targets) / max(rows, 1), rtol=1e-6)


def margins(run, scores, labels, margin=1.0, slices=1):
    """Return the loss, the best rival of each row, and the signals of the rows that violate their margin."""
    scores, labels = np.array(scores, np.float32), np.array(labels, np.int32)
    rows, classes = scores.shape
    rivals, violators, losses = np.full(rows, 7, np.int32), np.full(rows, 7, np.int32), np.full(slices, 7.0)
    run(do.CLASS_MARGINS, scores, labels, rivals, rows, classes, losses, numbers=[margin], slices=slices)
    signal = np.full_like(scores, 7)
    count = run(do.CLASS_VIOLATORS, labels, rivals, signal, violators, classes, rows, ...)
    return losses.sum(), rivals, violators[:count], signal[:count]


class TestClassMargins:
    def test_the_first_of_equal_rivals_and_no_rival_where_the_margin_is_exactly_kept(self, run):
        loss, rivals, violators, signal = margins(run, [[2, 1, 1], [0, 0, 0], [5, 0, 0], [1, 1, 3]], [0, 1, 0, 2])
        assert loss == 1
        assert rivals.tolist() == [-1, 0, -1, -1]
        assert violators.tolist() == [1]
        assert signal.tolist() == [[0.25, -0.25, 0]]

    def test_one_class_has_no_rival(self, run):
        loss, rivals, violators, _ = margins(run, [[3.0], [4.0]], [0, 0])
        assert (loss, rivals.tolist(), violators.tolist()) == (0, [-1, -1], [])

    @pytest.mark.parametrize("scores", [[NAN, 0, 9], [0, NAN, 9], [9, 0, NAN], [NAN, NAN, NAN]])
    def test_nan_makes_the_loss_nan(self, run, scores):
        for label in range(3):
            assert np.isnan(margins(run, [[9, 0, 0], scores], [0, label])[0])

    @pytest.mark.parametrize("slices", [2, 8])
    @pytest.mark.parametrize("rows", [0, 1, 16, 100])
    def test_slices_add_up(self, run, normal, rows, slices):
        scores, labels = normal(rows, 4), np.arange(rows) % 4
        found, expected = margins(run, scores, labels, 0.5, slices), margins(run, scores, labels, 0.5)
        assert found[0] == pytest.approx(expected[0], rel=1e-12)
        for one, other in zip(found[1:], expected[1:], strict=True):
            np.testing.assert_array_equal(one, other)


def pairs(run, true, corrupted, margin=1.0):
    """Return the loss, the rows that violate their margin, and the signals of both scores."""
    true, corrupted = np.array(true, np.float32), np.array(corrupted, np.float32)
    rows = len(true)
    signals, violators, loss = np.full((2, rows), 7, np.float32), np.full(rows, 7, np.int32), np.full(1, 7, np.float32)
    count = run(
        do.PAIR_VIOLATORS, true, corrupted, signals[0], signals[1], violators, rows, loss, ..., numbers=[margin]
    )
    return float(loss[0]), violators[:count].tolist(), signals[:, :count].tolist()


def test_pairs(run):
    assert pairs(run, [3, 1, 0, 2], [0, 1, 1, 1]) == (0.75, [1, 2], [[-0.25, -0.25], [0.25, 0.25]])
    assert pairs(run, [3], [0]) == (0, [], [[], []])
    for true, corrupted in ((NAN, 0), (0, NAN), (INF, INF), (NAN, NAN)):
        loss, violators, _ = pairs(run, [5, true], [0, corrupted])
        assert np.isnan(loss)
        assert violators == [1]
    assert np.isnan(pairs(run, [], [])[0])


def test_the_mean_of_slices(run):
    loss = np.zeros(1, np.float32)
    for losses, rows, expected in (([1.0, 2.0, 4.5, 99.0], 3, 2.5), ([1e300, 0, 0, 0], 1, INF), ([0, 0, 0, 0], 0, NAN)):
        run(do.SUM_LOSS, np.array(losses, np.float64), 3, rows, loss)
        np.testing.assert_equal(loss[0], np.float32(expected))
