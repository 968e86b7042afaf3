"""What commands share that judge programs: data by environment, and a judge in a jail."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from cwmb_eval import catalog
from cwmb_eval.dataset import DataSet
from cwmb_eval.judging.judge import Judge
from cwmb_eval.metrics.scores import Metric
from cwmb_eval.sources import find_source
from gifmcts.errors import PreflightError, UsageError
from sandbox import Jail, Limits, SandboxError

SECONDS = 2.0
"""Processor seconds for each hundred transitions."""


def data_sets(envs: tuple[str, ...], data: Path | None, published: Path | None = None) -> list[DataSet]:
    """The sets of the named environments, or all that there are.

    Raises:
        UsageError: there is none for a name.
    """
    source = find_source(data, published)
    wanted = source.select(catalog.entries(envs) if envs and catalog.ALL not in envs else None)
    for name, known in wanted.items():
        if not known:
            raise UsageError(source.missing(name))
    return [source.load(name) for name in wanted]


@asynccontextmanager
async def judging(metric: Metric, unsafe_no_isolation: bool) -> AsyncIterator[Judge]:
    """A judge for the time of a command.

    Raises:
        PreflightError: programs cannot be run here.
    """
    try:
        async with Jail(unsafe_no_isolation=unsafe_no_isolation) as jail:
            yield Judge(jail, Limits(cpu_seconds=SECONDS), metric)
    except SandboxError as error:
        raise PreflightError(str(error)) from error
