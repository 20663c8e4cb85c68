"""The command's entry point: subcommands, and errors in plain words with the right exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import wraps
from importlib.metadata import version
from io import TextIOWrapper
from typing import Annotated, Any

import typer

from deltarule.cli.check import check
from deltarule.cli.demo import demo
from deltarule.cli.display import status
from deltarule.cli.evaluate import evaluate
from deltarule.cli.explain import explain
from deltarule.cli.lab import lab
from deltarule.cli.tag import tag
from deltarule.cli.train import train
from deltarule.cli.vectors import nearest as vectors_nearest
from deltarule.cli.vectors import train as vectors_train
from deltarule.errors import InputError, NonFiniteError

__all__ = ["app", "main"]

app = typer.Typer(
    help="Label every word of a text: train a tagger, evaluate it, tag, explain labels, and check gradients.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _reporting(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command end with an error in plain words and the right exit code, before typer has its own way with it."""

    @wraps(command)
    def run(*arguments: Any, **options: Any) -> None:
        try:
            try:
                command(*arguments, **options)
            finally:
                sys.stdout.flush()
        except InputError as error:
            _fail(f"error: {error}", 2)
        except NonFiniteError as error:
            _fail(f"error: {error}", 1)
        except BrokenPipeError:
            # The reader of our output has gone, as `head` does: not an error; keep Python from complaining at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(0)
        except OSError as error:
            _fail(f"error: {error.filename or 'file'}: {error.strerror}", 2)
        except KeyboardInterrupt:
            _fail("interrupted", 130)

    return run


def _fail(message: str, code: int) -> None:
    """Print a message on standard error and exit."""
    status.print(message, style="bold red", markup=False, soft_wrap=True)
    sys.exit(code)


for command in (train, evaluate, tag, explain, check, demo, lab):
    app.command()(_reporting(command))

vectors = typer.Typer(help="Learn word vectors from unlabelled text, and look at them.", no_args_is_help=True)
vectors.command("train")(_reporting(vectors_train))
vectors.command("nearest")(_reporting(vectors_nearest))
app.add_typer(vectors, name="vectors")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"deltarule {version('deltarule')}")
        raise typer.Exit


@app.callback()
def _options(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command: exit code 0 when all went well, 1 when a check or a training failed, 2 for unusable input."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # as files are written, whatever the locale says
    app()
