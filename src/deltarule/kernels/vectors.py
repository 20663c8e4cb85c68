"""Vectors of the processor, as LLVM knows them: numbers that lie side by side and go through instructions together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from llvmlite.binding import get_host_cpu_features
from numba.core import cgutils, config

__all__ = [
    "FEATURES", "LANES", "REAL", "WHOLE", "YES_OR_NO", "call_once_written", "entries_below", "for_each_vector", "load",
    "multiply_and_add", "number", "repeated", "row_at", "store", "vector",
]  # fmt: skip

FEATURES: str = config.CPU_FEATURES or get_host_cpu_features().flatten()
LANES = 16 if "+avx512f" in FEATURES else 8 if "+avx2" in FEATURES else 4  # float32 numbers of a vector
WHOLE, REAL, YES_OR_NO = ir.IntType(64), ir.FloatType(), ir.IntType(1)
_ALIGNMENT = ir.Constant(ir.IntType(32), 4)


def number(value: int) -> Any:
    """Return a whole number."""
    return ir.Constant(WHOLE, value)


def vector(width: int) -> Any:
    """Return the type of vectors of so many numbers."""
    return ir.VectorType(REAL, width)


def repeated(builder: Any, value: Any, width: int) -> Any:
    """Return a vector of copies of a number."""
    nothing = ir.Constant(ir.VectorType(value.type, width), ir.Undefined)
    first = builder.insert_element(nothing, value, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(first, nothing, ir.Constant(ir.VectorType(ir.IntType(32), width), [0] * width))


def entries_below(builder: Any, count: Any, width: int) -> Any:
    """Return which entries of a vector are among the first so many."""
    order = ir.Constant(ir.VectorType(WHOLE, width), list(range(width)))
    return builder.icmp_signed("<", order, repeated(builder, count, width))


def call_once_written(builder: Any, name: str, arguments: Any, write: Callable[[Any], None]) -> None:
    """Call a function of whole numbers, by its name; the first call in a module has it written."""
    function_type = ir.FunctionType(ir.VoidType(), [WHOLE] * len(arguments))
    function = cgutils.get_or_insert_function(builder.module, function_type, name)
    if not function.blocks:
        function.linkage = "linkonce_odr"  # one is kept, whatever modules are joined
        function.attributes.add("noinline")
        write(function)
    builder.call(function, arguments)


def row_at(builder: Any, address: Any, bytes_of_row: Any, i: int) -> Any:
    """Return the address of a row."""
    return builder.add(address, builder.mul(bytes_of_row, number(i)))


def for_each_vector(builder: Any, count: Any, write: Callable[[Any, Any], None]) -> None:
    """Write a loop over the whole vectors of so many numbers, and what takes those that are left, if any.

    Parameters
    ----------
    write : writes what is done with the vector that begins at a number, or with those of its entries that a mask has
    """
    whole = builder.and_(count, number(-LANES))
    before = builder.block
    test, body, rest, last, end = (builder.append_basic_block() for _ in range(5))
    builder.branch(test)
    builder.position_at_end(test)
    at = builder.phi(WHOLE)
    at.add_incoming(number(0), before)
    builder.cbranch(builder.icmp_signed("<", at, whole), body, rest)
    builder.position_at_end(body)
    write(at, None)
    at.add_incoming(builder.add(at, number(LANES)), body)
    builder.branch(test)
    builder.position_at_end(rest)
    builder.cbranch(builder.icmp_signed("<", whole, count), last, end)
    builder.position_at_end(last)
    write(whole, entries_below(builder, builder.sub(count, whole), LANES))
    builder.branch(end)
    builder.position_at_end(end)


def load(builder: Any, row: Any, widths: list[int], mask: Any) -> list[Any]:
    """Read vectors that lie side by side; of the last, only the entries of the mask, if there is one."""
    whole, (last, width) = _places(builder, row, widths)
    vectors = [builder.load(place, align=4) for place in whole]
    if mask is None:
        return [*vectors, builder.load(last, align=4)]
    zeros = ir.Constant(vector(width), [0.0] * width)
    return [*vectors, builder.call(_masked(builder, "load", width), [last, _ALIGNMENT, mask, zeros])]


def store(builder: Any, vectors: list[Any], row: Any, widths: list[int], mask: Any) -> None:
    """Write vectors side by side; of the last, only the entries of the mask, if there is one."""
    whole, (last, width) = _places(builder, row, widths)
    for own, place in zip(vectors[:-1], whole, strict=True):
        builder.store(own, place, align=4)
    if mask is None:
        builder.store(vectors[-1], last, align=4)
        return
    builder.call(_masked(builder, "store", width), [vectors[-1], last, _ALIGNMENT, mask])


def _places(builder: Any, row: Any, widths: list[int]) -> tuple[list[Any], tuple[Any, int]]:
    """Return pointers to the whole vectors of a row, and that to the last with its width."""
    places = [
        builder.inttoptr(builder.add(row, number(4 * LANES * j)), vector(width).as_pointer())
        for j, width in enumerate(widths)
    ]
    return places[:-1], (places[-1], widths[-1])


def multiply_and_add(builder: Any, width: int) -> Any:
    """Return LLVM's function that multiplies vectors and adds a third, in one instruction where there is one."""
    own = vector(width)
    function_type = ir.FunctionType(own, [own] * 3)
    return cgutils.get_or_insert_function(builder.module, function_type, f"llvm.fmuladd.v{width}f32")


def _masked(builder: Any, what: str, width: int) -> Any:
    """Return LLVM's function that reads or writes some entries of a vector."""
    own, which = vector(width), ir.VectorType(YES_OR_NO, width)
    arguments: dict[str, tuple[Any, list[Any]]] = {
        "load": (own, [own.as_pointer(), ir.IntType(32), which, own]),
        "store": (ir.VoidType(), [own, own.as_pointer(), ir.IntType(32), which]),
    }
    function_type = ir.FunctionType(*arguments[what])
    return cgutils.get_or_insert_function(builder.module, function_type, f"llvm.masked.{what}.v{width}f32.p0")
