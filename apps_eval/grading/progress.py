"""How far a grading is, on standard error: a live line on a terminal, plain lines elsewhere."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from rich.console import Console

from apps_eval.grading.grader import Counts

_INTERVAL = 30.0
"""Seconds between two plain lines of progress."""


@contextmanager
def progress() -> Iterator["Progress"]:
    """Shows progress for as long as it is held."""
    console = Console(stderr=True)
    if not sys.stderr.isatty():
        yield Progress(console, None)
        return
    with console.status("reading programs") as status:
        yield Progress(console, status.update)


class Progress:
    """Shows how far a grading is: a live line on a terminal, plain lines elsewhere."""

    def __init__(self, console: Console, update: object) -> None:
        self._console, self._update, self._said = console, update, monotonic()
        self._began = monotonic()

    def __call__(self, counts: Counts) -> None:
        """Show the counts."""
        rate = counts.tests / max(monotonic() - self._began, 1e-9)
        words = f"{counts.problems} problems read, {counts.executed + counts.reused} executions done, {rate:.1f} tests/s"
        if callable(self._update):
            self._update(words)
        elif monotonic() - self._said >= _INTERVAL:
            self._said = monotonic()
            self._console.print(words, markup=False, highlight=False, soft_wrap=True)


def say(text: str) -> None:
    """Print a line as it is, to standard error."""
    Console(stderr=True).print(text, markup=False, highlight=False, soft_wrap=True)
