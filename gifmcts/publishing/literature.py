"""Published numbers beside runs, from the benchmarks that know of any."""

from collections.abc import Sequence

from gifmcts.assembly import benchmark_class
from gifmcts.errors import ConfigError
from gifmcts.manifest import essentials
from gifmcts.seams import Cited, Literature
from gifmcts.store import RunFolder


def literature(runs: Sequence[RunFolder]) -> list[Literature]:
    """A table for each benchmark of the runs that is installed and has one, in the order of the runs.

    Raises:
        StoreError: a folder cannot be read.
    """
    by_benchmark: dict[str, list[RunFolder]] = {}
    for run in runs:
        by_benchmark.setdefault(essentials(run.manifest(), run.name).benchmark, []).append(run)
    found: list[Literature] = []
    for name, some in by_benchmark.items():
        try:
            kind = benchmark_class(name)
        except (ConfigError, ImportError):
            continue
        if isinstance(kind, Cited):
            found.append(kind.literature(some))
    return found
