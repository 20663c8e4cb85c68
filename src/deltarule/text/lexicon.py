"""Lexicons, or gazetteers: lists of phrases, such as the names of cities, and where a text has them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deltarule.errors import InputError
from deltarule.text.corpus import Corpus
from deltarule.text.files import FilePath, read_lines
from deltarule.text.plain import tokenise

__all__ = ["MATCHES", "Lexicon", "divide_phrase", "join_matches", "split_matches"]

MATCHES = ("none", "B", "I", "E", "S", "b", "i", "e", "s")
"""What a lexicon says of a token: beginning, inside, end of a phrase, or a phrase by itself; small letters where only
the letters agree, not their case."""

_BEGIN, _INSIDE, _END, _SINGLE, _FOLDED = 1, 2, 3, 4, 4
_WORD_BITS = 32
_DIVIDER = "\n"  # no token has a line feed in it


def divide_phrase(phrase: str) -> list[str]:
    """Divide a phrase into words as plain text is."""
    return [phrase[start:end] for start, end in tokenise(phrase)]


@dataclass(frozen=True, eq=False)
class Lexicon:
    """Phrases of one kind.

    Parameters
    ----------
    phrases : tuple of tuple of str
        The words of each phrase, or its characters.

    Examples
    --------
    >>> lexicon = Lexicon((("New", "York"), ("New", "York", "City"), ("Paris",)))
    >>> corpus = Corpus.from_sentences([["in", "New", "York", "City", "or", "paris"]])
    >>> [MATCHES[match] for match in lexicon.matches(corpus)]
    ['none', 'B', 'I', 'E', 'none', 's']
    """

    phrases: tuple[tuple[str, ...], ...]
    _exact: _Trie = field(init=False, repr=False)
    _folded: _Trie = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_exact", _Trie(self.phrases, str))
        object.__setattr__(self, "_folded", _Trie(self.phrases, str.casefold))

    def __len__(self) -> int:
        return len(self.phrases)

    @classmethod
    def read(
        cls, path: FilePath, encoding: str = "utf-8", words: Callable[[str], Sequence[str]] = divide_phrase
    ) -> Lexicon:
        """Read a file of one phrase a line; lines without anything but white space are skipped.

        Parameters
        ----------
        path : str or path
            The file; gzip is decompressed.
        encoding : str
            The encoding of the file.
        words : function
            Divides a phrase into words as the text is; `list` divides it into characters.

        Raises
        ------
        InputError
            If the file cannot be read, or there is no phrase in it.
        """
        lines = dict.fromkeys(line.strip() for line in read_lines(path, encoding))
        phrases = tuple(tuple(words(line)) for line in lines if line)
        if not phrases:
            raise InputError(f"{path}: there are no phrases in it; one a line was expected")
        return cls(phrases)

    def write(self, path: FilePath, between: str = " ") -> None:
        """Write the phrases as UTF-8 text, one a line, their words parted by spaces or by nothing."""
        Path(path).write_text("".join(between.join(phrase) + "\n" for phrase in self.phrases), encoding="utf-8")

    def matches(self, corpus: Corpus) -> NDArray[np.int8]:
        """Find the phrases in a text: from left to right the longest that begins at a token, first with its own case.

        Parameters
        ----------
        corpus : Corpus
            Words, or characters if the phrases are divided into them; phrases do not reach across sentences.

        Returns
        -------
        array of int8, shape (tokens,)
            For each token, an index into `MATCHES`.
        """
        exact, folded = (trie.longest(corpus) for trie in (self._exact, self._folded))
        lengths = np.where(exact > 0, exact, folded)
        matches = np.zeros(len(corpus), np.int8)
        free = 0
        # Only tokens that begin a phrase are looked at one by one.
        begins = np.flatnonzero(lengths)
        for begin, length in zip(begins.tolist(), lengths[begins].tolist(), strict=True):
            if begin < free:
                continue
            free = begin + length
            matches[begin:free] = _INSIDE
            matches[begin], matches[free - 1] = _BEGIN, _END
            if length == 1:
                matches[begin] = _SINGLE
            if not exact[begin]:
                matches[begin:free] += _FOLDED
        return matches


def join_matches(corpus: Corpus, lexicons: Iterable[NDArray[np.int8]]) -> Corpus:
    """Return a corpus in which the form of each token tells, behind a line feed, what lexicons say of it.

    So what a lexicon says is a feature of a form, as all others are; a word has a form more for each way it is matched.

    Examples
    --------
    >>> corpus = Corpus.from_sentences([["Paris", "in", "Paris"]])
    >>> joined = join_matches(corpus, [np.array([4, 0, 0], np.int8)])
    >>> split_matches(joined.forms)
    (['Paris', 'in', 'Paris'], [[4], [0], [0]])
    """
    keys = corpus.tokens.astype(np.int64)
    count = 0
    for matches in lexicons:
        keys, count = keys * len(MATCHES) + matches, count + 1
    if not count:
        return corpus
    distinct, first, tokens = np.unique(keys, return_index=True, return_inverse=True)
    order = np.argsort(first)  # forms keep the order in which they occur
    place = np.empty(len(order), np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    forms = []
    for key in distinct[order].tolist():
        digits = ""
        for _ in range(count):
            key, match = divmod(key, len(MATCHES))
            digits = str(match) + digits
        forms.append(corpus.forms[key] + _DIVIDER + digits)
    return replace(corpus, forms=tuple(forms), tokens=place[tokens])


def split_matches(forms: Iterable[str]) -> tuple[list[str], list[list[int]]]:
    """Divide forms that `join_matches` made into what they were, and the matches of each."""
    own, matches = [], []
    for form in forms:
        word, _, digits = form.rpartition(_DIVIDER)
        own.append(word)
        matches.append(list(map(int, digits)))
    return own, matches


class _Trie:
    """Phrases as a tree whose edges are words: node 0 is where phrases begin.

    An edge is a number, of its node and its word; `edges` are sorted, so that those of many tokens are found at once.
    """

    def __init__(self, phrases: Iterable[Sequence[str]], fold: Callable[[str], str]) -> None:
        self.fold = fold
        children: dict[tuple[int, int], int] = {}
        complete: set[int] = set()
        folded = [tuple(map(fold, phrase)) for phrase in phrases]
        self.numbers = {word: i for i, word in enumerate(dict.fromkeys(chain.from_iterable(folded)), start=1)}
        for phrase in folded:
            node = 0
            for word in phrase:
                node = children.setdefault((node, self.numbers[word]), len(children) + 1)
            complete.add(node)
        self.depth = max(map(len, folded), default=0)
        edges = np.array([(node << _WORD_BITS) | word for node, word in children], np.int64)
        order = np.argsort(edges)
        self.edges, self.nodes = edges[order], np.array(list(children.values()), np.int64)[order]
        self.complete = np.zeros(len(children) + 1, bool)
        self.complete[list(complete)] = True

    def longest(self, corpus: Corpus) -> NDArray[np.int32]:
        """Return the number of words of the longest phrase that begins at each token; 0 if none does."""
        words = np.fromiter((self.numbers.get(self.fold(form), 0) for form in corpus.forms), np.int64)[corpus.tokens]
        sentence_ends = np.repeat(corpus.sentence_offsets[1:], np.diff(corpus.sentence_offsets))
        lengths = np.zeros(len(words), np.int32)
        begins = np.flatnonzero(words)
        nodes = np.zeros(len(begins), np.int64)
        for depth in range(self.depth):
            within = begins + depth < sentence_ends[begins]
            begins, nodes = begins[within], nodes[within]
            edges = (nodes << _WORD_BITS) | words[begins + depth]
            places = np.minimum(np.searchsorted(self.edges, edges), len(self.edges) - 1)
            found = self.edges[places] == edges
            begins, nodes = begins[found], self.nodes[places[found]]
            ended = self.complete[nodes]
            lengths[begins[ended]] = depth + 1
        return lengths
