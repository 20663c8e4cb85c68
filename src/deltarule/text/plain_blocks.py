"""Plain text read block by block, so that it need not fit into memory; the result does not depend on the blocks."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

from deltarule.text.corpus import Corpus
from deltarule.text.passages import PASSAGE
from deltarule.text.plain import Offsets, corpus_of_plain, is_opener, split_sentences, tokenise

__all__ = ["plain_corpora"]

# A token depends on what is around it up to the next white space, and on the two characters behind that.
_LAST_SPACE = re.compile(r".*\s(?=..)", re.DOTALL)


def plain_corpora(texts: Iterable[str], source: str) -> Iterator[Corpus]:
    """Read plain text as corpora of whole passages, with the sentences that `read_plain` finds in the text as a whole.

    Parameters
    ----------
    texts : the text in blocks, cut anywhere
    source : for messages

    Yields
    ------
    Corpus
        With `starts`, `ends` and `text`; their texts joined are the text, and offsets count from the beginning of each.

    Examples
    --------
    >>> [corpus.sentences for corpus in plain_corpora(["Rain. Sn", "ow. " + 99 * "Ice. ", "Sun."], "<text>")]
    [80, 22]
    """
    text, begin, wanted = "", 0, 0
    for following in texts:
        text += following
        if len(text) < wanted:
            continue
        spans = _certain(text, tokenise(text, begin))
        offsets = _certain_sentences(text, spans)
        offsets = offsets[: (len(offsets) - 1) // PASSAGE * PASSAGE + 1]
        if len(offsets) < 2:
            wanted = 2 * len(text)  # so that very long sentences are not looked at again and again
            continue
        cut = spans[offsets[-1]][0]
        yield _corpus(text, begin, cut, spans, offsets, source)
        # The last character stays, as what is before a token may decide what it is.
        text, begin, wanted = text[cut - 1 :], 1, 0
    spans = tokenise(text, begin)
    yield _corpus(text, begin, len(text), spans, split_sentences(text, spans), source)


def _certain(text: str, spans: list[Offsets]) -> list[Offsets]:
    """Leave out the last tokens, which might be others if the text went on."""
    space = _LAST_SPACE.match(text)
    return spans[: bisect_right(spans, space.end() - 1, key=lambda span: span[1])] if space else []


def _certain_sentences(text: str, spans: Sequence[Offsets]) -> list[int]:
    """Return the offsets of the sentences that are complete, whatever follows the tokens."""
    if not spans:
        return [0]
    undecided = len(spans) - 1  # a sentence may begin with the quotes and brackets at the end, or not
    while undecided > 0 and is_opener(text[slice(*spans[undecided])]):
        undecided -= 1
    return [offset for offset in split_sentences(text, spans)[:-1] if offset <= undecided]


def _corpus(
    text: str, begin: int, end: int, spans: Sequence[Offsets], sentence_offsets: Sequence[int], source: str
) -> Corpus:
    """Make a corpus of a part of a text."""
    own = [(start - begin, stop - begin) for start, stop in spans[: sentence_offsets[-1]]]
    return corpus_of_plain(text[begin:end], own, sentence_offsets, source)
