"""``gifmcts runs`` and ``gifmcts show``."""

import json as jsonlib
import sys
from collections.abc import Sequence
from pathlib import Path
from textwrap import indent

from rich.console import Console

from gifmcts.cli.rendering import graded, harmless, outline, print_report, took
from gifmcts.errors import StoreError, UsageError
from gifmcts.manifest import refuse_incomplete
from gifmcts.records import GradeRow, encode
from gifmcts.report import Report, as_json, report
from gifmcts.store import RunFolder
from gifmcts.strategies.catalog import open_recorded
from gifmcts.tree import Tree
from gifmcts.types import Attempt, Footprint


def find(name: str, runs: Path) -> RunFolder:
    """The run of that name, or at that path.

    Raises:
        UsageError: there is none.
        StoreError: its configuration is damaged.
    """
    for path in (runs / name, Path(name)):
        if (path / "config.json").is_file():
            folder = RunFolder(path)
            refuse_incomplete(folder.manifest(), folder.name)
            return folder
    raise UsageError(f"there is no run {name!r} in {runs}; `gifmcts runs --runs DIR` lists the runs of a folder")


def runs(*, runs: Path = Path("runs"), json: bool = False) -> int:
    """List the runs of a folder.

    Parameters
    ----------
    runs
        Where run folders stand.
    json
        Print one JSON object a line.
    """
    found = [RunFolder(path.parent) for path in sorted(runs.glob("*/config.json"))]
    reports = []
    for folder in found:
        try:
            reports.append(report(folder))
        except StoreError as error:
            print(f"left out: {error}", file=sys.stderr)
    if json:
        sys.stdout.write("".join(jsonlib.dumps(_row(item)) + "\n" for item in reports))
        return 0
    if not reports:
        Console(stderr=True).print(f"no runs in {runs}; `gifmcts run apps` makes one", highlight=False, markup=False)
        return 0
    reports.sort(key=lambda item: item.manifest.host.get("started", ""))
    _print_columns([("STARTED", "RUN", "SOLVED", "SHARE", "LABEL", "MODEL", "STATE", "DIGEST"), *map(_cells, reports)])
    return 0


def _cells(item: Report) -> tuple[str, ...]:
    label = item.headline if item.headline in item.shares else next(iter(item.shares), item.headline)
    share = item.shares.get(label)
    solved, value = (f"{share.hits}/{share.n}", f"{share.value:.1%}") if share and share.value is not None else ("–", "–")
    state = "finished" if item.complete else "unfinished"
    started = item.manifest.host.get("started", "")[:16].replace("T", " ")
    model = str(item.manifest.config["model"])
    shown = "SIMULATED" if item.manifest.simulated and model == "simulated" else model + (" SIMULATED" if item.manifest.simulated else "")
    return started, item.name, solved, value if item.complete else "–", label.value, shown, state, item.digest


def _row(item: Report) -> dict[str, object]:
    return as_json(item, item.name)


def show(
    run: str,
    task: str | None = None,
    /,
    *,
    runs: Path = Path("runs"),
    attempt: int | None = None,
    problems: bool = False,
    json: bool = False,
) -> int:
    """Show a run's report, or one problem's search tree.

    Parameters
    ----------
    run
        The run's name, or the path of its folder.
    task
        The problem whose tree is shown.
    runs
        Where run folders stand.
    attempt
        With a problem: show this attempt's chat, answer and verdicts instead of the tree.
    problems
        List the run's problems instead of its report.
    json
        Print JSON instead of text: one object, or one a line for the problems of a run and the attempts of a tree.
    """
    folder = find(run, runs)
    if problems:
        return _problems(folder, json)
    if task is None and attempt is not None:
        raise UsageError(f"--attempt needs a problem: gifmcts show {run} PROBLEM --attempt {attempt}")
    if task is None:
        print_report(report(folder), folder.path, json)
        return 0
    return _tree(folder, task, attempt, json)


def _tree(folder: RunFolder, task: str, attempt: int | None, json: bool) -> int:
    """One problem's tree, or one of its attempts."""
    header, attempts = folder.tree(task)
    if attempt is not None:
        grade = next((row for row in folder.grades().get(task, []) if row.attempt == attempt), None)
        return _attempt(attempts, attempt, grade, json)
    if json:
        sys.stdout.buffer.write(b"".join(encode(item) + b"\n" for item in attempts))
        return 0
    strategy = open_recorded(folder.manifest().config)
    tree, state = Tree(), strategy.begin()
    try:
        for item in attempts:
            strategy.backup(tree, state, tree.add(item))
    except (IndexError, KeyError) as error:
        raise StoreError(f"the tree of problem {task} is damaged: an attempt belongs to a node that is not there") from error
    console = Console()
    console.print(f"problem {header.task} ({header.group}, {header.label.value})", style="bold", highlight=False, markup=False)
    console.print(outline(tree, {row.attempt: row for row in folder.grades().get(task, [])}))
    return 0


def _problems(folder: RunFolder, json: bool) -> int:
    """Every finished problem in a line."""
    grades = folder.grades()
    rows = [("PROBLEM", "GROUP", "LABEL", "END", "CALLS", "VISIBLE", "GRADE")]
    for row in folder.summaries().values():
        if json:
            sys.stdout.buffer.write(encode(row) + b"\n")
        grade = next((graded(one) for one in grades.get(row.task, []) if one.attempt == row.best), "not graded")
        shown = (row.task, row.group, row.label.value, row.end, str(row.attempts), f"{row.reward:.0%}", grade.removeprefix("grade: "))
        rows.append(shown)
    if not json:
        _print_columns(rows)
    return 0


def _print_columns(rows: Sequence[tuple[str, ...]]) -> None:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _attempt(attempts: list[Attempt], index: int, grade: GradeRow | None, as_json: bool) -> int:
    if not 0 <= index < len(attempts):
        raise UsageError(f"attempt {index} does not exist; this tree has the attempts 0 … {len(attempts) - 1}")
    chosen = attempts[index]
    if as_json:
        sys.stdout.buffer.write(encode(chosen) + b"\n")
        return 0
    console = Console()
    for message in chosen.chat:
        console.rule(message.role.value)
        _text(message.content)
    console.rule(f"answer ({chosen.completion.finish}, {chosen.completion.completion_tokens} tokens, read as {chosen.reading})")
    _text(chosen.completion.text)
    console.rule(f"reward {chosen.evaluation.reward:.3f}")
    for check in chosen.evaluation.checks:
        _text(f"{check.name}: {check.verdict}" + "".join(f"\n    {key}: {value}" for key, value in check.detail.items()))
    _left(chosen.footprint)
    if grade is not None and grade.checks:
        console.rule(graded(grade))
        for one in grade.checks:
            _text(f"{one.name}: {one.verdict}  {took(one.footprint)}".rstrip())
        _errors(next((one.footprint for one in grade.checks if one.footprint and one.footprint.stderr), None))
    return 0


def _left(footprint: Footprint | None) -> None:
    """What all visible tests took, and the end of what the first that failed wrote to its error stream."""
    if footprint is not None:
        places = f" in {footprint.near_limit} of them" if footprint.near_limit else ""
        _text(f"all visible tests: {took(footprint)}{places}")
        _errors(footprint)


def _errors(footprint: Footprint | None) -> None:
    if footprint is not None and footprint.stderr:
        _text("the error stream of the first failed test that wrote to it ends with\n" + indent(footprint.stderr, "    "))


def _text(words: str) -> None:
    sys.stdout.write(harmless(words) + "\n")
