"""What plans do not show: rows that lie apart, no rows, ids summed over two signals, steps that follow each other."""

import numpy as np
import pytest

from deltarule.kernels import instructions as do


@pytest.mark.parametrize("slices", [1, 2, 8])
@pytest.mark.parametrize("count", [0, 1, 16, 40])
def test_rows_are_read_into_columns_of_a_wider_matrix(run, normal, count, slices):
    table, ids = normal(9, 3), (np.arange(count) * 5 % 9).astype(np.int32)
    output = np.full((count, 7), np.nan, np.float32)
    run(do.READ_ROWS, table, ids, count, 3, output.reshape(-1)[2:] if count else output, 7, slices=slices)
    np.testing.assert_array_equal(output[:, 2:5], table[ids])
    assert np.isnan(output[:, [0, 1, 5, 6]]).all()


@pytest.mark.parametrize("stride", [3, 5])
@pytest.mark.parametrize("count", [0, 1, 12])
def test_signals_are_added_to_the_rows_that_were_read(run, normal, count, stride):
    values, ids = normal(count, stride), (np.arange(count) * 3 % 4).astype(np.int32)
    sums = normal(6, 3)
    expected = sums.copy()
    np.add.at(expected, ids, values[:, :3])
    run(do.ADD_ROWS, values, ids, count, 3, stride, sums)
    np.testing.assert_allclose(sums, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("slices", [1, 3])
def test_matrices_are_copied_between_other_distances(run, normal, slices):
    source, target = normal(40, 5), np.full((40, 4), np.nan, np.float32)
    run(do.COPY, source, 5, target, 4, 40, 3, slices=slices)
    np.testing.assert_array_equal(target[:, :3], source[:, :3])
    assert np.isnan(target[:, 3]).all()


class TestDistinctRows:
    """The memory of places is the program's: −1 for every row that has no sum in this step."""

    def test_sums_of_two_signals_and_of_the_step_after(self, run, normal):
        places = np.full(10, -1, np.int32)
        distinct, sums = np.zeros(10, np.int32), np.full((10, 2), np.nan, np.float32)

        def added(values, ids, begin, known):
            ids = np.array(ids, np.int32)
            return run_with(run, values, ids, places, distinct, sums, begin, known)

        first, second, third = normal(4, 2), normal(2, 3), normal(3, 2)
        known = added(first, [7, 2, 7, 9], True, 0)
        assert (known, distinct[:3].tolist()) == (3, [7, 2, 9])
        known = added(second, [2, 4], False, known)  # its rows are wider than the table's
        assert (known, distinct[:4].tolist()) == (4, [7, 2, 9, 4])
        np.testing.assert_allclose(sums[0], first[0] + first[2], rtol=1e-6)
        np.testing.assert_allclose(sums[1], first[1] + second[0, :2], rtol=1e-6)
        np.testing.assert_array_equal(sums[2:4], [first[3], second[1, :2]])
        known = added(third, [4, 0, 7], True, known)
        assert (known, distinct[:3].tolist()) == (3, [4, 0, 7])
        np.testing.assert_array_equal(sums[:3], third)
        assert np.flatnonzero(places >= 0).tolist() == [0, 4, 7]
        assert added(third[:0], [], True, known) == 0
        assert (places == -1).all()


def run_with(run, values, ids, places, distinct, sums, begin, known):
    """Run SUM_DISTINCT_ROWS, of which the last operand is read and written."""
    return run(
        do.SUM_DISTINCT_ROWS, values, ids, len(ids), 2, values.shape[1], places, distinct, sums, begin, known,
        written=9,
    )  # fmt: skip
