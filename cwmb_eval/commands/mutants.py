"""``gifmcts cwmb mutants``: the reference world models and known wrong ones on every split."""

import asyncio
import json as jsonlib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from cwmb_eval.checks import checks
from cwmb_eval.commands.judging import data_sets, judging
from cwmb_eval.dataset import DataSet
from cwmb_eval.judging.judge import Judge
from cwmb_eval.metrics.scores import Metric
from cwmb_eval.mutants import mutants as mutants_of
from cwmb_eval.references import reference
from cwmb_eval.transitions import Split
from gifmcts.settings import LISTED
from gifmcts.types import Verdict

REFERENCE = "(reference)"


@dataclass(frozen=True)
class MutantOptions:
    """Which references and mutants are judged, and on which transitions."""

    envs: Annotated[tuple[str, ...], LISTED] = ()
    """The environments; by default those that the data hold."""
    data: Path | None = None
    """A folder that `gifmcts cwmb collect` made; by default the small sets that come with the package."""
    unsafe_no_isolation: bool = False
    """Run programs even where this machine offers no isolation."""
    json: bool = False
    """Print one JSON object a line instead of the table."""


@dataclass(frozen=True, slots=True)
class Row:
    """One program on all splits."""

    environment: str
    program: str
    scores: dict[str, float]
    """The mean score a split."""
    found_by: tuple[str, ...]
    """The splits on which some check fails."""


def mutants(options: Annotated[MutantOptions, Parameter(name="*")] = MutantOptions()) -> int:
    """Judge every reference world model and its mutants; status 1 where a reference fails or a mutant is found by no split."""
    rows = asyncio.run(judged(data_sets(options.envs, options.data), options.unsafe_no_isolation))
    wrong = [row for row in rows if bool(row.found_by) == (row.program == REFERENCE)]
    if options.json:
        for row in rows:
            print(jsonlib.dumps({"environment": row.environment, "program": row.program, "scores": row.scores, "found_by": row.found_by}))
    else:
        _print(rows)
    return 1 if wrong else 0


async def judged(sets: list[DataSet], unsafe_no_isolation: bool = False) -> list[Row]:
    """A row for every reference and every mutant of these environments."""
    programs = [
        (data, name, source)
        for data in sets
        if (known := reference(data.spec.name))
        for name, source in [(REFERENCE, known), *((mutant.name, mutant.source) for mutant in mutants_of(data.spec.name))]
    ]
    async with judging(Metric.ACCURACY, unsafe_no_isolation) as judge:
        return await asyncio.gather(*(_row(judge, data, name, source) for data, name, source in programs))


async def _row(judge: Judge, data: DataSet, name: str, source: str) -> Row:
    scores, found = {}, []
    for split, some in data.splits.items():
        result = await judge.confirm(data.spec, source, some)
        scores[split.value] = round(result.reward, 4)
        if any(check.verdict is not Verdict.PASS for check in checks(split, result, data.spec, source)):
            found.append(split.value)
    return Row(data.spec.name, name, scores, tuple(found))


def _print(rows: list[Row]) -> None:
    table = Table(title="mean score a split; * where a check fails", title_justify="left")
    for name in ("environment", "program", *(split.value for split in Split), "found"):
        table.add_column(name, justify="right" if name in set(Split) else "left", no_wrap=name != "program")
    for row in rows:
        cells = [f"{row.scores[split]:.3f}{'*' if split in row.found_by else ' '}" if split in row.scores else "–" for split in Split]
        table.add_row(row.environment, row.program, *cells, "–" if row.program == REFERENCE else "yes" if row.found_by else "NO")
    Console().print(table)
    known = [row for row in rows if row.program != REFERENCE]
    print(f"{sum(bool(row.found_by) for row in known)} of {len(known)} mutants are found by at least one split")
