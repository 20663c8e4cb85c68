"""Gradients that are right but for their size or sign: nothing, the negative, a multiple, a constant more or less."""

from __future__ import annotations

import numpy as np

from deltarule.checking.diagnosis.evidence import Cause, Evidence

__all__ = ["constant_factor", "detached", "not_finite", "offset", "wrong_sign"]

FEW = 3
"""With fewer clear entries than this, only factors and offsets that have a name are believed."""


def not_finite(evidence: Evidence) -> Cause | None:
    """Recognise NaN and infinity."""
    count = int((~np.isfinite(evidence.analytic)).sum())
    if count:
        return Cause("not finite", f"it is NaN or infinite in {count} of {evidence.analytic.size} entries")
    return None


def detached(evidence: Evidence) -> Cause | None:
    """Recognise a gradient of zero."""
    if evidence.analytic.any() or not evidence.wrong.any():
        return None
    return Cause("detached", "it is zero everywhere: the way back to it is cut (detached, rounded, or never added)")


def wrong_sign(evidence: Evidence) -> Cause | None:
    """Recognise −gradient, also where it is one exactly for one sign of the array itself."""
    if evidence.explained_by(-evidence.analytic):
        return Cause("sign", "numeric = −analytic: the sign is wrong")
    for half, words in ((evidence.point < 0, "below"), (evidence.point > 0, "above")):
        if half.any() and not half.all() and evidence.explained_by(np.where(half, -1, 1) * evidence.analytic):
            return Cause("sign", f"numeric = −analytic exactly where {evidence.name} is {words} 0: a sign is missing")
    return None


def constant_factor(evidence: Evidence) -> Cause | None:
    """Recognise numeric = c × analytic."""
    analytic, numeric = evidence.analytic[evidence.known], evidence.numeric[evidence.known]
    weight = float((analytic * analytic).sum())
    if not weight > 0:
        return None
    factor = float((analytic * numeric).sum()) / weight
    precision = max(10 * evidence.tolerance, 1e-5)
    named = next((f for f in _named_factors(evidence) if abs(f - factor) <= precision * abs(f)), None)
    if named is None and int(evidence.clear.sum()) < FEW:
        return None
    if factor == 0 or not evidence.explained_by((factor if named is None else named) * evidence.analytic):
        return None
    return Cause("factor", _factor_text(evidence, factor if named is None else named))


def _named_factors(evidence: Evidence) -> list[float]:
    sizes = [float(size) for size in evidence.sizes]
    return [s * f for f in (2.0, *sizes) for s in (1.0, -1.0)] + [s / f for f in (2.0, *sizes) for s in (1.0, -1.0)]


def _factor_text(evidence: Evidence, factor: float) -> str:
    """Say what the factor may be."""
    size = abs(factor) if abs(factor) > 1 else 1 / abs(factor)
    sign = "" if factor > 0 else "−"
    whole = round(size) if abs(size - round(size)) < 1e-4 * size else None
    number = str(whole) if whole else f"{size:.6g}"
    larger, smaller = ("numeric", "analytic") if abs(factor) > 1 else ("analytic", "numeric")
    text = f"{larger} = {sign}{number} × {smaller}"
    what = evidence.sizes.get(whole or 0)
    reasons = []
    if whole == 2:
        reasons.append("a factor 2 is missing" if larger == "numeric" else "a factor 2 too much (a ½ forgotten)")
    if what:
        mean = "a mean is taken for a sum" if larger == "numeric" else f"the 1/{number} of a mean is missing"
        reasons.append(f"{number} is {what}, so perhaps {mean}")
    if factor < 0:
        reasons.append("the sign is wrong too")
    return f"{text}: {'; '.join(reasons) or 'a constant factor is missing'}"


def offset(evidence: Evidence) -> Cause | None:
    """Recognise a constant that is missing, and the gradient λθ of a penalty ½λθ²."""
    if int(evidence.clear.sum()) < FEW:
        return None
    gap = np.where(evidence.known, evidence.numeric - evidence.analytic, 0.0)
    known = int(evidence.known.sum())
    mean = float(gap.sum()) / known
    if evidence.explained_by(evidence.analytic + mean):
        return Cause("offset", f"numeric = analytic + {mean:.6g} in every entry: a constant term is missing")
    point = np.where(evidence.known, evidence.point, 0.0)
    weight = float((point * point).sum())
    rate = float((gap * point).sum()) / weight if weight else 0.0
    if rate and evidence.explained_by(evidence.analytic + rate * evidence.point):
        gap_text = f"numeric = analytic + {rate:.6g} × {evidence.name}"
        return Cause("offset", f"{gap_text}: the gradient of a penalty ½ λ {evidence.name}² is missing")
    return None
