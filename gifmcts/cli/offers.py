"""Commands that benchmarks bring along: found by name, imported when called."""

from collections.abc import Callable
from importlib import import_module
from importlib.metadata import entry_points
from typing import cast

from gifmcts.assembly import GROUP, benchmark_class
from gifmcts.errors import UsageError


def offers(command: str) -> dict[str, str]:
    """The benchmarks that bring this command, and by which function."""
    commands = {point.name: benchmark_class(point.name).commands for point in entry_points(group=GROUP)}
    return {name: offered[command] for name, offered in commands.items() if command in offered}


def offered(command: str, benchmark: str | None) -> Callable[..., int]:
    """The function of the named benchmark, or of the only one that brings this command.

    Raises:
        UsageError: it is open which benchmark is meant, or that one does not bring it.
    """
    known = offers(command)
    if benchmark is None and len(known) > 1:
        raise UsageError(
            f"`gifmcts {command}` is known to more than one benchmark: add --benchmark {' or --benchmark '.join(sorted(known))}"
        )
    name = benchmark or next(iter(known), "")
    if name not in known:
        what = f"--benchmark {name}: " if name else ""
        raise UsageError(f"{what}`gifmcts {command}` is known to {', '.join(sorted(known)) or 'no installed benchmark'}")
    module, _, function = known[name].partition(":")
    return cast("Callable[..., int]", getattr(import_module(module), function))
