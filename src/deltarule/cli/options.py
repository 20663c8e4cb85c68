"""Options that several commands share."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from deltarule.errors import InputError
from deltarule.tagging import TaggerConfig

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = [
    "Columns",
    "Encoding",
    "Field",
    "Json",
    "Threads",
    "configuration",
    "default_of",
    "parse_columns",
    "parse_lexicons",
]

Columns = Annotated[
    str | None,
    typer.Option(help="Columns of token and label, as 0,-1: from 0, negative from the end.", show_default="0,-1"),
]
Field = Annotated[str, typer.Option(help="Label in CoNLL-U files: upos or xpos.")]
Encoding = Annotated[str, typer.Option(help="Encoding of text files.")]
Threads = Annotated[int | None, typer.Option(help="Cores to work on; results are the same.", show_default="all")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")]


def default_of(name: str) -> str:
    """Return how the default of a setting is shown by --help."""
    value = TaggerConfig.model_fields[name].default
    return "none" if value is None else str(value)


def parse_columns(columns: str | None) -> tuple[int, int] | None:
    """Read "0,-1" as two column numbers."""
    if columns is None:
        return None
    try:
        token, label = (int(part) for part in columns.split(","))
    except ValueError:
        raise InputError(f"--columns takes two numbers such as 0,3 or 0,-1, not {columns!r}") from None
    return token, label


def parse_lexicons(lexicons: list[str] | None) -> dict[str, str] | None:
    """Read NAME=FILE, once for each lexicon."""
    if not lexicons:
        return None
    pairs = [lexicon.partition("=") for lexicon in lexicons]
    for name, _, file in pairs:
        if not (name and file):
            raise InputError(f"--lexicon takes a name and a file such as LOC=cities.txt, not {name or '='!r}")
    return {name: file for name, _, file in pairs}


def configuration(file: Path | None, options: dict[str, Any]) -> TaggerConfig:
    """Join defaults, a TOML file and command-line options; each overrides the one before.

    Parameters
    ----------
    file : TOML file of settings, if any
    options : settings by name; ``None`` where the option was not given
    """
    settings: dict[str, Any] = {}
    if file is not None:
        try:
            settings = tomllib.loads(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise InputError(f"{file}: cannot be read: {error.strerror}") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise InputError(f"{file}: not a TOML file: {error}") from None
        TaggerConfig.checked(settings, str(file))
    return TaggerConfig.checked(settings | {name: value for name, value in options.items() if value is not None})
