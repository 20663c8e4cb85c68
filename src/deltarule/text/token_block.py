"""The tokens of a block of text as places in its bytes: no object for a token is ever made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deltarule.text.conll import Layout
from deltarule.text.corpus import Corpus

__all__ = ["TokenBlock"]


@dataclass(frozen=True, eq=False)
class TokenBlock:
    """Whole sentences of a text.

    Attributes
    ----------
    text : UTF-8, of shape (bytes,)
    starts, ends : where tokens, which have no line feed in them, begin and end in it, of shape (tokens,)
    sentence_offsets : sentence i is tokens ``sentence_offsets[i]`` up to ``sentence_offsets[i + 1]``
    """

    text: NDArray[np.uint8]
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]
    sentence_offsets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts)

    @classmethod
    def of_lines(cls, text: str, layout: Layout) -> TokenBlock | None:
        """Find the tokens in lines of CoNLL columns; ``None`` if there are lines that bytes alone do not explain."""
        from deltarule.kernels.lines import find_tokens

        content = np.frombuffer(text.encode(), np.uint8)
        lines = text.count("\n") + 1
        starts, ends, offsets = np.empty(lines, np.int32), np.empty(lines, np.int32), np.empty(lines + 1, np.int64)
        sentences = find_tokens(content, layout.tabs, layout.width, starts, ends, offsets)
        if sentences < 0:
            return None
        tokens = offsets[sentences]
        return cls(content, starts[:tokens], ends[:tokens], offsets[: sentences + 1])

    @classmethod
    def of_corpus(cls, corpus: Corpus) -> TokenBlock:
        """Lay the tokens of a corpus out one a line."""
        forms = [form.encode() + b"\n" for form in corpus.forms]
        content = b"".join(map(forms.__getitem__, corpus.tokens.tolist()))
        lengths = np.fromiter(map(len, forms), np.int32, len(forms))[corpus.tokens]
        ends = np.cumsum(lengths, dtype=np.int32)
        return cls(
            np.frombuffer(content, np.uint8),
            ends - lengths,
            ends - np.int32(1),
            corpus.sentence_offsets.astype(np.int64),
        )
