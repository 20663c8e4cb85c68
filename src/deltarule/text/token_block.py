"""The tokens of a block of text as places in its bytes: no object for a token is ever made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from deltarule.text.conll import Layout
from deltarule.text.corpus import Corpus
from deltarule.text.passages import PASSAGE, passage_offsets

__all__ = ["TokenBlock", "whole_passages"]


@dataclass(frozen=True, eq=False)
class TokenBlock:
    """Whole sentences of a text.

    Attributes
    ----------
    text : UTF-8, of shape (bytes,)
    starts, ends : where tokens, which have no line feed in them, begin and end in it, of shape (tokens,)
    sentence_offsets : sentence i is tokens ``sentence_offsets[i]`` up to ``sentence_offsets[i + 1]``
    document_begins : the sentences before which a document begins; the number of sentences may be among them
    """

    text: NDArray[np.uint8]
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]
    sentence_offsets: NDArray[np.int64]
    document_begins: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def sentences(self) -> int:
        """The number of sentences."""
        return len(self.sentence_offsets) - 1

    @property
    def passage_offsets(self) -> NDArray[np.int64]:
        """Passage i is sentences ``offsets[i]`` up to ``offsets[i + 1]``, if a passage begins with the block."""
        return passage_offsets(np.unique([0, *self.document_begins, self.sentences]))

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
    def of_corpus(cls, corpus: Corpus, document_begins: Sequence[int] | None = None) -> TokenBlock:
        """Lay the tokens of a corpus out one a line; documents begin where they do in the corpus unless it is told."""
        forms = [form.encode() + b"\n" for form in corpus.forms]
        content = b"".join(map(forms.__getitem__, corpus.tokens.tolist()))
        lengths = np.fromiter(map(len, forms), np.int32, len(forms))[corpus.tokens]
        ends = np.cumsum(lengths, dtype=np.int32)
        return cls(
            np.frombuffer(content, np.uint8),
            ends - lengths,
            ends - np.int32(1),
            corpus.sentence_offsets.astype(np.int64),
            np.array(corpus.document_offsets if document_begins is None else document_begins, np.int64),
        )

    def followed_by(self, other: TokenBlock) -> TokenBlock:
        """Return both blocks as one."""
        shift = np.int32(len(self.text))
        return TokenBlock(
            np.concatenate([self.text, other.text]),
            np.concatenate([self.starts, other.starts + shift]),
            np.concatenate([self.ends, other.ends + shift]),
            np.concatenate([self.sentence_offsets, other.sentence_offsets[1:] + len(self)]),
            np.concatenate([self.document_begins, other.document_begins + self.sentences]),
        )

    def cut(self, sentence: int) -> tuple[TokenBlock, TokenBlock]:
        """Return what is before a sentence, and the rest."""
        token = self.sentence_offsets[sentence]
        byte = self.starts[token] if token < len(self) else np.int32(len(self.text))
        begins = self.document_begins
        return (
            TokenBlock(
                self.text[:byte],
                self.starts[:token],
                self.ends[:token],
                self.sentence_offsets[: sentence + 1],
                begins[begins < sentence],
            ),
            TokenBlock(
                self.text[byte:],
                self.starts[token:] - byte,
                self.ends[token:] - byte,
                self.sentence_offsets[sentence:] - token,
                begins[begins >= sentence] - sentence,
            ),
        )


def whole_passages(blocks: Iterable[TokenBlock]) -> Iterator[TokenBlock]:
    """Cut blocks of a text anew, so that each begins with a passage and ends with one."""
    rest: TokenBlock | None = None
    for following in blocks:
        block = following if rest is None else rest.followed_by(following)
        offsets = block.passage_offsets
        last = int(offsets[-2]) if len(offsets) > 1 else 0
        complete = block.sentences in block.document_begins or block.sentences - last == PASSAGE
        done, rest = block.cut(block.sentences if complete else last)
        yield done
    if rest is not None:
        yield rest
