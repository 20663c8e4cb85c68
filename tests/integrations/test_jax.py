"""JAX functions, compiled or not, and hand-written derivatives, checked."""

import numpy as np
import pytest

import deltarule as dr

jax = pytest.importorskip("jax", reason="checks JAX functions; install the extra `oracle`")
jnp = pytest.importorskip("jax.numpy", reason="checks JAX functions; install the extra `oracle`")

X, W, B = (np.random.default_rng(seed).normal(size=shape) for seed, shape in enumerate(((5, 3), (4, 3), (4,))))


def loss(params, x):
    return jnp.mean(jnp.tanh(x @ params["w"].T + params["b"]) ** 2)


@pytest.mark.parametrize("compiled", [False, True])
def test_a_function_of_a_tree_of_parameters(compiled):
    params = {"w": jnp.asarray(W), "b": jnp.asarray(B)}
    report = dr.gradient_check(jax.jit(loss) if compiled else loss, (params, jnp.asarray(X)))
    assert report.passed, report
    assert [check.name for check in report] == ["params['b']", "params['w']", "x"]
    assert max(check.worst.relative_error for check in report) <= 1e-6
    assert "float32 is checked in a float64 copy" in str(report)
    assert not jax.config.jax_enable_x64
    assert params["w"].dtype == jnp.float32


def test_one_tree_float32_and_an_objective():
    params = {"w": jnp.asarray(W), "b": jnp.asarray(B)}
    assert dr.gradient_check(lambda params: loss(params, X), params, precision="float32")
    report = dr.gradient_check(lambda x: jnp.sin(x), jnp.asarray(X), objective=lambda y: (y**2).sum())
    assert report.passed


def custom(forward, backward):
    function = jax.custom_vjp(forward)
    function.defvjp(lambda *arguments: (forward(*arguments), arguments), lambda kept, g: backward(g, *kept))
    return function


PLANTED = {
    "right": (jnp.sin, lambda g, x: (g * jnp.cos(x),), None),
    "sign": (jnp.cos, lambda g, x: (g * jnp.sin(x),), "sign"),
    "half": (lambda x: x**2, lambda g, x: (g * x,), "factor"),
    "one use": (lambda x: x * x, lambda g, x: (g * x,), "missing term"),
    "one of two": (lambda x: x * jnp.sin(x), lambda g, x: (g * jnp.sin(x),), "missing term"),
    "detached": (lambda x: jnp.sin(x), lambda g, x: (0 * g,), "detached"),
    "rows": (jnp.sin, lambda g, x: ((g * jnp.cos(x))[::-1],), "order"),
    "one column": (jnp.sin, lambda g, x: (g * jnp.cos(x) * jnp.array([1, 0, 1]),), "place"),
}


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("mistake", PLANTED)
def test_a_planted_mistake_is_named(mistake, compiled):
    forward, backward, form = PLANTED[mistake]
    function = custom(forward, backward)
    check = dr.gradient_check(jax.jit(function) if compiled else function, jnp.asarray(X))["x"]
    assert (check.verdict, check.cause and check.cause.form) == ("wrong" if form else "agrees", form)


def test_one_row_in_place_of_the_sum_over_a_broadcast_axis():
    function = custom(lambda x, w, b: x @ w.T + b, lambda g, x, w, b: (g @ w, g.T @ x, g[2]))
    report = dr.gradient_check(jax.jit(function), (jnp.asarray(X), jnp.asarray(W), jnp.asarray(B)))
    assert [check.verdict for check in report] == ["agrees", "agrees", "wrong"]
    assert report["b"].cause.text == "the sum over axis 0 of add (5 rows) is missing: the gradient holds row 2 only"


def test_a_kink():
    (check,) = dr.gradient_check(lambda x: jnp.abs(x).sum(), jnp.array([0.0, 1.0, -2.0]))
    assert (check.verdict, check.kinks, check.wrong) == ("kink", 1, 0)


def test_what_cannot_be_checked():
    with pytest.raises(dr.InputError, match="give its inputs"):
        dr.gradient_check(jax.jit(jnp.sin))
    with pytest.raises(dr.InputError, match="the function returned float32 for float64 inputs"):
        dr.gradient_check(lambda x: x.astype(jnp.float32), jnp.asarray(X))
