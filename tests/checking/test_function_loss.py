import numpy as np
import pytest

from deltarule.checking import gradient_check
from deltarule.checking.function_loss import FunctionLoss
from deltarule.errors import InputError


def test_one_array():
    loss = FunctionLoss(lambda x: (x * x).sum(), lambda x: 2 * x, np.array([1, 2]))
    assert loss.arrays["at"].dtype == np.float64
    assert loss.evaluate().loss == 5.0
    assert loss.gradients()["at"].tolist() == [2.0, 4.0]


def test_a_list_is_given_by_position_and_a_dict_by_name():
    by_position = FunctionLoss(lambda w, b: (w * b).sum(), lambda w, b: (b + 0 * w, w.sum()), [np.ones(1), 3.0])
    assert {name: gradient.tolist() for name, gradient in by_position.gradients().items()} == {
        "at[0]": [3.0],
        "at[1]": 1.0,
    }
    by_name = FunctionLoss(
        lambda *, w, b: (w * b).sum(), lambda *, w, b: {"b": w.sum(), "w": b + 0 * w}, {"w": np.ones(2), "b": 3.0}
    )
    assert by_name.evaluate().loss == 6.0
    assert {name: gradient.tolist() for name, gradient in by_name.gradients().items()} == {"w": [3.0, 3.0], "b": 2.0}


def test_arrays_of_the_caller_are_never_changed():
    given = np.array([1.0, 2.0, 3.0])

    def careless(x):
        x -= x.mean()
        return float((x * x).sum())

    def careless_gradient(x):
        x -= x.mean()
        x *= 2
        return x

    assert gradient_check(careless, careless_gradient, given)
    assert given.tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("function", "gradient", "at", "message"),
    [
        (
            lambda x: x * x,
            lambda x: 2 * x,
            np.ones(3),
            "the function must return one real number, not float64 of shape (3,)",
        ),
        (lambda x: "a", lambda x: x, np.ones(3), "the function must return one real number, not <U1 of shape ()"),
        (
            lambda x: x.astype(np.float32).sum(),
            np.ones_like,
            np.ones(3),
            "the function returned float32: differences need one that computes in float64",
        ),
        (np.sum, lambda x: np.ones(2), np.ones(3), "the gradient of at has shape (2,), but at has shape (3,)"),
        (np.sum, lambda x: "none", np.ones(3), "gradient of at must be an array of real numbers, not <U4"),
        (np.sum, np.ones_like, 1j, "at must be an array of real numbers, not complex128"),
        (
            lambda w, b: w + b,
            lambda w, b: (1.0,),
            (1.0, 2.0),
            "the gradient must return arrays for at[0], at[1], not for at[0]",
        ),
        (lambda w: w, lambda w: {"v": 1.0}, {"w": 1.0}, "the gradient must return arrays for w, not for v"),
    ],
)
def test_what_does_not_fit_is_refused(function, gradient, at, message):
    with pytest.raises(InputError) as caught:
        gradient_check(function, gradient, at)
    assert str(caught.value) == message
