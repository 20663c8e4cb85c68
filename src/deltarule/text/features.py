"""Word features: what a word looks like. They depend on the form alone: compute them once per distinct form."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from deltarule.errors import InputError

__all__ = ["CAPITALISATIONS", "FEATURES", "affixes", "capitalisation", "feature_columns", "fold", "shape"]

CAPITALISATIONS = ("lower", "upper-first", "upper-all", "upper-single", "upper-inner", "no-letters")
"""The values of `capitalisation`."""

_DIGIT = re.compile(r"\d")
_LONG_RUN = re.compile(r"(.)\1{4,}", re.DOTALL)


def fold(form: str) -> str:
    """Lower-case a word and write 0 for every digit.

    Examples
    --------
    >>> fold("Boeing-747")
    'boeing-000'
    """
    return _DIGIT.sub("0", form.lower())


def capitalisation(form: str) -> str:
    """Tell how a word is capitalised; one of `CAPITALISATIONS`. Letters without case count as lower-case.

    Examples
    --------
    >>> [capitalisation(form) for form in ("paris", "Paris", "NATO", "A", "iPhone", "1984")]
    ['lower', 'upper-first', 'upper-all', 'upper-single', 'upper-inner', 'no-letters']
    """
    return _capitalisation_of("".join(map(_case, form)))


def _capitalisation_of(cases: str) -> str:
    """Tell how a word is capitalised from what `_case` writes for its characters."""
    if "X" not in cases:
        return "lower" if cases else "no-letters"
    if "x" not in cases:
        return "upper-single" if len(cases) == 1 else "upper-all"
    return "upper-first" if cases.rfind("X") == 0 else "upper-inner"


def _case(character: str) -> str:
    """Write X for a capital, x for any other letter, nothing for what is no letter."""
    if not character.isalpha():
        return ""
    return "X" if character.isupper() or character.istitle() else "x"


def prefix(form: str, length: int) -> str:
    """Take the first letters of the folded word; "" if the word is shorter."""
    folded = fold(form)
    return folded[:length] if len(folded) >= length else ""


def suffix(form: str, length: int) -> str:
    """Take the last letters of the folded word; "" if the word is shorter."""
    folded = fold(form)
    return folded[-length:] if len(folded) >= length else ""


def affixes(form: str, length: int) -> tuple[str, str]:
    """Take the first and the last letters of the folded word; "" if the word is shorter.

    Parameters
    ----------
    form : str
        The word.
    length : int
        The number of letters, at least 1.

    Returns
    -------
    tuple of str
        Prefix and suffix.

    Examples
    --------
    >>> affixes("Paris", 3), affixes("of", 3)
    (('par', 'ris'), ('', ''))
    """
    return prefix(form, length), suffix(form, length)


def shape(form: str) -> str:
    """Draw the outline of a word as spaCy does.

    X stands for an upper-case letter, x for any other letter, d for a digit; other characters stand for themselves.
    Runs of one sign are cut to four.

    Examples
    --------
    >>> shape("Paris"), shape("U.S."), shape("12,500"), shape("internationally")
    ('Xxxxx', 'X.X.', 'dd,ddd', 'xxxx')
    """
    return _LONG_RUN.sub(_cut_run, "".join(map(_outline, form)))


def _cut_run(run: re.Match[str]) -> str:
    return run[1] * 4


def _outline(character: str) -> str:
    if character.isalpha():
        return "X" if character.isupper() else "x"
    return "d" if character.isdigit() else character


FEATURES: dict[str, Callable[[str], str]] = {
    "word": fold,
    "capitalisation": capitalisation,
    **{f"prefix{length}": partial(prefix, length=length) for length in (2, 3, 4)},
    **{f"suffix{length}": partial(suffix, length=length) for length in (2, 3, 4)},
    "shape": shape,
}
"""The word features by name, in order."""


def feature_columns(forms: Sequence[str], names: Iterable[str] = tuple(FEATURES)) -> dict[str, list[str]]:
    """Compute features of forms.

    Parameters
    ----------
    forms : sequence of str
        The distinct forms of a corpus.
    names : iterable of str
        Names from `FEATURES`; all if absent.

    Returns
    -------
    dict of str to list of str
        For each feature, its value for each form.

    Raises
    ------
    InputError
        If there is no such feature.

    Examples
    --------
    >>> feature_columns(["Paris", "in"], ["word", "suffix2"])
    {'word': ['paris', 'in'], 'suffix2': ['is', 'in']}
    """
    names = tuple(names)
    for name in names:
        if name not in FEATURES:
            raise InputError(f"there is no word feature {name!r}; choose from {', '.join(FEATURES)}")
    if not forms or not all(forms) or any("\n" in form for form in forms):
        return {name: list(map(FEATURES[name], forms)) for name in names}
    lines = "\n".join(forms)
    folded = fold(lines).split("\n")
    return {name: _column(name, lines, folded) for name in names}


def _column(name: str, lines: str, folded: list[str]) -> list[str]:
    """Compute a feature of many forms, given one a line, several times faster than one by one."""
    if name == "word":
        return folded
    if name == "shape":
        return _LONG_RUN.sub(_cut_run, lines.translate(_OUTLINES)).split("\n")
    if name == "capitalisation":
        return list(map(_capitalisation_of, lines.translate(_CASES).split("\n")))
    length = int(name[-1])
    if name.startswith("prefix"):
        return [form[:length] if len(form) >= length else "" for form in folded]
    return [form[-length:] if len(form) >= length else "" for form in folded]


class _Translation(dict[int, str]):
    """What to write for each character, found out when it is first seen."""

    def __init__(self, function: Callable[[str], str]) -> None:
        super().__init__({ord("\n"): "\n"})
        self.function = function

    def __missing__(self, code: int) -> str:
        self[code] = character = self.function(chr(code))
        return character


_OUTLINES, _CASES = _Translation(_outline), _Translation(_case)
