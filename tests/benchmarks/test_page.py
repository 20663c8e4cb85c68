import shutil
from pathlib import Path

import pytest
from benchmarks.page import PAGE, SECTIONS, circumstances, disturbance, render, with_section
from benchmarks.results import load, save

RAW = Path(__file__).parent / "raw"


def test_all_sections_are_written_and_the_rest_is_kept(tmp_path: Path) -> None:
    page = tmp_path / "benchmarks.md"
    marks = "".join(
        f"## {name}\n<!-- begin: {name}, written by python -m benchmarks -->\nold\n<!-- end: {name} -->\n"
        for name in SECTIONS
    )
    page.write_text(f"# Benchmarks\n{marks}the end\n", encoding="utf-8")
    assert render(page, RAW) == list(SECTIONS)
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# Benchmarks\n## tagger\n")
    assert text.endswith("the end\n")
    assert "old" not in text
    assert text.count("Measured on 2026-01-31 by `python -m benchmarks tagger`") == len(SECTIONS)
    render(page, RAW)
    assert page.read_text(encoding="utf-8") == text
    assert [path.name for path in tmp_path.iterdir()] == ["benchmarks.md"]


def test_sections_that_were_not_measured_are_left_as_they_are(tmp_path: Path) -> None:
    page = tmp_path / "benchmarks.md"
    shutil.copy(PAGE, page)
    before = page.read_text(encoding="utf-8")
    assert render(page, tmp_path) == []
    assert page.read_text(encoding="utf-8") == before


def test_the_page_of_the_project_has_all_sections(tmp_path: Path) -> None:
    page = tmp_path / "benchmarks.md"
    shutil.copy(PAGE, page)
    assert render(page, RAW) == list(SECTIONS)


def test_a_section_without_marks_is_an_error() -> None:
    with pytest.raises(ValueError, match="no section between"):
        with_section("# Benchmarks", "tagger", "body")


def test_circumstances_name_machine_versions_and_command() -> None:
    result = load("tagger", RAW)
    assert result is not None
    assert circumstances(result) == (
        "Measured on 2026-01-31 by `python -m benchmarks tagger`, with the sample corpus of the package; 2 cores"
        " (Imaginary 9000), 16 GB, Linux x86_64, Python 3.11.7, deltarule 0.1.0, jax 0.10.2; NumPy multiplies"
        " by openblas for Imaginary. Other programs took more than a tenth of a core in 2 of 18 turns, at most 0.2"
        " cores."
    )
    result["pace"]["quick"] = True
    assert "quick run" in circumstances(result)


def test_a_quiet_machine_is_not_worth_a_word() -> None:
    assert disturbance([{"participants": [{"others": [0.0, 0.05]}]}]) == ""


def test_results_are_read_as_they_were_saved(tmp_path: Path) -> None:
    result = {"rows": [{"rates": [1.5]}]}
    save("dense", result, tmp_path / "results")
    assert load("dense", tmp_path / "results") == result
    assert load("tagger", tmp_path / "results") is None
    assert [path.name for path in (tmp_path / "results").iterdir()] == ["dense.json"]
