"""The gradient check as an assertion, for tests."""

from __future__ import annotations

from typing import Any

from deltarule.checking.check import gradient_check
from deltarule.checking.report import GradientReport, ParameterCheck, aligned, causes_of, gravity
from deltarule.checking.verdict import EntryCheck, Verdict

__all__ = ["assert_gradients"]

SHOWN = 5
"""Entries that a failure shows of each parameter."""


def assert_gradients(target: Any, gradient: Any = None, at: Any = None, **settings: Any) -> GradientReport:
    """Fail if a gradient is wrong; say where, how far, and the likely cause.

    Points at kinks do not fail; a failure lists them apart from the wrong entries.

    Parameters
    ----------
    target, gradient, at, settings : as of `gradient_check`

    Returns
    -------
    GradientReport
        Of gradients that are right.

    Raises
    ------
    AssertionError
        When an entry is wrong.

    Examples
    --------
    >>> import numpy as np
    >>> def test_cube():
    ...     assert_gradients(lambda x: np.sum(x**3), lambda x: 3 * x**2, np.array([1.0, -2.0]))
    >>> test_cube()
    """
    __tracebackhide__ = True
    report = gradient_check(target, gradient, at, **settings)
    if not report:
        raise AssertionError(failure(report))
    return report


def failure(report: GradientReport) -> str:
    """Write the message of a failed check."""
    wrong = [check for check in report if check.wrong]
    agreeing = [check for check in report if not check.wrong]
    counts = ", ".join(f"{check.wrong} of {check.checked} entries of {check.name}" for check in wrong)
    kinked = [check for check in report if check.kinks]
    right = ", ".join(check.name for check in agreeing)
    parts = [
        f"wrong gradient: {counts}",
        "\n".join(aligned([("parameter", "entry", "analytic", "numeric", "rel. error"), *_rows(wrong, "wrong")])),
        "\n".join(causes_of(wrong)),
        "\n".join(
            [
                "at kinks, where no gradient is wrong as long as it lies between the slopes:",
                *aligned([("parameter", "entry", "analytic", "left", "right"), *_rows(kinked, "kink")]),
            ]
            if kinked
            else []
        ),
        f"not wrong: {right}" if right else "",
        report.note,
    ]
    return "\n\n".join(filter(None, parts))


def _rows(checks: list[ParameterCheck], verdict: Verdict) -> list[tuple[str, ...]]:
    """Write the worst entries of each parameter."""
    rows = []
    for check in checks:
        entries = sorted((e for e in check.entries if e.verdict == verdict), key=gravity, reverse=True)
        rows += [_row(check.name, entry) for entry in entries[:SHOWN]]
        if len(entries) > SHOWN:
            rows.append((check.name, f"... and {len(entries) - SHOWN} more", "", "", ""))
    return rows


def _row(name: str, entry: EntryCheck) -> tuple[str, ...]:
    index = f"[{', '.join(map(str, entry.index))}]"
    if entry.verdict == "kink":
        return name, index, f"{entry.analytic:.6g}", f"{entry.left:.6g}", f"{entry.right:.6g}"
    return name, index, f"{entry.analytic:.6g}", f"{entry.numeric:.6g}", f"{entry.relative_error:.1e}"
