"""The page docs/benchmarks.md: what stands between the marks of a section is written from its raw result."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import tables
from benchmarks.results import FOLDER, load

__all__ = ["PAGE", "SECTIONS", "circumstances", "render", "with_section"]

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"

SECTIONS: dict[str, Callable[[list[dict[str, Any]]], str]] = {
    "tagger": tables.tagger,
    "limit": tables.limit,
    "dense": tables.dense,
    "estimators": tables.estimators,
    "tag": tables.tag,
    "train": tables.train,
}
"""What writes up the rows of each section, in the order of the page."""


def render(page: Path = PAGE, folder: Path = FOLDER) -> list[str]:
    """Write all sections that have a raw result into the page; return their names."""
    text, written = page.read_text(encoding="utf-8"), []
    for name, table in SECTIONS.items():
        result = load(name, folder)
        if result is not None:
            text = with_section(text, name, f"{table(result['rows'])}\n\n{circumstances(result)}")
            written.append(name)
    unfinished = page.with_suffix(".unfinished")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(page)
    return written


def with_section(text: str, name: str, body: str) -> str:
    """Replace what stands between the marks of a section."""
    begin, end = f"<!-- begin: {name}, written by python -m benchmarks -->", f"<!-- end: {name} -->"
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"the page has no section between {begin!r} and {end!r}")
    return f"{before}{begin}\n{body}\n{end}{after}"


def circumstances(result: dict[str, Any]) -> str:
    """Say what a section was measured on and how."""
    on, pace = result["circumstances"], result["pace"]
    versions = ", ".join(f"{name} {number}" for name, number in on["versions"].items())
    memory = f", {on['memory']} GB" if on["memory"] else ""
    quick = " **A quick run, only to see that all works.**" if pace["quick"] else ""
    return (
        f"Measured on {on['date']} by `{on['command']}`, with {on['data']}; {on['cores']} cores ({on['processor']})"
        f"{memory}, {on['system']}, Python {on['python']}, {versions};"
        f" NumPy multiplies by {on['algebra']}.{disturbance(result['rows'])}{quick}"
    )


def disturbance(rows: list[dict[str, Any]]) -> str:
    """Say how busy other programs were in the worst turn that counted."""
    others = [share for row in rows for result in row["participants"] for share in result.get("others", [])]
    if not others or max(others) < 0.1:
        return ""
    disturbed = sum(share >= 0.1 for share in others)
    return (
        f" Other programs took more than a tenth of a core in {disturbed} of {len(others)} turns, at most"
        f" {max(others):.1f} cores."
    )
