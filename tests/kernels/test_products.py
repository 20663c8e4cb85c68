import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from deltarule.kernels import instructions as do
from deltarule.kernels.products import multiply, multiply_blocks
from deltarule.kernels.tiles import COLUMNS, ROWS

SIZES = [
    (5, 3, 4), (40, 7, 9), (7, 40, 9), (1, 1, 1), (1, 60, 1), (33, 33, 2), (70, 40, 300), (130, 200, 90),
    (3, 50, 600), (9, 100, 700), (17, 49, 257), (40, 3, 2100), (16, 8, 1100), (9, 12, 1025), (33, 36, 100), (8, 11, 16),
]  # fmt: skip

SIDES = [("rows", 0, 3 * ROWS), ("columns", 1, 2 * COLUMNS + 5), ("inner", 0, 300)]


@njit
def multiplied(rows, columns, inner, a, a_stride, a_transposed, b, b_stride, b_transposed, c, c_stride, d, d_stride):
    multiply(rows, columns, inner, a, a_stride, a_transposed, b, b_stride, b_transposed, c, c_stride, d, d_stride)


def laid_out(matrix, transposed, stride):
    """Return a matrix, or its transpose, in rows of more numbers than it has, the rest of them NaN."""
    own = matrix.T if transposed else matrix
    wide = np.full((own.shape[0], stride), np.nan, np.float32)
    wide[:, : own.shape[1]] = own
    return wide


@pytest.mark.parametrize("slices", [1, 3, 8])
@pytest.mark.parametrize("accumulate", [False, True])
@pytest.mark.parametrize("transposed", [(False, False), (True, False), (False, True), (True, True)])
@pytest.mark.parametrize("sizes", SIZES)
def test_products_of_parts_of_wider_matrices(run, normal, sizes, transposed, accumulate, slices):
    rows, columns, inner = sizes
    a, b, c = normal(rows, inner), normal(inner, columns), normal(rows, columns)
    own, other = laid_out(a, transposed[0], max(rows, inner) + 2), laid_out(b, transposed[1], max(inner, columns) + 1)
    result = laid_out(c if accumulate else np.full_like(c, np.nan), False, columns + 3)
    run(
        do.MULTIPLY, rows, columns, inner, own, own.shape[1], transposed[0], other, other.shape[1], transposed[1],
        result, columns + 3, accumulate, slices=slices,
    )  # fmt: skip
    expected = a.astype(np.float64) @ b + (c if accumulate else 0)
    # Rounding grows with the number of terms.
    np.testing.assert_allclose(result[:, :columns], expected, rtol=1e-5, atol=1e-5 * max(1, inner / 100))
    assert np.isnan(result[:, columns:]).all()


@settings(max_examples=300)
@given(st.data())
def test_products_of_any_size(data):
    rows, columns, inner = (data.draw(st.integers(least, most), name) for name, least, most in SIDES)
    transposed = data.draw(st.tuples(st.booleans(), st.booleans()), "transposed")
    addend = data.draw(st.sampled_from(["none", "itself", "a matrix", "a row"]), "addend")
    random = np.random.default_rng(0)
    shapes = [(rows, inner), (inner, columns), (rows, columns)]
    a, b, c = (random.normal(size=shape).astype(np.float32) for shape in shapes)
    own, other = laid_out(a, transposed[0], max(rows, inner) + 1), laid_out(b, transposed[1], max(inner, columns) + 2)
    result, added = laid_out(c, False, columns + 3), random.normal(size=(rows, columns)).astype(np.float32)
    d, d_stride, expected = {
        "none": (0, 0, 0), "itself": (result.ctypes.data, columns + 3, c),
        "a matrix": (added.ctypes.data, columns, added), "a row": (added.ctypes.data, 0, added[:1]),
    }[addend]  # fmt: skip
    multiplied(
        rows, columns, inner, own.ctypes.data, own.shape[1], transposed[0], other.ctypes.data, other.shape[1],
        transposed[1], result.ctypes.data, columns + 3, d, d_stride,
    )  # fmt: skip
    expected = expected + a.astype(np.float64) @ b
    np.testing.assert_allclose(result[:, :columns], expected, rtol=1e-5, atol=1e-5 * max(1, inner / 50))
    assert np.isnan(result[:, columns:]).all()


@njit
def multiplied_blocks(rows, columns, inner, blocks, a, a_stride, b, b_stride, b_block, c, c_stride):
    multiply_blocks(rows, columns, inner, blocks, a, a_stride, b, b_stride, b_block, c, c_stride)


@settings(max_examples=100)
@given(st.integers(0, 20), st.integers(1, 110), st.integers(0, 90), st.integers(1, 7), st.integers(0, 3))
def test_products_with_blocks_that_lie_side_by_side(rows, columns, inner, blocks, apart):
    """As W_1 ... W_k do in the weights of a window layer."""
    random = np.random.default_rng(0)
    a = random.normal(size=(rows, blocks * inner)).astype(np.float32)
    b = random.normal(size=(inner, blocks, columns + apart)).astype(np.float32)
    b[:, :, columns:] = np.nan
    result = np.full((rows, columns + 1), np.nan, np.float32)
    multiplied_blocks(
        rows, columns, inner, blocks, a.ctypes.data, blocks * inner, b.ctypes.data, blocks * (columns + apart),
        columns + apart, result.ctypes.data, columns + 1,
    )  # fmt: skip
    expected = np.einsum("rpk,kpc->rc", a.reshape(rows, blocks, inner).astype(np.float64), b[:, :, :columns])
    np.testing.assert_allclose(result[:, :columns], expected, rtol=1e-5, atol=2e-5 * max(1, blocks * inner / 50))
    assert np.isnan(result[:, columns]).all()


@pytest.mark.parametrize("slices", [1, 2, 8])
@pytest.mark.parametrize("sizes", [(200, 30, 10), (5, 40, 3), (1, 1, 1)])
def test_products_that_are_cut_by_examples(run, normal, sizes, slices):
    """Examples are the rows of a signal that is shared out, and what is summed over in the gradient of a weight."""
    examples, inputs, outputs = sizes
    signal, weight, x = normal(examples, outputs), normal(outputs, inputs), normal(examples, inputs)
    shared, parts = np.full((examples, inputs), np.nan, np.float32), np.full((9, outputs, inputs), np.nan, np.float32)
    run(
        do.MULTIPLY, examples, inputs, outputs, signal, outputs, 0, weight, inputs, 0, shared, inputs, 0, do.ROWS,
        slices=slices,
    )  # fmt: skip
    np.testing.assert_allclose(shared, signal @ weight, rtol=1e-5, atol=1e-5)
    run(
        do.MULTIPLY, outputs, inputs, examples, signal, outputs, 1, x, inputs, 0, parts, inputs, 0, do.INNER,
        slices=slices,
    )  # fmt: skip
    np.testing.assert_allclose(parts[:slices].sum(axis=0), signal.T @ x, rtol=1e-5, atol=1e-4)
    assert np.isnan(parts[slices:]).all()


@pytest.mark.parametrize("sizes", [(0, 3, 4), (3, 0, 4), (0, 0, 0)])
def test_products_without_entries_write_nothing(run, sizes):
    rows, columns, inner = sizes
    result, some = np.full(12, 7, np.float32), np.ones(16, np.float32)
    run(do.MULTIPLY, rows, columns, inner, some, inner, 0, some, columns, 0, result, columns, 0, slices=2)
    assert (result == 7).all()


@pytest.mark.parametrize("strides", [(0, 4), (5, 4)])
@pytest.mark.parametrize("transposed", [(0, 0), (1, 0), (0, 1)])
def test_products_over_nothing_are_zero_or_what_was_there(run, strides, transposed):
    result, some = np.full((3, 4), np.nan, np.float32), np.ones(16, np.float32)
    run(
        do.MULTIPLY, 3, 4, 0, some, strides[0] or 3 * transposed[0], transposed[0], some, strides[1], transposed[1],
        result, 4, 0,
    )  # fmt: skip
    assert (result == 0).all()
    result[:] = 5
    run(do.MULTIPLY, 3, 4, 0, some, strides[0], transposed[0], some, strides[1], transposed[1], result, 4, 1)
    assert (result == 5).all()


@pytest.mark.parametrize("inner", [2, 50, 67])
@pytest.mark.parametrize("columns", [3, 7, 11, 36])
def test_nan_and_infinity_reach_their_rows_and_columns_alone(run, columns, inner):
    a, b = np.ones((9, inner), np.float32), np.ones((inner, columns), np.float32)
    a[1, inner - 1], b[1, columns - 1] = np.nan, np.inf
    expected = np.full((9, columns), float(inner))
    expected[:, columns - 1], expected[1] = np.inf, np.nan
    result = np.zeros((9, columns), np.float32)
    run(do.MULTIPLY, 9, columns, inner, a, inner, 0, b, columns, 0, result, columns, 0)
    np.testing.assert_array_equal(result, expected)
