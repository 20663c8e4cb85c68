"""An input of a plan, and the array that is fed to it."""

from __future__ import annotations

from ctypes import addressof
from typing import Any

import numpy as np

from deltarule.errors import InputError
from deltarule.execution.program import Matrix, address, first_byte
from deltarule.graph import Array, Input
from deltarule.graph.shapes import bind

__all__ = ["Feed"]

_LARGEST_ID = np.iinfo(np.int32).max


class Feed:
    """An input, and the array that was last fed.

    Attributes
    ----------
    array : as last accepted
    shape : of the arrays that the sizes of the program are bound to
    """

    def __init__(self, node: Input, matrix: Matrix) -> None:
        self.node, self.name, self.place = node, node.name, matrix.address
        self.dtype = np.dtype(np.int32 if node.integer else np.float32)
        self.array: Array = np.zeros(0, self.dtype)
        self.shape: tuple[int, ...] = (0,)

    def again(self, given: Any) -> int:
        """Return the address of an array of that shape, or 0 for one of another, or that has to be converted."""
        if type(given) is not np.ndarray or given.shape != self.shape or given.dtype is not self.dtype:
            return 0
        self.array = given
        try:
            return addressof(first_byte(given))
        except (TypeError, ValueError):
            return 0

    def accept(self, given: Any, sizes: dict[str, int]) -> int:
        """Check an array, convert it where it has to be, and return its address."""
        array = given if isinstance(given, np.ndarray) else np.asarray(given)
        if array.dtype != self.dtype or not array.flags.c_contiguous:
            kinds = "iu" if self.node.integer else "fiub"
            if array.dtype.kind not in kinds:
                expected = "ids or labels: whole numbers" if self.node.integer else "numbers"
                raise InputError(f"input {self.name!r} holds {expected}, not {array.dtype}")
            if array.dtype.kind in "iu" and self.node.integer and array.dtype.itemsize >= 4:
                array = array.clip(-1, _LARGEST_ID)  # what is too large must not come out small
            array = np.asarray(array, self.dtype, order="C")
        if len(array.shape) != len(self.node.shape):
            bind(self.node.shape, array.shape, sizes, self.name)
        for dimension, size in zip(self.node.shape, array.shape, strict=True):
            expected_size = sizes.setdefault(dimension, size) if isinstance(dimension, str) else dimension
            if size != expected_size:
                bind(self.node.shape, array.shape, sizes, self.name)
        self.array = array
        return address(array)
