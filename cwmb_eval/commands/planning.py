"""``gifmcts cwmb plan``: returns of planners that think in world models and act in true environments."""

import asyncio
import json as jsonlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from cwmb_eval import catalog
from cwmb_eval.catalog import Entry
from cwmb_eval.commands.programs import REFERENCE, programs
from cwmb_eval.planning.budgets import Budget
from cwmb_eval.planning.candidates import play
from cwmb_eval.planning.episodes import Policy, Task
from cwmb_eval.planning.keeping import fingerprint, keep
from cwmb_eval.planning.returns import References, references
from cwmb_eval.planning.table import HEADER, Row, means, row
from gifmcts.cli.listing import find
from gifmcts.cli.run import interruptible
from gifmcts.errors import GifmctsError, PreflightError, UsageError
from gifmcts.settings import LISTED
from sandbox import Jail, SandboxError


@dataclass(frozen=True)
class PlanOptions:
    """What is planned in, how hard and how often."""

    envs: Annotated[tuple[str, ...], LISTED] = ()
    """The environment of a file, or some of a run's."""
    episodes: int = 20
    """Episodes of each policy; all policies begin alike."""
    budget: Budget = Budget.LITE
    """Of the cross-entropy method: a twentieth, or the full one of arXiv 2405.15383. Tree search has one budget."""
    steps: int | None = None
    """Steps of an episode; by default the environment's limit, or 100."""
    seed: int = 0
    """Starts, chance and plans are derived from it."""
    cache: Path = Path("cwmb-returns")
    """The folder that keeps the returns of chance and oracle."""
    workers: int | None = None
    """Processes that play; by default one per core."""
    runs: Path = Path("runs")
    """Where run folders stand."""
    unsafe_no_isolation: bool = False
    """Run programs even where this machine offers no isolation."""
    json: bool = False
    """Print one JSON object a line instead of the table."""


def plan(program: str, /, options: Annotated[PlanOptions, Parameter(name="*")] = PlanOptions()) -> int:
    """Plan with world models, act in the true environments: returns beside those of chance and of an oracle, and R between them.

    Parameters
    ----------
    program
        A file with a program, the name of a run (its chosen programs), or `reference`.
    """
    if options.episodes < 2 or (options.steps is not None and options.steps < 1) or (options.workers is not None and options.workers < 1):
        raise UsageError("--episodes needs at least 2; --steps and --workers need at least 1")
    chosen = _chosen(program, options)
    with references(options.cache, options.workers) as known:
        return asyncio.run(interruptible(lambda: _planned(program, chosen, options, known)))


async def _planned(program: str, chosen: Mapping[str, tuple[Entry, str]], options: PlanOptions, known: References) -> int:
    """Play, print and keep; the exit status."""
    try:
        rows, failed = await _played(chosen, options, known)
    except asyncio.CancelledError:
        _progress("")
        known.leave()
        raise
    if options.json:
        for made in rows:
            print(jsonlib.dumps(made.as_json()))
    elif rows:
        _print(rows)
    if rows and program != REFERENCE and not Path(program).is_file():
        keep(find(program, options.runs), rows)
    return 1 if failed else 0


def _chosen(program: str, options: PlanOptions) -> dict[str, tuple[Entry, str]]:
    """Environments, of a run in the version that it was about, and their programs."""
    wanted = catalog.entries(options.envs or (catalog.ALL,))
    if program == REFERENCE or Path(program).is_file():
        entries = {entry.name: entry for entry in wanted}
    else:
        entries = {name: _only(entry, name) for entry in wanted for name in entry.ids}
    found = programs(program, options.runs, entries)
    if not found:
        raise UsageError(f"there is no reference for {', '.join(entries)}; give a file or a run")
    return {name: (entries[name], source) for name, source in found.items()}


def _only(entry: Entry, name: str) -> Entry:
    versions = tuple(version for version in entry.versions if name.endswith(f"-v{version}"))
    return replace(entry, versions=versions)


async def _played(chosen: Mapping[str, tuple[Entry, str]], options: PlanOptions, known: References) -> tuple[list[Row], int]:
    """A row for each environment that is installed, and how many are not."""
    rows, failed = [], 0
    try:
        async with Jail(options.workers, options.unsafe_no_isolation) as jail:
            for name, (entry, source) in chosen.items():
                try:
                    rows.append(await _row(jail, known, entry, source, options))
                except GifmctsError as error:
                    failed += 1
                    print(f"{name}: {error}", file=sys.stderr)
    except SandboxError as error:
        raise PreflightError(str(error)) from error
    return rows, failed


async def _row(jail: Jail, known: References, entry: Entry, source: str, options: PlanOptions) -> Row:
    spec = catalog.open_world(entry).spec
    task = Task(entry, options.budget, options.seed, options.steps)
    returns: dict[Policy, list[float | None]] = {}
    for policy in Policy:
        _progress(f"{spec.name}: {policy.value}")
        returns[policy] = await asyncio.to_thread(known.returns, task, policy, options.episodes)
    _progress(f"{spec.name}: world model")
    played = await asyncio.gather(*(play(jail, task, source, episode) for episode in range(options.episodes)))
    _progress("")
    chance, oracle = ([worth for worth in returns[policy] if worth is not None] for policy in (Policy.RANDOM, Policy.ORACLE))
    return row(spec, options.budget, played, chance, oracle, returns[Policy.OPTIMAL], fingerprint(source))


def _print(rows: list[Row]) -> None:
    table = Table(title="mean return ± half of its 95 % interval", title_justify="left")
    for name in HEADER:
        table.add_column(name, justify="left" if name == HEADER[0] else "right", no_wrap=name == HEADER[0])
    for made in rows:
        table.add_row(*made.cells())
    Console().print(table)
    for note in (note for made in rows for note in made.notes()):
        Console().print(note, markup=False, highlight=False, soft_wrap=True)
    print("\n".join(means(rows)))


def _progress(words: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{words}", end="", file=sys.stderr, flush=True)
