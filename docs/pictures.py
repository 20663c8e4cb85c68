"""Draws the pictures of the documentation from real runs: python docs/pictures.py."""

from __future__ import annotations

import re
import tempfile
from io import StringIO
from pathlib import Path

from rich.console import Console

from deltarule.cli import demo, display, evaluate, training

IMAGES = Path(__file__).parent / "images"


def draw_demo() -> None:
    """Record the terminal during `deltarule demo`, without its progress bar."""
    console = Console(record=True, force_terminal=True, width=96, highlight=False, file=StringIO())
    for module in (demo, display, evaluate, training):
        if hasattr(module, "output"):
            module.output = console
    with tempfile.TemporaryDirectory() as folder:
        demo.demo(model=Path(folder) / "demo-model")
        console.print()
    picture = console.export_svg(title="deltarule demo").replace(f"{folder}/", "")
    # The picture needs no file from another host: any monospaced font will do.
    picture = re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL)
    (IMAGES / "demo.svg").write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    draw_demo()
