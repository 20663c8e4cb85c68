import math
import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

import deltarule as dr
from deltarule.graph.expressions import FUNCTIONS, read_expression

VALUES = {"x": 0.7, "y": -1.3, "w0": 2.5}
PYTHON = {
    "abs": abs,
    "exp": math.exp,
    "hard_tanh": lambda x: max(-1, min(1, x)),
    "leaky_relu": lambda x: x if x > 0 else 0.01 * x,
    "log": math.log,
    "max": max,
    "min": min,
    "relu": lambda x: max(0, x),
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "soft_sign": lambda x: x / (1 + abs(x)),
    "sqrt": math.sqrt,
    "tanh": math.tanh,
    "σ": lambda x: 1 / (1 + math.exp(-x)),
}


def value_of(text, values=VALUES):
    expression = read_expression(text)
    return dr.backprop(expression.output, {name: values[name] for name in expression.inputs}).value(expression.output)


@pytest.mark.parametrize(
    "text",
    [
        "x*y",
        "sigmoid(w0*x + y)",
        "max(0, 1 + y - x)",
        "max(x, y, w0, 2) - min(x, y, -3)",
        "-x + +y",
        "-(-x)",
        "x - y - w0",
        "x / y / w0",
        "2**x**2",
        "w0**x",
        "(x + y)**2",
        "1/3",
        "2",
        "1e-3*x",
        "x*x + 3*x",
        "  x  +  1  ",
    ],
)
def test_an_expression_has_the_value_that_arithmetic_gives_it(text):
    assert value_of(text) == pytest.approx(eval(text.strip(), {**PYTHON, **VALUES}), rel=1e-12)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_is_the_one_that_it_is_named_for(name):
    for x in (0.3, 2.4):
        assert value_of(f"{name}(x)", {"x": x}) == pytest.approx(PYTHON[name](x), rel=1e-12)


@st.composite
def expressions(draw, depth=0):
    """Draw arithmetic that is finite."""
    kind = draw(st.integers(0, 5 if depth < 4 else 1))
    if kind == 0:
        return draw(st.sampled_from(list(VALUES)))
    if kind == 1:
        return repr(draw(st.floats(0.5, 3).map(lambda number: round(number, 3))))
    inner = [draw(expressions(depth + 1)) for _ in range(2)]
    if kind == 2:
        return f"{draw(st.sampled_from(['sigmoid', 'tanh', 'soft_sign', 'relu', 'abs']))}({inner[0]})"
    if kind == 3:
        return f"{draw(st.sampled_from(['max', 'min']))}({inner[0]}, {inner[1]})"
    return f"({inner[0]}{draw(st.sampled_from(['+', '-', '*']))}{inner[1]})"


@given(expressions())
def test_random_expressions_have_the_values_that_python_gives_them(text):
    assert value_of(text) == pytest.approx(eval(text, {**PYTHON, **VALUES}), rel=1e-9, abs=1e-9)


def test_names_become_inputs_in_their_order_and_are_shared():
    expression = read_expression("b*a + b")
    assert list(expression.inputs) == ["b", "a"]
    run = dr.backprop(expression.output, {"a": 2.0, "b": 5.0})
    assert (run.gradient("a"), run.gradient("b")) == (5.0, 3.0)


def test_operations_know_which_part_they_stand_for():
    expression = read_expression("sigmoid(w*x + b)")
    assert list(expression.texts.values()) == ["w*x", "w*x + b", "sigmoid(w*x + b)"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "the expression is empty"),
        ("   ", "the expression is empty"),
        ("x+", "cannot be read"),
        ("x y", "cannot be read at character 3"),
        ("x^2", "write x**2 for a power"),
        ("f(x)", "there is no function f; an expression may call: abs, exp"),
        ("__import__('os').system('ls')", "there is no function __import__('os').system"),
        ("().__class__", "().__class__ is not known"),
        ("x.real", "x.real is not known"),
        ("x[0]", "x[0] is not known"),
        ("'a'*3", "'a' is not known"),
        ("True + x", "True is not known"),
        ("1j*x", "1j is not known"),
        ("x if y else 2", "x if y else 2 is not known"),
        ("lambda: x", "lambda: x is not known"),
        ("[x for x in y]", "[x for x in y] is not known"),
        ("x @ y", "x @ y is not known"),
        ("~x", "~x is not known"),
        ("x < y", "x < y is not known"),
        ("(x := 2)", "is not known"),
        ("f'{x}'", "is not known"),
        ("sigmoid", "sigmoid is a function"),
        ("sigmoid(x, y)", "sigmoid takes one number, not 2"),
        ("sigmoid()", "sigmoid takes one number, not 0"),
        ("max(x)", "give it two or more"),
        ("max(*x)", "max takes numbers"),
        ("leaky_relu(x, slope=2)", "leaky_relu takes numbers"),
        ("1e999*x", "the number at character 1 of the expression is too large"),
        ("1" * 400, "the number at character 1 of the expression is too large"),
        ("x\0", "cannot be read"),
        ("x = 1", "cannot be read"),
        ("import os", "cannot be read"),
        ("x" * 2001, "may have 2000 characters, not 2001"),
        ("(" * 900 + "x" + ")" * 900, "nested|cannot be read"),
        ("-" * 1900 + "x", "too large|nested"),
        ("+".join("x" * 1000), "too large: at most 500 operations|nested"),
    ],
)
def test_all_else_is_refused_in_words(text, told):
    with pytest.raises(dr.InputError, match=told if "|" in told else re.escape(told)):
        dr.parse_expression(text)


@given(st.text(max_size=60))
def test_no_text_does_anything_but_parse_or_be_refused(text):
    with suppress(dr.InputError):
        dr.parse_expression(text)


@given(st.text(alphabet="xy01+-*/().,maxlogexpσ ", max_size=40))
def test_text_that_looks_like_an_expression_is_parsed_or_refused(text):
    with suppress(dr.InputError):
        assert dr.parse_expression(text).shape == ()
