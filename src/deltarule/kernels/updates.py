"""Update rules on arrays, in one pass over the parameter, its gradient and what the rule remembers.

Each formula is that of the update rule in NumPy, on vectors of the processor, and the last vector takes what is left:
most biases, and the rows of small tables, are no more than that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from deltarule.kernels import vectors as v
from deltarule.kernels.instructions import ADAGRAD, ADAM, MOMENTUM, NESTEROV, RMSPROP, SGD
from deltarule.kernels.vectors import LANES, number

__all__ = ["update"]


_REAL = ir.DoubleType()
_SETTINGS = 6
_MAY_BE_ONE_INSTRUCTION = ("contract",)


class _Numbers:
    """Numbers of a vector under construction, to write formulas with."""

    def __init__(self, builder: Any, value: Any) -> None:
        self.builder, self.value = builder, value

    def __add__(self, other: _Numbers) -> _Numbers:
        return _Numbers(self.builder, self.builder.fadd(self.value, other.value, flags=_MAY_BE_ONE_INSTRUCTION))

    def __sub__(self, other: _Numbers) -> _Numbers:
        return _Numbers(self.builder, self.builder.fsub(self.value, other.value, flags=_MAY_BE_ONE_INSTRUCTION))

    def __mul__(self, other: _Numbers) -> _Numbers:
        return _Numbers(self.builder, self.builder.fmul(self.value, other.value, flags=_MAY_BE_ONE_INSTRUCTION))

    def __truediv__(self, other: _Numbers) -> _Numbers:
        return _Numbers(self.builder, self.builder.fdiv(self.value, other.value))

    def root(self) -> _Numbers:
        """Return the square root."""
        own = self.value.type
        function = cgutils.get_or_insert_function(
            self.builder.module, ir.FunctionType(own, [own]), f"llvm.sqrt.v{own.count}f32"
        )
        return _Numbers(self.builder, self.builder.call(function, [self.value]))


class _Settings:
    """What a rule has to know for a step, as vectors: the rate, the other settings, and 1 less each."""

    def __init__(self, builder: Any, address: Any) -> None:
        doubles = builder.inttoptr(address, _REAL.as_pointer())
        settings = [builder.load(builder.gep(doubles, [number(i)])) for i in range(_SETTINGS)]
        one = ir.Constant(_REAL, 1.0)
        self.rate, self.a, self.b, self.c, self.d, self.e = (single(builder, own) for own in settings)
        self.rest_a, self.rest_b = (single(builder, builder.fsub(one, own)) for own in settings[1:3])


def single(builder: Any, value: Any) -> _Numbers:
    """Return a vector of copies of a float64 number, in single precision."""
    return _Numbers(builder, v.repeated(builder, builder.fptrunc(value, v.REAL), LANES))


Pair = tuple[_Numbers, _Numbers | None, _Numbers | None]


def _sgd(x: _Numbers, g: _Numbers, m: _Numbers, s: _Numbers, own: _Settings) -> Pair:
    """θ ← θ − η g."""
    return x - own.rate * g, None, None


def _momentum(x: _Numbers, g: _Numbers, m: _Numbers, s: _Numbers, own: _Settings) -> Pair:
    """v ← μ v + g; θ ← θ − η v."""
    m = own.a * m + g
    return x - own.rate * m, m, None


def _nesterov(x: _Numbers, g: _Numbers, m: _Numbers, s: _Numbers, own: _Settings) -> Pair:
    """v ← μ v + g; θ ← θ − η (g + μ v)."""
    m = own.a * m + g
    return x - own.rate * (g + own.a * m), m, None


def _adagrad(x: _Numbers, g: _Numbers, m: _Numbers, s: _Numbers, own: _Settings) -> Pair:
    """G ← G + g²; θ ← θ − η g / (√G + ε)."""
    m = m + g * g
    return x - own.rate * g / (m.root() + own.a), m, None


def _rmsprop(x: _Numbers, g: _Numbers, m: _Numbers, s: _Numbers, own: _Settings) -> Pair:
    """v ← ρ v + (1 − ρ) g²; θ ← θ − η g / (√v + ε)."""
    m = own.a * m + own.rest_a * g * g
    return x - own.rate * g / (m.root() + own.b), m, None


def _adam(x: _Numbers, g: _Numbers, m: _Numbers, s: _Numbers, own: _Settings) -> Pair:
    """m ← β₁ m + (1 − β₁) g; s ← β₂ s + (1 − β₂) g²; θ ← λ θ − η m / (c √s + ε), where η and c correct m and s.

    λ is 1, or less for the weight decay of AdamW.
    """
    m = own.a * m + own.rest_a * g
    s = own.b * s + own.rest_b * (g * g)
    return x * own.e - own.rate * m / (s.root() * own.c + own.d), m, s


_RULES: dict[int, Callable[..., Pair]] = {
    SGD: _sgd, MOMENTUM: _momentum, NESTEROV: _nesterov, ADAGRAD: _adagrad, RMSPROP: _rmsprop, ADAM: _adam
}  # fmt: skip


@intrinsic  # type: ignore[untyped-decorator]
def update(
    typing_context: Any, rule: Any, value: Any, gradient: Any, first: Any, second: Any, count: Any, scale: Any,
    settings: Any,
) -> Any:  # fmt: skip
    """Take one step of a rule.

    Parameters
    ----------
    value, gradient : addresses of the parameter, changed in place, and its gradient
    first, second : addresses of what the rule remembers, changed in place; of nothing where it remembers less
    count : of numbers
    scale : address of the factor of the gradient, below 1 where gradients are clipped
    settings : address of the learning rate, then the settings of the rule
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        v.call_once_written(builder, "deltarule_update", arguments, _write_update)
        return context.get_dummy_value()

    return types.void(*[types.int64] * 8), generate


def _write_update(function: Any) -> None:
    """Write the function: a loop for each rule."""
    rule, value, gradient, first, second, count, scale, settings = function.args
    builder = ir.IRBuilder(function.append_basic_block())
    own = _Settings(builder, settings)
    factor = single(builder, builder.load(builder.inttoptr(scale, _REAL.as_pointer())))
    end = function.append_basic_block()
    switch = builder.switch(rule, end)
    for code, formula in _RULES.items():
        begin = function.append_basic_block()
        switch.add_case(number(code), begin)
        builder.position_at_end(begin)
        places = value, first, second
        remembered = 2 if code == ADAM else 0 if code == SGD else 1

        def write(at: Any, mask: Any, formula: Any = formula, changed: Any = places[: 1 + remembered]) -> None:
            offset = builder.mul(at, number(4))

            def read(place: Any) -> _Numbers:
                return _Numbers(builder, v.load(builder, builder.add(place, offset), [LANES], mask)[0])

            old = [read(place) for place in changed]
            new = formula(old[0], read(gradient) * factor, *(*old[1:], None, None)[:2], own)
            for place, numbers in zip(changed, new, strict=False):
                v.store(builder, [numbers.value], builder.add(place, offset), [LANES], mask)

        v.for_each_vector(builder, count, write)
        builder.branch(end)
    builder.position_at_end(end)
    builder.ret_void()
