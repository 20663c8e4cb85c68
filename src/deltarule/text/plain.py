"""Plain text: divided into tokens in the style of the Penn Treebank, and into sentences, keeping character offsets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import TypeAlias

import numpy as np

from deltarule.text.corpus import Corpus, CorpusBuilder

__all__ = ["corpus_of_plain", "is_opener", "read_plain", "split_sentences", "tokenise"]

Offsets: TypeAlias = tuple[int, int]

# Han and kana are written without spaces: one token a character.
_CJK = (
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9d\U00020000-\U0003ffff"
)
# Accents and vowel signs belong to words though Python's \w leaves them out.
_MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0900-\u0963"
)
_MARKS += "\u0966-\u0df3\u0e31-\u0e4e\u0eb1-\u0ecd\u1000-\u1049\u200c\u200d"
_LETTER = rf"(?:[^\W{_CJK}]|[{_MARKS}])"
_END = rf"(?!{_LETTER})"
_CLITIC = rf"['’](?:s|S|d|D|m|M|re|RE|ve|VE|ll|LL){_END}"
_PIECE = rf"(?:[A-Za-z](?:\.[A-Za-z])+{_END}\.?|\d+(?:[.,:/]\d+)*{_LETTER}*|{_LETTER}+)"
_TITLES = "Mr|Mrs|Ms|Dr|Prof|St|Sr|Jr|Gen|Sen|Rep|Gov|Capt|Col|Lt|Sgt|Rev|Hon|Messrs|Mt"
_SHORTENED = "Ph\\.D|vs|etc|cf|al|ca|approx|Inc|Ltd|Corp|Co|Bros|Jan|Feb|Aug|Sept|Oct|Nov|Dec"

_TOKEN = rf"""
      [A-Za-z]+(?=[\s,])                                                      # plain words first, for speed
    | (?:https?://|ftp://|www\.)[^\s<>"]*[^\s<>"'’”.,:;!?)\]}}…]              # addresses of pages
    | [\w.+-]{{0,63}}\w@\w+(?:[.-]\w+){{0,9}}\.[A-Za-z]{{2,}}                  # addresses of mail
    | (?:[A-Za-z0-9-]{{1,63}}\.){{1,9}}(?:com|org|net|edu|gov|info){_END}(?:/[^\s<>"]*[^\s<>"'’”.,:;!?)\]}}…])?
    | (?<!{_LETTER})[@\#]{_LETTER}+                                           # names and tags of tweets
    | (?<!\S)(?:[:;]['’]?-?[)(\]\[DPp|/]|=[)(]|<3){_END}                      # emoticons
    | (?<!{_LETTER})(?:{_TITLES}|{_SHORTENED})\.                              # abbreviations keep their full stop
    | (?<!{_LETTER})No\.(?=\s?\d)
    | (?<!{_LETTER})[A-HJ-Z]\.(?=\s[A-Z][a-z.])                               # initials of names
    | (?<={_LETTER})(?:n['’]t|N['’]T){_END}                                   # the second half of don't
    | (?<={_LETTER}){_CLITIC}                                                 # 's, 've, 'll ...
    | {_LETTER}+?(?=(?:n['’]t|N['’]T){_END})                                  # the first half of don't
    | (?<![\w)\]])[-+−]?(?:\d+(?:[.,:/]\d+)*|\.\d+)(?!\w|[-'’]\w|[.,:/]\d)    # numbers
    | {_PIECE}(?:(?:-|(?!{_CLITIC})['’]|(?<=[A-Z])&(?=[A-Z])){_PIECE})*       # words
    | \.\.+ | --+ | `` | ''                                                   # ellipsis, dash, quotes in ASCII
    | [\U0001f1e6-\U0001f1ff]{{2}}                                            # flags
    | \S(?:[\ufe0e\ufe0f\u20e3\U0001f3fb-\U0001f3ff]|\u200d[^\w\s])*          # any other character, emoji composed
    """
_EMPTY_LINE = re.compile(r"\n[^\S\n]*\n|\u2029")
_CJK_ENDINGS = frozenset("。！？｡")
_ENDINGS = _CJK_ENDINGS | frozenset(".!?…")
_CLOSERS = frozenset(['"', "'", "''", "”", "’", "»", ")", "]", "}", "」", "』", "）", "】"])
_OPENERS = frozenset(['"', "'", "``", "`", "“", "‘", "«", "(", "[", "{", "「", "『", "（", "【", "¿", "¡"])


def tokenise(text: str, begin: int = 0) -> list[Offsets]:
    """Divide a text into tokens; every character but white space is in one.

    Tokens are as in the Penn Treebank: "don't" is "do" and "n't", "Marta's" is "Marta" and "'s"; punctuation marks
    stand by themselves. Hyphenated words, numbers (1,200 3.5 10:30), page and mail addresses, @names, #tags and
    abbreviations with their full stop stay whole. Chinese and Japanese characters are tokens one by one.

    Parameters
    ----------
    text : str
        Any text.
    begin : int
        Where to begin; the character before it is looked at, as it is in the middle of a text.

    Returns
    -------
    list of pairs of int
        Start and end of each token.

    Examples
    --------
    >>> text = "Dr. Ito's dog didn't cost 1,200."
    >>> [text[start:end] for start, end in tokenise(text)]
    ['Dr.', 'Ito', "'s", 'dog', 'did', "n't", 'cost', '1,200', '.']
    """
    return [match.span() for match in _token_pattern().finditer(text, begin)]


@cache
def _token_pattern() -> re.Pattern[str]:
    """Compile the pattern at its first use: that takes a tenth of the time of importing deltarule."""
    return re.compile(_TOKEN, re.VERBOSE)


def split_sentences(text: str, spans: Sequence[Offsets]) -> list[int]:
    """Divide the tokens of a text into sentences.

    A sentence ends at an empty line, and after ``.`` ``!`` ``?`` or an ellipsis, with the quotes and brackets
    that close after it, if the next word does not begin with a small letter or a digit. After the full stop of Chinese
    and Japanese it always ends.

    Parameters
    ----------
    text : str
        The text.
    spans : sequence of pairs of int
        Start and end of each token.

    Returns
    -------
    list of int
        Sentence offsets in tokens: 0, and the end of each sentence.

    Examples
    --------
    >>> text = "Come in! (She did.) It rained."
    >>> split_sentences(text, tokenise(text))
    [0, 3, 8, 11]
    """
    tokens = [text[start:end] for start, end in spans]
    boundaries = set(_after_empty_lines(text, spans))
    for position, token in enumerate(tokens):
        if token in _ENDINGS or token[:2] == "..":
            end = _skip_closers(tokens, spans, position + 1)
            if token in _CJK_ENDINGS or _begins_sentence(tokens, end):
                boundaries.add(end)
    return [0, *sorted(boundaries - {0, len(tokens)}), *([len(tokens)] if tokens else [])]


def _after_empty_lines(text: str, spans: Sequence[Offsets]) -> list[int]:
    """Find the tokens that follow empty lines."""
    empty_lines = [match.start() for match in _EMPTY_LINE.finditer(text)]
    found: list[int] = np.searchsorted([start for start, _ in spans], empty_lines).tolist()
    return found


def _skip_closers(tokens: Sequence[str], spans: Sequence[Offsets], position: int) -> int:
    """Step over quotes and brackets that close: those with no space before them."""
    while position < len(tokens) and tokens[position] in _CLOSERS and spans[position - 1][1] == spans[position][0]:
        position += 1
    return position


def _begins_sentence(tokens: Sequence[str], position: int) -> bool:
    """Tell whether a sentence may begin here: with a letter that is not small, after any quotes and brackets."""
    while position < len(tokens) and tokens[position] in _OPENERS:
        position += 1
    return position < len(tokens) and tokens[position][0].isalpha() and not tokens[position][0].islower()


def is_opener(token: str) -> bool:
    """Tell whether a token may be a quote or bracket that opens, which belongs to what follows."""
    return token in _OPENERS


def read_plain(text: str, source: str = "<text>") -> Corpus:
    """Read plain text as a corpus of one document that keeps its character offsets.

    Parameters
    ----------
    text : str
        Any text.
    source : str
        Where the text came from, for messages.

    Returns
    -------
    Corpus
        With `starts`, `ends` and `text`; without labels.

    Examples
    --------
    >>> corpus = read_plain("Museums in Paris are amazing")
    >>> corpus.words(0)[2], int(corpus.starts[2]), int(corpus.ends[2])
    ('Paris', 11, 16)
    """
    spans = tokenise(text)
    return corpus_of_plain(text, spans, split_sentences(text, spans), source)


def corpus_of_plain(text: str, spans: Sequence[Offsets], sentence_offsets: Sequence[int], source: str) -> Corpus:
    """Make a corpus of the tokens and sentences that were found in a text."""
    builder = CorpusBuilder(source)
    for first, last in pairwise(sentence_offsets):
        for start, end in spans[first:last]:
            builder.add_token(text[start:end])
        builder.end_sentence()
    offsets = np.array(spans, np.int32).reshape(-1, 2)
    return replace(builder.build(), starts=offsets[:, 0].copy(), ends=offsets[:, 1].copy(), text=text)
