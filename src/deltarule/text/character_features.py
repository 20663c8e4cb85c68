"""Features of a character behind another: the character, the pair of both, and their kinds."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from deltarule.errors import InputError

__all__ = ["CHARACTER_FEATURES", "character_columns", "character_kind", "fold_character"]

_NUMERALS = frozenset("一二三四五六七八九十百千万亿萬億零〇两兩几幾")
_HAN_OR_KANA = ((0x3005, 0x30FF), (0x31F0, 0x31FF), (0x3400, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF))


@lru_cache(maxsize=1 << 16)
def character_kind(character: str) -> str:
    """Tell what kind of character it is: h Han or kana, n Han numeral, a letter, 0 digit, p any other; " " for a space.

    Examples
    --------
    >>> "".join(map(character_kind, "我三aé4４，"))
    'hnaa00p'
    """
    if character == " ":
        return " "
    if character in _NUMERALS:
        return "n"
    if any(first <= ord(character) <= last for first, last in _HAN_OR_KANA):
        return "h"
    if character.isdigit():
        return "0"
    # Accents that stand behind their letter belong to its word.
    return "a" if character.isalpha() or unicodedata.category(character)[0] == "M" else "p"


@lru_cache(maxsize=1 << 16)
def fold_character(character: str) -> str:
    """Write a for a letter that is neither Han nor kana, 0 for a digit, and a form of full width as the plain one.

    Examples
    --------
    >>> "".join(map(fold_character, "我iP15，！"))
    '我aa00,!'
    """
    kind = character_kind(character)
    if kind in "a0":
        return kind
    plain = unicodedata.normalize("NFKC", character)
    return plain if len(plain) == 1 and not plain.isspace() else character


def _character(form: str) -> str:
    return fold_character(form[-1])


def _pair(form: str) -> str:
    return "".join(map(fold_character, form))


def _kinds(form: str) -> str:
    return "".join(map(character_kind, form))


CHARACTER_FEATURES: dict[str, Callable[[str], str]] = {"word": _character, "pair": _pair, "kinds": _kinds}
"""The features by name, in order, of a form of two characters: the one before, and the character itself.

"word" is the unit itself, as among the features of words, so that vectors of characters can be given for it.
"""


def character_columns(forms: Sequence[str], names: Iterable[str] = tuple(CHARACTER_FEATURES)) -> dict[str, list[str]]:
    """Compute features of forms of two characters; `InputError` where there is no such feature.

    Examples
    --------
    >>> character_columns(["北京", " 京", "第9"], ["pair", "kinds"])
    {'pair': ['北京', ' 京', '第0'], 'kinds': ['hh', ' h', 'h0']}
    """
    names = tuple(names)
    for name in names:
        if name not in CHARACTER_FEATURES:
            raise InputError(f"there is no feature {name!r} of characters; choose from {', '.join(CHARACTER_FEATURES)}")
    return {name: list(map(CHARACTER_FEATURES[name], forms)) for name in names}
