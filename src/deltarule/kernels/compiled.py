"""How kernels are compiled: to machine code at their first use on a machine, then kept on disk."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from llvmlite import binding
from numba import njit, types
from numba.core import sigutils
from numba.core.caching import FunctionCache
from numba.core.ccallback import CFunc

from deltarule.kernels.second_process import first_kernel_was_missing

__all__ = ["called_by_address", "called_by_name", "inlined", "kernel"]

Function = TypeVar("Function", bound=Callable[..., Any])

# Sums may be reordered and products fused, so that loops run on vectors; NaN and infinity keep their meaning.
_OPTIONS: dict[str, Any] = {
    "nogil": True, "error_model": "numpy", "fastmath": {"reassoc", "contract", "nsz", "arcp"}
}  # fmt: skip

_NAMED: dict[str, Any] = {}  # functions that are called by name, which have to stay


def kernel(signature: Any) -> Callable[[Function], Function]:
    """Compile a function for one signature; it runs without the interpreter's lock, and checks no bounds."""

    def compiled(function: Function) -> Function:
        dispatcher: Any = njit(**_OPTIONS, no_cfunc_wrapper=True)(function)
        _keep_on_disk(dispatcher, function)
        dispatcher.compile(signature)
        dispatcher.disable_compile()  # another type of argument is a mistake, not a reason to compile for seconds
        return dispatcher  # type: ignore[no-any-return]

    return compiled


def called_by_address(signature: Any) -> Callable[[Callable[..., Any]], Any]:
    """Compile a function that kernels call by its `address`, so that it is compiled once, not once for each of them."""

    def compiled(function: Callable[..., Any]) -> Any:
        callback: Any = CFunc(function, sigutils.normalize_signature(signature), {}, _OPTIONS)
        _keep_on_disk(callback, function)
        callback.compile()
        return callback

    return compiled


def called_by_name(signature: Any) -> Callable[[Callable[..., Any]], Any]:
    """Compile a function that kernels call under its name, so that it is compiled once, not once for each of them.

    What it returns is called in kernels like the function.
    """

    def compiled(function: Callable[..., Any]) -> Any:
        name = f"deltarule_{function.__name__}"
        _NAMED[name] = called_by_address(signature)(function)
        binding.add_symbol(name, _NAMED[name].address)
        arguments, result = sigutils.normalize_signature(signature)
        return types.ExternalFunction(name, result(*arguments))

    return compiled


def inlined(function: Function) -> Function:
    """Compile a function into the kernels that call it; Python cannot call it, which saves a fifth of the time."""
    dispatcher: Any = njit(**_OPTIONS, no_cpython_wrapper=True, no_cfunc_wrapper=True)(function)
    return dispatcher  # type: ignore[no-any-return]


def _keep_on_disk(compiled: Any, function: Callable[..., Any]) -> None:
    """Let Numba keep machine code beside the source, or in the user's cache directory; if neither can be, nowhere."""
    try:
        compiled._cache = _KernelCache(function)
    except RuntimeError:
        _say_that_it_takes_a_while()


class _KernelCache(FunctionCache):  # type: ignore[misc]
    """Numba's cache on disk, which by itself looks only at the file of a kernel, not at those of functions it calls."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        loaded = super().load_overload(sig, target_context)
        if loaded is None:
            _say_that_it_takes_a_while()
            first_kernel_was_missing()
        return loaded

    def _index_key(self, sig: Any, codegen: Any) -> Any:
        return (*super()._index_key(sig, codegen), _sources())


@cache  # once is enough
def _say_that_it_takes_a_while() -> None:
    print("deltarule: compiling for this machine; this happens once and takes about half a minute", file=sys.stderr)


@cache
def _sources() -> str:
    """Return a digest of the source of all kernels."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
