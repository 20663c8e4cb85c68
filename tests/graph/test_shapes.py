import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import mutually_broadcastable_shapes

from deltarule.errors import ShapeError
from deltarule.graph.shapes import bind, broadcast_shapes, normalise_axis, size_of, total, without_axis


@given(mutually_broadcastable_shapes(num_shapes=3))
def test_broadcasting_follows_numpy(drawn):
    assert broadcast_shapes(*drawn.input_shapes) == drawn.result_shape == np.broadcast_shapes(*drawn.input_shapes)


def test_named_dimensions_broadcast_against_ones_and_themselves():
    assert broadcast_shapes(("batch", 1), (1, 8)) == ("batch", 8)
    assert broadcast_shapes(("batch",), ()) == ("batch",)
    with pytest.raises(ShapeError, match=r"^dimensions batch and 3 do not broadcast$"):
        broadcast_shapes(("batch",), (3,))


def test_sizes():
    assert total([2, 3]) == 5
    assert total(["batch", 1]) == "batch+1"
    assert size_of(("batch", 2, 3)) == (6, ("batch",))
    assert size_of(()) == (1, ())


def test_axes():
    assert without_axis(("batch", 4), -1) == ("batch",)
    assert without_axis(("batch", 4), 0, keepdims=True) == (1, 4)
    assert without_axis(("batch", 4), None) == ()
    assert without_axis(("batch", 4), None, keepdims=True) == (1, 1)
    assert normalise_axis((2, 3), -2) == 0
    with pytest.raises(ShapeError, match=r"^axis 2 is outside the 2 axes of shape \(batch, 4\)$"):
        normalise_axis(("batch", 4), 2)


def test_binding_notes_the_sizes_of_names():
    sizes = {}
    bind(("batch", 4), (3, 4), sizes, "x")
    assert sizes == {"batch": 3}
    with pytest.raises(ShapeError) as caught:
        bind(("batch",), (2,), sizes, "y")
    assert str(caught.value) == (
        "input 'y' was declared with shape (batch,), but an array of shape (2,) was given:"
        " dimension 'batch' is 3, not 2"
    )
    with pytest.raises(ShapeError) as caught:
        bind((), (3,), sizes, "x")
    assert str(caught.value) == (
        "input 'x' was declared with shape (), but an array of shape (3,) was given;"
        " declare it as input('x', shape=...) with 1 axes or give 0"
    )
