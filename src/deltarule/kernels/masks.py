"""Masks of dropout: which entries of an array are kept follows from a seed and the number of an entry.

So the pass back finds the mask of the pass forward without keeping it, and a slice of an array that of the whole.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import float32, types, uint32
from numba.extending import intrinsic

from deltarule.kernels import vectors as v
from deltarule.kernels.compiled import inlined
from deltarule.kernels.vectors import LANES, number

__all__ = ["mask", "mask_row"]

_BITS = ir.IntType(32)
_GOLDEN = 0x9E3779B9  # 2³² over the golden ratio: neighbours come to lie far apart
_STEPS = (16, 0x7FEB352D), (15, 0x846CA68B)  # the finishing steps of a 32-bit hash: shifts and factors


@inlined
def mask(x: Any, begin: int, seed: int, rate: float) -> None:
    """Set entries to 0 with probability `rate` and scale others by 1 / (1 − rate): the mask from number `begin` on."""
    mask_row(x.ctypes.data, x.ctypes.data, len(x), begin, seed, rate)


@inlined
def mask_row(source: int, target: int, count: int, begin: int, seed: int, rate: float) -> None:
    """Write what `mask` makes of the float32 numbers at an address to another, which may be the same."""
    _mask_vectors(source, target, count, begin, seed, uint32(rate * 4294967296.0), float32(1 / (1 - rate)))


@intrinsic  # type: ignore[untyped-decorator]
def _mask_vectors(
    typing_context: Any, source: Any, target: Any, count: Any, begin: Any, seed: Any, least: Any, scale: Any
) -> Any:
    """Keep and scale the entries whose random bits are at least so large, in vectors."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        source, target, count, begin, seed, least, scale = arguments
        first, seed = (_repeated(builder, builder.trunc(bits, _BITS)) for bits in (begin, seed))
        first = builder.add(first, _constants(range(LANES)))
        least, scale = _repeated(builder, least), _repeated(builder, scale)
        nothing = ir.Constant(v.vector(LANES), [0.0] * LANES)

        def write(at: Any, entries: Any) -> None:
            offset = builder.mul(at, number(4))
            entry_numbers = builder.add(first, _repeated(builder, builder.trunc(at, _BITS)))
            kept = builder.icmp_unsigned(">=", _random_bits(builder, seed, entry_numbers), least)
            own = v.load(builder, builder.add(source, offset), [LANES], entries)[0]
            masked = builder.fmul(own, builder.select(kept, scale, nothing))
            v.store(builder, [masked], builder.add(target, offset), [LANES], entries)

        v.for_each_vector(builder, count, write)
        return context.get_dummy_value()

    return types.void(*[types.int64] * 5, types.uint32, types.float32), generate


def _random_bits(builder: Any, seed: Any, numbers: Any) -> Any:
    """Mix a seed and numbers of entries to 32 bits that look random."""
    bits = builder.add(builder.mul(numbers, _constants([_GOLDEN] * LANES)), seed)
    for shift, factor in _STEPS:
        bits = builder.mul(_folded(builder, bits, shift), _constants([factor] * LANES))
    return _folded(builder, bits, 16)


def _folded(builder: Any, bits: Any, shift: int) -> Any:
    """Return x xor (x >> shift)."""
    return builder.xor(bits, builder.lshr(bits, _constants([shift] * LANES)))


def _repeated(builder: Any, value: Any) -> Any:
    return v.repeated(builder, value, LANES)


def _constants(values: Any) -> Any:
    return ir.Constant(ir.VectorType(_BITS, LANES), list(values))
