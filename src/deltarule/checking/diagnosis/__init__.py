"""Diagnosis: the likely cause of a wrong gradient, where the error has a form that can be recognised."""

from __future__ import annotations

from collections.abc import Callable

from deltarule.checking.diagnosis.evidence import Cause, Evidence, Form
from deltarule.checking.diagnosis.layout import other_order, swapped, transposed
from deltarule.checking.diagnosis.place import wrong_place
from deltarule.checking.diagnosis.scale import constant_factor, detached, not_finite, offset, wrong_sign
from deltarule.checking.diagnosis.terms import MovedLoss, missing_terms

__all__ = ["Cause", "Evidence", "Form", "MovedLoss", "diagnose"]

BEFORE_TERMS: tuple[Callable[[Evidence], Cause | None], ...] = (not_finite, detached, wrong_sign, transposed)
AFTER_TERMS: tuple[Callable[[Evidence], Cause | None], ...] = (
    constant_factor,
    swapped,
    other_order,
    offset,
    wrong_place,
)


def diagnose(evidence: Evidence, moved: MovedLoss | None = None) -> Cause | None:
    """Name the likely cause of a wrong gradient; ``None`` for one that is right, or wrong in no form that is known.

    Parameters
    ----------
    evidence : the gradient under test beside the numeric one
    moved : computes the loss with the array moved in one of its uses, where that is possible

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([1.0, -2.0, 3.0])
    >>> print(diagnose(Evidence("x", x, analytic=x, numeric=2 * x, noise=np.zeros(3))))
    numeric = 2 × analytic: a factor 2 is missing
    """
    for recognise in BEFORE_TERMS:
        if cause := recognise(evidence):
            return cause
    if moved is not None and (cause := missing_terms(evidence, moved)):
        return cause
    return next(filter(None, (recognise(evidence) for recognise in AFTER_TERMS)), None)
