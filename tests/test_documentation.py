"""Every code block of the README and of docs/ runs, and prints what the page says it prints.

Numbers are compared as numbers only: where digits stand in the page, digits must stand in the output. They differ a
little from one processor to another. A line that ends in "..." is compared up to there.
"""

import contextlib
import importlib.util
import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    language: str
    code: str
    line: int
    output: str | None  # of a Python block: the text block right behind it


def blocks(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    found = list(BLOCK.finditer(text))
    for block, following in zip_longest(found, found[1:]):
        behind = following and following[1] == "text" and not text[block.end() : following.start()].strip()
        line = text[: block.start()].count("\n") + 1
        yield Block(block[1], block[2], line, following[2] if behind and following else None)


def frameworks_of(block: Block) -> set[str]:
    """List the optional libraries that a Python block imports; where one is missing, the block is left out."""
    imported = re.findall(r"^(?:import|from) (\w+)", block.code, re.MULTILINE) if block.language == "python" else []
    return {"jax", "torch"}.intersection(imported)


def shape_of(output: str) -> list[str]:
    """Reduce each line to what must be the same everywhere."""
    lines = []
    for line in output.strip().splitlines():
        without_numbers = re.sub(r"-?\d(?:[\d,.]*\d)?(?:e[+-]?\d+)?", "#", line)
        without_units = re.sub(r"# (s|ms|µs)\b", "# time", without_numbers)
        lines.append(re.sub(r"\s+", " ", without_units).strip())
    return lines


def assert_as_written(printed: str, written: str, where: str) -> None:
    got, expected = shape_of(printed), shape_of(written)
    assert len(got) == len(expected), f"{where} printed:\n{printed}"
    for got_line, expected_line in zip(got, expected, strict=True):
        if expected_line.endswith("..."):
            got_line, expected_line = got_line[: len(expected_line) - 3], expected_line[:-3]
        assert got_line == expected_line, f"{where} printed:\n{printed}"


def run_python(block: Block, names: dict[str, object], where: str) -> None:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(block.code, where, "exec"), names)
    if block.output is not None:
        assert_as_written(printed.getvalue(), block.output, where)


def run_console(block: Block, where: str) -> None:
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "200",
    }
    commands = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block.code, re.MULTILINE)
    assert commands, f"{where}: a console block begins its commands with $"
    for command, written in commands:
        if command.startswith("make "):
            target = command.split()[1]
            assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE), (
                f"{where}: no target {target}"
            )
            continue
        done = subprocess.run(
            command, shell=True, capture_output=True, encoding="utf-8", env=environment, timeout=300, check=False
        )
        failed = "error:" in written
        assert (done.returncode != 0) == failed, f"{where}: {command} exited with {done.returncode}:\n{done.stderr}"
        if written:
            # Whether kernels take so long to load that it is said depends on the machine.
            told = re.sub(r"^deltarule: compiling for this machine.*\n", "", done.stderr, flags=re.MULTILINE)
            assert_as_written(done.stdout + told, written, f"{where}: {command}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_runs_and_prints_what_the_page_says(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "__main__"}
    for block in blocks(page):
        where = f"{page.name}:{block.line}"
        if any(importlib.util.find_spec(name) is None for name in frameworks_of(block)):
            continue
        if block.language == "python":
            run_python(block, names, where)
        elif block.language == "console":
            run_console(block, where)
        elif block.language == "toml":
            name = block.code.splitlines()[0].removeprefix("# ")
            (tmp_path / name).write_text(block.code, encoding="utf-8")
        else:
            assert block.language == "text", f"{where}: say how to run {block.language}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}, which is not there"


def test_the_picture_of_the_demo_has_its_table_and_no_progress_bar():
    picture = (ROOT / "docs" / "images" / "demo.svg").read_text(encoding="utf-8")
    text = re.sub(r"<[^>]+>", "", picture).replace("&#160;", " ")
    epochs = re.findall(r" (\d+) +0\.\d{4}(?: +\d\d\.\d\d){4} ", text)
    assert epochs == [str(number) for number in range(1, 16)]
    assert "epoch 1 of 15" not in text
