"""``gifmcts cwmb score``: everything that is measured of a world model, on every split."""

import asyncio
import json as jsonlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from cwmb_eval.commands.judging import data_sets, judging
from cwmb_eval.commands.programs import programs
from cwmb_eval.dataset import DataSet
from cwmb_eval.judging.judge import Judge
from cwmb_eval.metrics.measures import Measures, measure
from cwmb_eval.metrics.scores import Metric
from gifmcts.settings import LISTED


@dataclass(frozen=True)
class ScoreOptions:
    """Which transitions a world model is measured on."""

    envs: Annotated[tuple[str, ...], LISTED] = ()
    """The environment of a file, or some of a run's."""
    data: Path | None = None
    """A folder that `gifmcts cwmb collect` made; by default the small sets that come with the package."""
    published: Path | None = None
    """A folder with the published transitions of CWMB as npz files."""
    metric: Metric = Metric.ACCURACY
    """How answers are compared and weighed."""
    runs: Path = Path("runs")
    """Where run folders stand."""
    unsafe_no_isolation: bool = False
    """Run programs even where this machine offers no isolation."""
    json: bool = False
    """Print one JSON object a line instead of tables."""


def score(program: str, /, options: Annotated[ScoreOptions, Parameter(name="*")] = ScoreOptions()) -> int:
    """Measure world models on every split: accuracy and its ceiling, components, errors over several steps.

    Parameters
    ----------
    program
        A file with a program, the name of a run (its chosen programs), or `reference`.
    """
    sets = {data.spec.name: data for data in data_sets(options.envs, options.data, options.published)}
    if options.metric is Metric.CWM2024:
        for name in [name for name, data in sets.items() if data.spec.stochastic]:
            print(f"{name}: undefined, since --metric cwm2024 compares single answers and it is stochastic", file=sys.stderr)
            del sets[name]
    found = programs(program, options.runs, sets)
    for name, measures in asyncio.run(_measured(found, sets, options)).items():
        if options.json:
            for measures_of in measures:
                print(jsonlib.dumps({"environment": name, **measures_of.as_json()}))
        else:
            _print(name, measures)
    return 0


async def _measured(found: Mapping[str, str], sets: Mapping[str, DataSet], options: ScoreOptions) -> dict[str, list[Measures]]:
    async with judging(options.metric, options.unsafe_no_isolation) as judge:
        return {name: await _all_splits(judge, sets[name], source) for name, source in found.items()}


async def _all_splits(judge: Judge, data: DataSet, source: str) -> list[Measures]:
    return [await measure(judge, data, split, source) for split in data.splits]


def _print(name: str, measures: Sequence[Measures]) -> None:
    table = Table(title=name, title_justify="left")
    table.add_column("")
    for of in measures:
        table.add_column(of.split.value, justify="right")
    told = [of.cells() for of in measures]
    for row in told[0]:
        table.add_row(row, *(cells[row] for cells in told))
    Console().print(table)
    for of in measures:
        if of.fault:
            Console().print(f"{of.split.value}: {of.fault}", markup=False, highlight=False, soft_wrap=True)
