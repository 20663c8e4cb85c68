"""The report of a gradient check: a row a parameter, and one line that sums it up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from deltarule.checking.diagnosis import Cause
from deltarule.checking.verdict import EntryCheck, Verdict
from deltarule.graph.shapes import format_shape

__all__ = ["GradientReport", "ParameterCheck", "aligned", "causes_of", "gravity", "summarise_entries"]

SEVERITY: dict[Verdict, int] = {"agrees": 0, "kink": 1, "wrong": 2}
HEADINGS = ("parameter", "shape", "checked", "worst entry", "analytic", "numeric", "rel. error", "verdict")
RIGHT_ALIGNED = ("checked", "analytic", "numeric", "rel. error", "left", "right")


@dataclass(frozen=True)
class ParameterCheck:
    """What the check found for one parameter.

    Attributes
    ----------
    name, shape : the parameter
    checked, total : entries checked, of how many
    wrong, kinks : number of entries with these verdicts
    worst : the entry of the gravest verdict and then of the largest relative error; ``None`` if there are no entries
    cause : of a wrong gradient, where the error has a form that is recognised
    entries : all that were checked
    """

    name: str
    shape: tuple[int, ...]
    checked: int
    total: int
    wrong: int
    kinks: int
    worst: EntryCheck | None
    cause: Cause | None = None
    entries: tuple[EntryCheck, ...] = field(default=(), repr=False)

    @property
    def verdict(self) -> Verdict:
        """The gravest verdict of an entry: "wrong" if any is, else "kink" if any is, else "agrees"."""
        return "agrees" if self.worst is None else self.worst.verdict

    def as_dict(self) -> dict[str, Any]:
        """Return the findings as plain data for JSON; NaN and infinity become ``None``."""
        findings: dict[str, Any] = {
            "name": self.name,
            "shape": list(self.shape),
            "checked": self.checked,
            "total": self.total,
            "wrong": self.wrong,
            "kinks": self.kinks,
            "verdict": self.verdict,
            "cause": None if self.cause is None else {"form": self.cause.form, "text": self.cause.text},
        }
        if self.worst is not None:
            findings |= {
                "worst_index": list(self.worst.index),
                "analytic": _finite(self.worst.analytic),
                "numeric": _finite(self.worst.numeric),
                "left": _finite(self.worst.left),
                "right": _finite(self.worst.right),
                "relative_error": _finite(self.worst.relative_error),
                "kink": self.worst.kink,
            }
        return findings


@dataclass(frozen=True)
class GradientReport:
    """The outcome of `gradient_check`; true if it passed, and ``print`` shows it as a table.

    Attributes
    ----------
    checks : one for each parameter
    evaluations : how often the loss was computed for the differences
    seconds : how long that took
    backward_seconds : how long one analytic gradient of all parameters took
    note : what was done to make the check possible; may be empty
    """

    checks: tuple[ParameterCheck, ...]
    evaluations: int
    seconds: float
    backward_seconds: float
    note: str = ""

    @property
    def passed(self) -> bool:
        """Whether no entry is wrong. Kinks do not fail: there the comparison says nothing."""
        return not any(check.wrong for check in self.checks)

    def __bool__(self) -> bool:
        return self.passed

    def __getitem__(self, name: str) -> ParameterCheck:
        """Return the findings for a parameter."""
        found = {check.name: check for check in self.checks}
        if name not in found:
            raise KeyError(f"no parameter {name!r} was checked; these were: {', '.join(found)}")
        return found[name]

    def __iter__(self) -> Iterator[ParameterCheck]:
        return iter(self.checks)

    @property
    def worst(self) -> ParameterCheck | None:
        """The parameter with the gravest findings."""
        return max(self.checks, key=_check_gravity, default=None)

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain data for JSON."""
        return {
            "passed": self.passed,
            "evaluations": self.evaluations,
            "seconds": self.seconds,
            "backward_seconds": self.backward_seconds,
            "note": self.note,
            "parameters": [check.as_dict() for check in self.checks],
        }

    def __str__(self) -> str:
        remarks = [*map(_remark, filter(_has_kinks, self.checks)), *causes_of(self.checks)]
        return "\n".join([*_table(self.checks), *remarks, *filter(None, [self.note]), self._summary()])

    def _summary(self) -> str:
        """Say in one line what was found, and at what price."""
        checked, total = sum(c.checked for c in self.checks), sum(c.total for c in self.checks)
        wrong, kinks = sum(c.wrong for c in self.checks), sum(c.kinks for c in self.checks)
        counts = [f"{checked} of {total} entries checked", f"{wrong} wrong"]
        if kinks:
            counts.append(f"{kinks} at a kink")
        return (
            f"{'passed' if self.passed else 'FAILED'}: {', '.join(counts)};"
            f" {self.evaluations} loss evaluations took {_duration(self.seconds)},"
            f" one backward pass {_duration(self.backward_seconds)}"
        )


def summarise_entries(name: str, shape: tuple[int, ...], total: int, entries: Sequence[EntryCheck]) -> ParameterCheck:
    """Count the verdicts of a parameter's entries and pick the worst."""
    return ParameterCheck(
        name=name,
        shape=shape,
        checked=len(entries),
        total=total,
        wrong=sum(entry.verdict == "wrong" for entry in entries),
        kinks=sum(entry.verdict == "kink" for entry in entries),
        worst=max(entries, key=gravity, default=None),
        entries=tuple(entries),
    )


def causes_of(checks: Sequence[ParameterCheck]) -> list[str]:
    """Write the likely causes, one a line; those that several parameters share, once."""
    names: dict[str, list[str]] = {}
    for check in checks:
        if check.cause is not None:
            names.setdefault(check.cause.text, []).append(check.name)
    return [f"likely cause, {', '.join(group)}: {text}" for text, group in names.items()]


def gravity(entry: EntryCheck) -> tuple[int, float]:
    """Rank an entry: by its verdict, then by its relative error."""
    error = entry.relative_error
    return SEVERITY[entry.verdict], error if isfinite(error) else float("inf")


def _check_gravity(check: ParameterCheck) -> tuple[int, float]:
    return (-1, 0.0) if check.worst is None else gravity(check.worst)


def _has_kinks(check: ParameterCheck) -> bool:
    return check.worst is not None and check.worst.verdict == "kink"


def _remark(check: ParameterCheck) -> str:
    """Explain a parameter whose worst entry is at a kink."""
    assert check.worst is not None
    where = f"a kink of {check.worst.kink}" if check.worst.kink else "a kink"
    return (
        f"{check.name}: {check.kinks} of {check.checked} entries at {where};"
        f" slope {check.worst.left:.6g} on the left, {check.worst.right:.6g} on the right"
    )


def _table(checks: Sequence[ParameterCheck]) -> list[str]:
    """Lay the findings out in aligned columns."""
    return aligned([HEADINGS, *map(_row, checks)])


def aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Lay rows out in columns; the first row holds the headings."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(_aligned(*cell) for cell in zip(rows[0], row, widths, strict=True)).rstrip() for row in rows]


def _aligned(heading: str, text: str, width: int) -> str:
    return text.rjust(width) if heading in RIGHT_ALIGNED else text.ljust(width)


def _row(check: ParameterCheck) -> tuple[str, ...]:
    checked = f"{check.checked}/{check.total}"
    if check.worst is None:
        return check.name, format_shape(check.shape), checked, "", "", "", "", check.verdict
    worst = check.worst
    index = f"[{', '.join(map(str, worst.index))}]"
    numbers = f"{worst.analytic:.6g}", f"{worst.numeric:.6g}", f"{worst.relative_error:.1e}"
    return check.name, format_shape(check.shape), checked, index, *numbers, _verdict(check)


def _verdict(check: ParameterCheck) -> str:
    """Write the verdict, with the number of entries that it holds for unless that is all."""
    count = {"wrong": check.wrong, "kink": check.kinks}.get(check.verdict)
    return check.verdict if count is None else f"{check.verdict} ({count} of {check.checked})"


def _duration(seconds: float) -> str:
    """Write a time in the unit that fits it."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} µs"


def _finite(number: float) -> float | None:
    return number if isfinite(number) else None
