"""``gifmcts BENCHMARK COMMAND``: what a benchmark offers beside runs, and beside the engine's own commands."""

from importlib import import_module

from cyclopts import App

from gifmcts.assembly import benchmark_class
from gifmcts.errors import UsageError

_OTHERS = ("grade", "audit")
"""Offers that stand under commands of the engine."""


def extras(name: str) -> App:
    """The commands of a benchmark alone.

    Raises:
        UsageError: it has none.
    """
    own = {word: place for word, place in benchmark_class(name).commands.items() if word not in _OTHERS}
    if not own:
        raise UsageError(f"{name} has no commands of its own; `gifmcts run {name}` runs it")
    app = App(name=name, help=f"Commands of the benchmark {name} alone.")
    for word, place in own.items():
        module, _, function = place.partition(":")
        app.command(getattr(import_module(module), function), name=word)
    return app
