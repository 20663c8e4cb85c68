"""Characters as the units of a text: words cut into them, plain text read as them, and each with the one before it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import InputError
from deltarule.text.corpus import Corpus
from deltarule.text.recognition import recognise_scheme
from deltarule.text.schemes import Span, encode, spans

__all__ = ["character_corpora", "cut_into_characters", "in_context", "read_characters", "unbroken_offsets"]

# A sentence ends with its line, and behind the full stops of Chinese and Japanese with what closes after them.
_SENTENCE = re.compile(r"[^\n]*?[。！？｡!?…]+[\"'”’」』）】)\]]*|[^\n]+|\n")
_BITS = 21  # of a code point
_MASK = (1 << _BITS) - 1
_SPACE = ord(" ")


def read_characters(text: str, source: str = "<text>") -> Corpus:
    """Read plain text as a corpus of characters that keeps their offsets; white space is in none.

    Parameters
    ----------
    text : str
        Any text. A sentence ends at the end of a line, and after the full stops of Chinese.
    source : str
        Where the text came from, for messages.

    Examples
    --------
    >>> corpus = read_characters("他来了。 iPhone 15")
    >>> corpus.words(0), corpus.words(1)[-3:], corpus.starts.tolist()[-2:]
    (['他', '来', '了', '。'], ['e', '1', '5'], [12, 13])
    """
    return _corpus(text, [match.end() for match in _SENTENCE.finditer(text)], source)


def character_corpora(texts: Iterable[str], source: str) -> Iterator[Corpus]:
    """Read plain text as a corpus of characters for each block; the result does not depend on the blocks.

    Parameters
    ----------
    texts : the text in blocks, cut anywhere
    source : for messages

    Yields
    ------
    Corpus
        With `starts`, `ends` and `text`; their texts joined are the text, and offsets count from the beginning of each.
    """
    rest = ""
    for text in texts:
        rest += text
        ends = [match.end() for match in _SENTENCE.finditer(rest)][:-1]  # the last sentence may go on
        if ends:
            yield _corpus(rest[: ends[-1]], ends, source)
            rest = rest[ends[-1] :]
    yield _corpus(rest, [len(rest)], source)


def _corpus(text: str, sentence_ends: list[int], source: str) -> Corpus:
    """Make a corpus of the characters of a text that are no white space."""
    codes = _codes(text)
    starts = np.flatnonzero(~_is_space(codes)).astype(np.int32)
    offsets = np.unique(np.searchsorted(starts, [0, *sentence_ends])).astype(np.int32)
    distinct, tokens = np.unique(codes[starts], return_inverse=True)
    return Corpus(
        tuple(map(chr, distinct.tolist())),
        tokens.astype(np.int32),
        offsets,
        np.array([0, len(offsets) - 1] if len(offsets) > 1 else [0], np.int32),
        starts=starts,
        ends=starts + np.int32(1),
        text=text,
        source=source,
    )


def cut_into_characters(corpus: Corpus, scheme: str | None = None) -> Corpus:
    """Cut the words of a corpus into characters.

    Labels that mark chunks go on to mark the same chunks. Where labels are of another kind (parts of speech, as in
    CoNLL-U), each word becomes a chunk: its characters are labelled B, M, E, or S if it has only one.

    Parameters
    ----------
    corpus : Corpus
        Words, or characters already.
    scheme : str, optional
        The scheme of its labels; recognised if absent.

    Raises
    ------
    InputError
        If the labels fit no scheme.

    Examples
    --------
    >>> words = Corpus.from_sentences([["我", "来到", "北京"]], [["PRON", "VERB", "PROPN"]])
    >>> characters = cut_into_characters(words)
    >>> characters.words(0), characters.sentence_labels(0)
    (['我', '来', '到', '北', '京'], ['S', 'B', 'E', 'B', 'E'])
    """
    lengths = np.fromiter(map(len, corpus.forms), np.int64, len(corpus.forms))[corpus.tokens]
    ends = np.concatenate([[0], np.cumsum(lengths)])  # of words, in characters
    labels = None if corpus.labels is None else _character_labels(corpus, ends, scheme)
    if len(corpus) != ends[-1]:
        letters = [np.array(list(map(ord, form)), np.int32) for form in corpus.forms]
        codes = np.concatenate([letters[token] for token in corpus.tokens.tolist()])
        distinct, tokens = np.unique(codes, return_inverse=True)
        starts, stops = corpus.starts, corpus.ends
        if starts is not None:
            starts = (np.repeat(starts - ends[:-1], lengths) + np.arange(ends[-1])).astype(np.int32)
            stops = starts + np.int32(1)
        corpus = replace(
            corpus,
            forms=tuple(map(chr, distinct.tolist())),
            tokens=tokens.astype(np.int32),
            sentence_offsets=ends[corpus.sentence_offsets].astype(np.int32),
            labels=None,
            label_names=(),
            starts=starts,
            ends=stops,
        )
    return corpus if labels is None else corpus.with_labels(labels)


def _character_labels(corpus: Corpus, ends: NDArray[np.int64], scheme: str | None) -> list[str]:
    """Return the label of each character of the words that end at these places."""
    sentences = [corpus.sentence_labels(sentence) for sentence in range(corpus.sentences)]
    try:
        scheme = recognise_scheme(sentences) if scheme is None else scheme
    except InputError as error:
        raise InputError(f"{corpus.source}: {error}") from None
    labels: list[str] = []
    for own, (first, last) in zip(sentences, pairwise(corpus.sentence_offsets.tolist()), strict=True):
        words = (ends[first : last + 1] - ends[first]).tolist()
        chunks = [Span(i, i + 1, "") for i in range(len(own))] if scheme == "plain" else spans(own)
        cut = [Span(words[start], words[end], kind) for start, end, kind in chunks]
        labels += encode(cut, words[-1], "BMES" if scheme == "plain" else scheme)
    return labels


def in_context(corpus: Corpus) -> Corpus:
    """Return a corpus of characters in which the form of each is the character before it and itself.

    A space stands where a sentence begins, or the text has white space. What is known of a character and of the pair
    that it ends then follows from its form alone, as what is known of a word does; a window holds all pairs around.

    Examples
    --------
    >>> in_context(Corpus.from_sentences([["我", "来", "了"]])).words(0)
    [' 我', '我来', '来了']
    """
    characters = np.fromiter(map(ord, corpus.forms), np.int64, len(corpus.forms))[corpus.tokens]
    before = np.roll(characters, 1)
    stretches = unbroken_offsets(corpus)
    before[stretches[:-1][np.diff(stretches) > 0]] = _SPACE
    pairs, tokens = np.unique((before << _BITS) | characters, return_inverse=True)
    forms = tuple(chr(pair >> _BITS) + chr(pair & _MASK) for pair in pairs.tolist())
    return replace(corpus, forms=forms, tokens=tokens.astype(np.int32))


def unbroken_offsets(corpus: Corpus) -> NDArray[np.int64]:
    """Return where stretches of characters begin and end that no white space and no end of a sentence breaks."""
    offsets = corpus.sentence_offsets.astype(np.int64)
    if corpus.starts is None or corpus.ends is None or not len(corpus):
        return offsets
    gaps = np.flatnonzero(corpus.starts[1:] != corpus.ends[:-1]) + 1
    return np.union1d(offsets, gaps)


def _codes(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def _is_space(codes: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Say which code points are white space, as Python has it."""
    distinct, inverse = np.unique(codes, return_inverse=True)
    spaces = np.array([chr(code).isspace() for code in distinct.tolist()], bool)
    return spaces[inverse] if len(codes) else np.zeros(0, bool)
