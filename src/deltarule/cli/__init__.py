"""The command deltarule."""

from deltarule.cli.app import main

__all__ = ["main"]
