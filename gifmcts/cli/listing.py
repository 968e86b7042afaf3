"""``gifmcts runs`` and ``gifmcts show``."""

import json as jsonlib
import sys
from os.path import isfile
from pathlib import Path
from textwrap import indent

from rich.console import Console

from gifmcts.cli.columns import print_columns
from gifmcts.cli.lines import HEADER, listed
from gifmcts.cli.rendering import print_report, print_tree
from gifmcts.errors import StoreError, UsageError
from gifmcts.index import Entry, RunIndex
from gifmcts.manifest import essentials
from gifmcts.records import GradeRow, encode
from gifmcts.replaying import replayed
from gifmcts.report import report
from gifmcts.store import RunFolder
from gifmcts.types import Attempt, Footprint
from gifmcts.wording import graded, harmless, took


def find(name: str, runs: Path) -> RunFolder:
    """The run of that name, or at that path.

    Raises:
        UsageError: there is none.
        StoreError: its configuration is damaged.
    """
    for path in (runs / name, Path(name)):
        if isfile(path / "config.json"):
            folder = RunFolder(path if path.name not in ("", "..") else path.resolve())
            essentials(folder.manifest(), folder.name)
            return folder
    raise UsageError(f"there is no run {name!r} in {runs}; `gifmcts runs --runs DIR` lists the runs of a folder")


def runs(*, runs: Path = Path("runs"), json: bool = False) -> int:
    """List the runs of a folder.

    Parameters
    ----------
    runs
        Where run folders stand.
    json
        Print one JSON object a line; `gifmcts show RUN --json` prints all of a run.
    """
    found = []
    for file in sorted(file for file in runs.glob("*/config.json") if file.is_file()):
        try:
            found.append(listed(RunFolder(file.parent)))
        except (StoreError, OSError) as error:
            print(harmless(f"left out: {error}"), file=sys.stderr)
    found.sort(key=lambda run: (run.started, run.name))
    if json:
        sys.stdout.write("".join(jsonlib.dumps(run.as_json()) + "\n" for run in found))
    elif found:
        print_columns([HEADER, *(run.cells() for run in found)])
    else:
        Console(stderr=True).print(f"no runs in {runs}; `gifmcts run apps` makes one", highlight=False, markup=False)
    return 0


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
    tree = replayed(folder.manifest().config, attempts, task)
    words = harmless(f"problem {header.task} ({header.group}, {header.label.value})")
    Console().print(words, style="bold", highlight=False, markup=False)
    print_tree(tree, {row.attempt: row for row in folder.grades().get(task, [])})
    return 0


def _problems(folder: RunFolder, json: bool) -> int:
    """Every problem in a line, those whose search is not finished last; as JSON the rows of the finished ones."""
    index = RunIndex(folder)
    index.refresh()
    if json:
        sys.stdout.buffer.write(b"".join(encode(row) + b"\n" for row in index.summaries.values()))
        return 0
    entries = sorted(index.entries(), key=lambda entry: not entry.end)
    header = ("PROBLEM", "GROUP", "LABEL", "END", "CALLS", "VISIBLE", "GRADE")
    print_columns([header, *map(_listed, entries)])
    for entry in entries:
        if entry.why:
            print(harmless(f"the tree of problem {entry.task} cannot be read: {entry.why}"), file=sys.stderr)
    return 0


def _listed(entry: Entry) -> tuple[str, ...]:
    visible = f"{entry.reward:.0%}" if entry.end else "–"
    label = entry.label.value if entry.label else "–"
    return entry.task, entry.group or "–", label, entry.end or entry.outcome.value, str(entry.calls), visible, entry.grade or "–"


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
    asked = chosen.completion
    console.rule(f"answer ({asked.finish}, {asked.completion_tokens} tokens, read as {chosen.reading})")
    _text(asked.text)
    if chosen.program is not None:
        console.rule(f"program (its first {chosen.program.kept} lines were given)" if chosen.program.kept else "program")
        _text(chosen.program.source.rstrip("\n"))
    console.rule(f"reward {chosen.evaluation.reward:.3f}")
    cost = f"{asked.prompt_tokens} prompt tokens, model {asked.seconds:.2f} s"
    _text(f"{chosen.move.action} at node {chosen.move.node}, seed {chosen.seed}, {cost}")
    if broken := chosen.evaluation.broken:
        place = "" if broken.line_number is None else f" (line {broken.line_number})"
        _text(f"broken: {broken.error}: {broken.message}{place}")
    if chosen.duplicate_of is not None:
        _text(f"the same program as attempt {chosen.duplicate_of} but for its layout: not evaluated again")
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
