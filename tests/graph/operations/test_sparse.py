import numpy as np
import pytest
import scipy.sparse

import deltarule as dr
from deltarule.errors import InputError, ShapeError
from deltarule.graph import RowSignal


def graph(features=6, outputs=3):
    columns, values = dr.input("columns", ("entries",), integer=True), dr.input("values", ("entries",))
    ends = dr.input("ends", ("batch",), integer=True)
    weight = dr.parameter(np.random.default_rng(0).normal(size=(features, outputs)), "weight")
    return dr.sparse_affine(columns, values, ends, weight, np.arange(outputs, dtype=float)), weight


def feeds(whole):
    rows = scipy.sparse.csr_array(whole)
    return {"columns": rows.indices, "values": rows.data, "ends": rows.indptr[1:]}


def test_it_is_the_affine_map_of_the_rows_with_their_zeros():
    random = np.random.default_rng(1)
    whole = random.normal(size=(7, 6)) * (random.uniform(size=(7, 6)) < 0.4)
    z, weight = graph()
    assert z.shape == ("batch", 3)
    run = dr.backprop(z, feeds(whole))
    np.testing.assert_allclose(run.value(z), whole @ weight.value + [0, 1, 2], rtol=1e-12)


def test_the_signal_of_the_weight_is_kept_as_the_rows_that_were_read():
    z, weight = graph()
    run = dr.backprop(z, feeds([[0, 2.0, 0, 0, 3.0, 0], [0, 1.0, 0, 0, 0, 0]]))
    signal = run.signals[weight]
    assert isinstance(signal, RowSignal)
    assert signal.rows.tolist() == [1, 4, 1]
    assert run.gradient(weight)[[1, 4]].tolist() == [[3.0] * 3, [3.0] * 3]


@pytest.mark.parametrize("ends", [[2, 1, 3], [1, 2, 2], [1, 2, 4], [-1, 2, 3]])
def test_ends_that_fit_no_rows_are_refused(ends):
    z, _ = graph()
    with pytest.raises(InputError, match="must rise from 0 to the number of entries, 3"):
        dr.backprop(z, {"columns": [0, 1, 2], "values": [1.0, 2.0, 3.0], "ends": ends})


def test_shapes_that_do_not_fit_are_refused():
    columns, ends = dr.input("columns", ("entries",), integer=True), dr.input("ends", ("batch",), integer=True)
    with pytest.raises(ShapeError, match="a column and a value for each entry"):
        dr.sparse_affine(columns, dr.input("values", ("others",)), ends, np.ones((2, 3)), np.ones(3))
    with pytest.raises(ShapeError, match=r"the bias of shape \(outputs,\)"):
        dr.sparse_affine(columns, dr.input("values", ("entries",)), ends, np.ones((2, 3)), np.ones(2))
