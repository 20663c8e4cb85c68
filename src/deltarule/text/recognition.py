"""Recognises the label scheme of a corpus: the one in which all its sentences are well-formed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from deltarule.errors import InputError
from deltarule.text.schemes import CHUNK_SCHEMES, PREFIXES, encode, spans, split_label

__all__ = ["recognise_scheme"]


def recognise_scheme(sentences: Iterable[Sequence[str]]) -> str:
    """Find the scheme in which the labels of a corpus are well-formed.

    Parameters
    ----------
    sentences : iterable of sequences of str
        The labels of each sentence.

    Returns
    -------
    str
        The first of `SCHEMES` in which every sentence is well-formed, so "IOB2" where both IOB2 and IOB1 are;
        "plain" if no label is a chunk label.

    Raises
    ------
    InputError
        If some labels are chunk labels and others are not, or no scheme fits; the message names a sentence,
        counted from 1.

    Examples
    --------
    >>> recognise_scheme([["I-PER", "O"], ["I-PER", "B-PER"]])
    'IOB1'
    >>> recognise_scheme([["NOUN", "VERB"]])
    'plain'
    """
    first_seen: dict[tuple[str, ...], int] = {}
    for number, sentence in enumerate(sentences, start=1):
        first_seen.setdefault(tuple(sentence), number)
    if _are_plain(first_seen):
        return "plain"
    used = {split_label(label)[0] for sentence in first_seen for label in sentence} - {"O"}
    complaints = []
    for scheme, prefixes in CHUNK_SCHEMES.items():
        if used <= set(prefixes):
            complaint = _first_deviation(first_seen, scheme)
            if complaint is None:
                return scheme
            complaints.append(complaint)
    raise InputError(
        f"the labels fit no scheme: {'; '.join(complaints[:2]) or 'the prefixes are ' + ', '.join(sorted(used))}; "
        f"correct the labels so that they follow one of {', '.join(CHUNK_SCHEMES)}, or name one (--scheme, scheme=...) "
        "to have them read as conlleval reads them"
    )


def _are_plain(first_seen: dict[tuple[str, ...], int]) -> bool:
    """Tell whether no label is a chunk label (True) or all are (False); a mixture is an InputError."""
    others = {label: number for sentence, number in reversed(first_seen.items()) for label in sentence if label != "O"}
    if others.keys() <= PREFIXES:
        return bool(others) and "B" not in others  # bare letters segment words only if words have a beginning
    chunks = sorted(label for label in others if label[1:2] == "-" and label[0] in PREFIXES and len(label) > 2)
    strangers = sorted(others.keys() - set(chunks) - PREFIXES)
    if chunks and strangers:
        raise InputError(
            f"sentence {others[strangers[0]]} has the label {strangers[0]!r}, which is not a chunk label, but sentence "
            f"{others[chunks[0]]} has {chunks[0]!r}, which is; check that the label column is the right one"
        )
    return not chunks


def _first_deviation(first_seen: dict[tuple[str, ...], int], scheme: str) -> str | None:
    """Describe the first label that is not well-formed in a scheme; None if all are."""
    for sentence, number in first_seen.items():
        expected = encode(spans(sentence), len(sentence), scheme)
        for position, label in enumerate(sentence):
            if label != expected[position]:
                context = f"after {sentence[position - 1]!r}" if position else "at its beginning"
                return f"sentence {number} has {label!r} {context} where {scheme} has {expected[position]!r}"
    return None
