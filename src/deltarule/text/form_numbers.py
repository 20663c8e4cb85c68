"""Numbers for the distinct forms of a text that is read block by block."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from deltarule.text.token_block import TokenBlock

__all__ = ["FormNumbers"]

_BYTES_A_FORM = 16
_LIMIT = 1 << 18


class FormNumbers:
    r"""Numbers the distinct forms of a text from 1, in the order in which they first occur.

    Memory is bounded: when too many forms are known, all but the first are forgotten, and their numbers given anew.

    Parameters
    ----------
    kept : the forms that are never forgotten
    limit : forms that are remembered at most; it grows where one block has more

    Attributes
    ----------
    count : forms that are known now

    Examples
    --------
    >>> from deltarule.text.conll import Layout
    >>> numbers = FormNumbers(kept=100)
    >>> numbers.of(TokenBlock.of_lines("to\nbe\nor\nnot\nto\nbe\n", Layout(tabs=False, width=1)))
    (array([1, 2, 3, 4, 1, 2], dtype=int32), 1)
    >>> numbers.count, numbers.forms(3), numbers.forms(1, 3)
    (4, ['or', 'not'], ['to', 'be'])
    """

    def __init__(self, kept: int, limit: int = _LIMIT) -> None:
        self.kept = kept
        self.count = 0
        self._clear(max(limit, kept))

    def of(self, block: TokenBlock) -> tuple[NDArray[np.int32], int]:
        """Return the number of the form of each token, and the first number that is new or has been given anew."""
        from deltarule.kernels.form_numbers import number_forms

        numbers, known = np.empty(len(block), np.int32), self.count
        while True:
            count = number_forms(
                block.text, block.starts, block.ends, self._slots, self._letters, self._ends, known, numbers
            )
            if count >= 0:
                break
            # All but the first forms are forgotten; if that was done already, the block needs more room.
            known = self._begin_anew(self.limit if known > self.kept else 2 * self.limit)
        self.count = count
        return numbers, known + 1

    def forms(self, first: int, last: int | None = None) -> list[str]:
        """Return the forms of the numbers from one up to, not including, another; by default up to the last."""
        end = self._ends[self.count if last is None else last - 1]
        letters = self._letters[self._ends[first - 1] : end].tobytes().decode()
        return letters.split("\n")[:-1]

    def _clear(self, limit: int) -> None:
        self.limit = limit
        # A power of two, of which at most half is filled.
        self._slots = np.zeros(1 << (2 * limit - 1).bit_length(), np.int32)
        self._letters = np.empty(_BYTES_A_FORM * limit, np.uint8)
        self._ends = np.zeros(limit + 1, np.int64)

    def _begin_anew(self, limit: int) -> int:
        """Forget all but the first forms; return how many these are."""
        from deltarule.kernels.form_numbers import number_forms

        known = min(self.count, self.kept)
        letters, ends = self._letters, self._ends[: known + 1].astype(np.int32)
        self._clear(limit)
        return number_forms(
            letters,
            ends[:-1],
            ends[1:] - np.int32(1),
            self._slots,
            self._letters,
            self._ends,
            0,
            np.empty(known, np.int32),
        )
