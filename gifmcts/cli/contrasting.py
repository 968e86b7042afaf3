"""Comparisons and ablations as text for a terminal."""

from collections.abc import Mapping

from gifmcts.cli.columns import print_columns
from gifmcts.cli.progress import SIMULATED
from gifmcts.comparison import Comparison, Part
from gifmcts.paired import Paired
from gifmcts.settings import RunSettings
from gifmcts.tabulating import Ablation, AblationTable, ArmRow
from gifmcts.types import Label

_SHOWN = 10
_MEANING = {
    Label.HELD_OUT: "scored by tests that the search did not see",
    Label.ORACLE: "the search was rewarded by the very tests that score it",
    Label.ORACLE_ONLY: "too few tests to hold any out, the search saw all of them; never part of the held-out number",
}
_COUNTED = {"calls": "calls", "tokens": "tokens", "seconds": "seconds of model and evaluation"}


def print_ablation(found: Ablation, settings: RunSettings) -> None:
    """A table a label, what its columns mean, and what is in none."""
    for table in found.tables:
        _stamp(found.simulated)
        seeds = f"{table.seeds} {'seed' if table.seeds == 1 else 'seeds'} from {settings.seed}"
        print(f"strict accuracy, {table.label.value}: {_MEANING[table.label]}")
        print(f"{table.problems} problems, {seeds}, budget {settings.budget}, model {settings.model}")
        print_columns([_HEADER, *map(_row, table.rows)])
        _questions(table)
    if found.tables:
        print(_LEGEND)
    else:
        print("no problem is judged in all runs: there is nothing to compare")
    _left_out(found.left_out)
    _stamp(found.simulated)


_HEADER = ("ARM", "ACCURACY", "95 %", "DIFFERENCE", "95 %", "BETTER", "WORSE", "P", "HOLM P", "DETECTABLE", "CALLS", "TOKENS")
_LEGEND = (
    "accuracy: mean over problems of the share of seeds solved, Wilson interval over problems; difference: to the baseline, in points,\n"
    "paired bootstrap over problems; better, worse: problems solved more, less often than by the baseline; p: McNemar, exact;\n"
    "Holm: adjusted over the arms of the table; detectable: the smallest difference that so many problems would probably show;\n"
    "calls, tokens: mean a problem and seed"
)


_NOTE = (
    "\ndifferences in points, intervals by a paired bootstrap over problems; p: McNemar, exact; Holm: adjusted over the labels, and\n"
    "over the lines of each table; detectable: the smallest difference that so many problems would probably show"
)


def _row(row: ArmRow) -> tuple[str, ...]:
    low, high = row.interval
    shares = (row.name, f"{row.accuracy:.1%}", f"{low:.1%} – {high:.1%}")
    costs = (f"{row.calls:.1f}", f"{row.tokens:,.0f}")
    if row.against is None or row.holm is None:
        return (*shares, *("–" for _ in _HEADER[3:10]), *costs)
    return (*shares, *_cells(row.against, row.holm), *costs)


def _cells(found: Paired, holm: float) -> tuple[str, ...]:
    low, high = found.interval
    least = "–" if found.detectable is None else f"{100 * found.detectable:.1f}"
    ends = f"{_points(low)} … {_points(high)}"
    return _points(found.difference), ends, str(found.better), str(found.worse), _p(found.p), _p(holm), least


def _points(share: float) -> str:
    """A difference of shares in points; nothing is +0.0."""
    return f"{round(100 * share, 1) + 0.0:+.1f}"


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _questions(table: AblationTable) -> None:
    for row in table.rows:
        if row.question and row.against is not None:
            print(f"  {row.name}: {row.question}")


def print_comparison(found: Comparison) -> None:
    """The settings that differ first, then each label's problems, then what was left out."""
    _stamp(found.simulated)
    print(f"first   {found.first}\nsecond  {found.second}\n")
    if found.settings:
        keys = sorted(found.settings, key=lambda key: ("." in key, key))
        print_columns([("SETTING", "FIRST", "SECOND"), *((key, *map(_value, found.settings[key])) for key in keys)])
    else:
        print("settings: the same")
    for label, part in found.parts.items():
        print(f"\n{label.value}: {_MEANING[label]}")
        print_part(part)
    print(_NOTE)
    _left_out(found.left_out)
    _stamp(found.simulated)


def print_part(part: Part) -> None:
    """The comparison over the problems of one label."""
    whole = part.overall
    header = ("", "PROBLEMS", "FIRST", "SECOND", "DIFFERENCE", "95 %", "BETTER", "WORSE", "P", "HOLM P", "DETECTABLE")
    print_columns([header, ("solved", *_shares(whole), *_cells(whole, part.holm))])
    for word, tasks in (("only the second solves", part.gained), ("only the first solves", part.lost)):
        print(f"{word}: {', '.join(tasks) or 'none'}")
    for what, rows in part.within.items():
        if rows:
            lines = [
                (f"{row.limit:,.0f}" if row.limit >= 10 else f"{row.limit:.3g}", *_shares(row.paired), *_cells(row.paired, row.holm))
                for row in rows
            ]
            print_columns([(f"within {_COUNTED[what]}", *header[1:]), *lines])


def _shares(found: Paired) -> tuple[str, str, str]:
    return str(found.n), f"{found.first:.1%}", f"{found.second:.1%}"


def _value(value: object) -> str:
    return "not set" if value is None else str(value)


def _left_out(tasks: Mapping[str, str]) -> None:
    for task, why in list(tasks.items())[:_SHOWN]:
        print(f"left out: problem {task}: {why}")
    if len(tasks) > _SHOWN:
        print(f"left out: {len(tasks)} problems in all")


def _stamp(simulated: bool) -> None:
    if simulated:
        print(SIMULATED)
