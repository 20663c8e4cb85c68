"""Arrays by their address, and counters that threads share: what compiled code needs beyond Numba's arrays."""

from __future__ import annotations

import sys
from typing import Any

from llvmlite import ir
from numba import carray, types
from numba.core import cgutils
from numba.extending import intrinsic

from deltarule.kernels.compiled import inlined

__all__ = [
    "WIDTH", "add_and_fetch_old", "call", "doubles", "entry", "fetch", "fetch_ahead", "floats", "integers",
    "long_integers", "operands", "place_of", "processor", "store",
]  # fmt: skip


def _pointer_to(number_type: Any) -> Any:
    """Make a function that takes a whole number for an address."""

    @intrinsic  # type: ignore[untyped-decorator]
    def pointer(typing_context: Any, address: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return builder.inttoptr(arguments[0], context.get_value_type(signature.return_type))

        return types.CPointer(number_type)(types.int64), generate

    return pointer


_pointer_to_floats, _pointer_to_doubles, _pointer_to_integers, _pointer_to_long_integers = map(
    _pointer_to, (types.float32, types.float64, types.int32, types.int64)
)


@inlined
def floats(address: int, count: int) -> Any:
    """Return the float32 numbers at an address as an array."""
    return carray(_pointer_to_floats(address), (count,))


@inlined
def doubles(address: int, count: int) -> Any:
    """Return the float64 numbers at an address as an array."""
    return carray(_pointer_to_doubles(address), (count,))


@inlined
def integers(address: int, count: int) -> Any:
    """Return the int32 numbers at an address as an array."""
    return carray(_pointer_to_integers(address), (count,))


@inlined
def long_integers(address: int, count: int) -> Any:
    """Return the int64 numbers at an address as an array."""
    return carray(_pointer_to_long_integers(address), (count,))


def _entry(typing_context: Any, table: Any, at: Any) -> Any:
    """Return a number of the int64 numbers at an address; sooner than an array does, where this is one of few steps."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        whole = ir.IntType(64)
        return builder.load(builder.gep(builder.inttoptr(arguments[0], ir.PointerType(whole)), [arguments[1]]))

    return types.int64(types.int64, types.int64), generate


entry: Any = intrinsic(_entry)


@intrinsic  # type: ignore[untyped-decorator]
def place_of(typing_context: Any, numbers: Any) -> Any:
    """Return the address of int64 numbers, for a function to be called with that would else have many arguments.

    Where the first six arguments have taken their registers, the others go through memory one by one, and are read two
    or four at once, which has to wait until all are written.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        with builder.goto_entry_block():  # once for each call of the function, however often this is reached
            place = builder.alloca(arguments[0].type)
        builder.store(arguments[0], place)
        return builder.ptrtoint(place, ir.IntType(64))

    return types.int64(numbers), generate


WIDTH = 24  # columns of a row of a program: what to do, slices, guard, and operands


@inlined
def operands(p: Any, memory: Any) -> Any:
    """Return the operands of an instruction that all may have, from its row of places."""
    return (
        memory[p[3]], memory[p[4]], memory[p[5]], memory[p[6]], memory[p[7]], memory[p[8]], memory[p[9]], memory[p[10]],
        memory[p[11]], memory[p[12]], memory[p[13]], memory[p[14]], memory[p[15]], memory[p[16]], memory[p[17]],
        memory[p[18]], memory[p[19]],
    )  # fmt: skip


@intrinsic  # type: ignore[untyped-decorator]
def call(typing_context: Any, function: Any, a: Any, b: Any, c: Any, d: Any, e: Any, f: Any) -> Any:
    """Call the compiled function at an address with six whole numbers."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        whole = ir.IntType(64)
        function_type = ir.FunctionType(whole, [whole] * 6)
        return builder.call(builder.inttoptr(arguments[0], ir.PointerType(function_type)), arguments[1:])

    return types.int64(*[types.int64] * 7), generate


@intrinsic  # type: ignore[untyped-decorator]
def add_and_fetch_old(typing_context: Any, address: Any, amount: Any) -> Any:
    """Add to the int64 at an address, in one step that no other thread can divide, and return what it was."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = builder.inttoptr(arguments[0], ir.PointerType(ir.IntType(64)))
        return builder.atomic_rmw("add", pointer, arguments[1], "seq_cst")

    return types.int64(types.int64, types.int64), generate


@intrinsic  # type: ignore[untyped-decorator]
def fetch(typing_context: Any, address: Any) -> Any:
    """Return the int64 at an address as the last thread left it."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = builder.inttoptr(arguments[0], ir.PointerType(ir.IntType(64)))
        return builder.load_atomic(pointer, "seq_cst", 8, typ=ir.IntType(64))

    return types.int64(types.int64), generate


@intrinsic  # type: ignore[untyped-decorator]
def store(typing_context: Any, address: Any, value: Any) -> Any:
    """Set the int64 at an address, whole; other threads see it at the latest after the next `add_and_fetch_old`."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = builder.inttoptr(arguments[0], ir.PointerType(ir.IntType(64)))
        builder.store_atomic(arguments[1], pointer, "release", 8)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), generate


@inlined
def fetch_ahead(address: int, size: int) -> None:
    """Ask for the cache lines of some bytes, which will be needed soon."""
    for line in range(address // 64 * 64, address + size, 64):
        _fetch_line(line)


@intrinsic  # type: ignore[untyped-decorator]
def _fetch_line(typing_context: Any, address: Any) -> Any:
    """Ask for a line of the cache."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        byte, number = ir.PointerType(ir.IntType(8)), ir.IntType(32)
        function_type = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        function = cgutils.get_or_insert_function(builder.module, function_type, "llvm.prefetch.p0")
        # To be read and written, kept close, and data rather than instructions.
        ways = [ir.Constant(number, way) for way in (1, 3, 1)]
        builder.call(function, [builder.inttoptr(arguments[0], byte), *ways])
        return context.get_dummy_value()

    return types.void(types.int64), generate


@intrinsic  # type: ignore[untyped-decorator]
def processor(typing_context: Any) -> Any:
    """Return the number of the processor that this thread runs on; 0 where the system does not tell."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if sys.platform != "linux":
            return ir.Constant(ir.IntType(64), 0)
        number_type = ir.FunctionType(ir.IntType(32), [])
        function = cgutils.get_or_insert_function(builder.module, number_type, "sched_getcpu")
        return builder.sext(builder.call(function, []), ir.IntType(64))

    return types.int64(), generate
