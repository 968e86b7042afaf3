"""The command line: everything that prints."""

from gifmcts.cli.app import main

__all__ = ["main"]
