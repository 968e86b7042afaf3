"""Comparisons and ablations as text for a terminal."""

from collections.abc import Mapping

from gifmcts.cli.columns import print_columns
from gifmcts.cli.progress import SIMULATED
from gifmcts.comparison import Comparison, Part
from gifmcts.paired import Paired
from gifmcts.settings import RunSettings
from gifmcts.tabulating import Ablation, AblationTable, ArmRow
from gifmcts.types import Label
from gifmcts.wording import counted, one_line

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
        print(f"strict accuracy, {table.label.value}: {_MEANING[table.label]}")
        print(f"model {one_line(settings.model)}, budget {settings.budget} calls a problem, {_same(table, settings.seed)}")
        print_columns([_HEADER, *map(_row, table.rows)])
        _arms(table)
    if found.tables:
        print(_LEGEND)
        print("runs of each arm, one a seed, for `gifmcts show`, `compare` and `view`:")
        for name, runs in found.runs.items():
            print(one_line(f"  {name}: {' '.join(runs)}"))
    else:
        print("no problem is judged in all runs: there is nothing to compare")
    _left_out(found.left_out)
    _stamp(found.simulated)


_HEADER = ("ARM", "ACCURACY", "95 %", "DIFFERENCE", "95 %", "BETTER", "WORSE", "P", "HOLM P", "DETECTABLE", "CALLS", "TOKENS")
_DETECTABLE = (
    "detectable: the smallest true difference, in points,\n"
    "that so many problems would show four times of five; a smaller one may be there and not be seen; –: too few problems to show any;\n"
    "an interval of –: no problem differs, so nothing can be drawn anew, which is no proof that the two are equal"
)
_LEGEND = (
    "accuracy: mean over problems of the share of seeds whose chosen program passes every test, Wilson interval over problems;\n"
    "difference: accuracy less the baseline's in percentage points, paired problem by problem, bootstrap interval over problems;\n"
    "better, worse: problems solved with more, with fewer seeds than by the baseline; p: McNemar, exact, of better against worse;\n"
    f"Holm: p adjusted over the arms of the table; {_DETECTABLE};\n"
    "calls, tokens: mean a problem and seed, tokens of prompts and answers"
)
_NOTE = (
    "\ndifference: the second's share less the first's in percentage points, paired problem by problem, bootstrap interval over\n"
    "problems; better, worse: problems that only the second, only the first solves; p: McNemar, exact, of better against worse;\n"
    f"Holm: p adjusted over the labels, and over the lines of each table; {_DETECTABLE}"
)


def _same(table: AblationTable, first: int) -> str:
    """What all arms have in common, for which their differences are paired."""
    seeds = f"seed {first}" if table.seeds == 1 else f"{table.seeds} seeds, {first} to {first + table.seeds - 1}"
    return f"every arm over the same {counted(table.problems, 'problem', 'problems')} with {seeds}"


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
    ends = f"{_points(low)} … {_points(high)}" if found.better or found.worse else "–"
    return _points(found.difference), ends, str(found.better), str(found.worse), _p(found.p), _p(holm), least


def _points(share: float) -> str:
    """A difference of shares in points; nothing is +0.0."""
    return f"{round(100 * share, 1) + 0.0:+.1f}"


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _arms(table: AblationTable) -> None:
    """What each arm asks, what it changes, and whether it changes what a number means."""
    for row in table.rows[1:]:
        changed = _changed(row) or "nothing changed, the runs of the baseline"
        print(one_line(f"  {row.name}: {f'{row.question} ({changed})' if row.question else changed}"))
    if judged := [row.name for row in table.rows if any(key.startswith("options.") for key in row.changed)]:
        print(one_line(f"judged otherwise than the baseline: {', '.join(judged)}; such a difference is not of the search alone"))


def _changed(row: ArmRow) -> str:
    """The settings that the arm changes; not the constants of another strategy, nor what follows from the benchmark's options."""
    hidden = ("facts.", "constants.") if "strategy" in row.changed else ("facts.",)
    kept = {key: values for key, values in row.changed.items() if not key.startswith(hidden)}
    return ", ".join(f"{key} {_value(old)} → {_value(new)}" for key, (old, new) in kept.items())


def print_comparison(found: Comparison) -> None:
    """The settings that differ first, then each label's problems, then what was left out."""
    _stamp(found.simulated)
    print(f"first   {one_line(found.first)}\nsecond  {one_line(found.second)}\n")
    if found.settings:
        keys = sorted(found.settings, key=lambda key: ("." in key, key))
        print_columns([("SETTING", "FIRST", "SECOND"), *((key, *map(_value, found.settings[key])) for key in keys)])
    else:
        print("settings: the same")
    for label, part in found.parts.items():
        print(f"\n{label.value}: {_MEANING[label]}")
        print_part(part)
    print(_NOTE)
    for name in found.unfinished:
        print(one_line(f"UNFINISHED: {name}: what is compared are the problems that it has finished, which are the quicker ones"))
    _left_out(found.left_out)
    _stamp(found.simulated)


def print_part(part: Part) -> None:
    """The comparison over the problems of one label."""
    whole = part.overall
    header = ("", "PROBLEMS", "FIRST", "SECOND", "DIFFERENCE", "95 %", "BETTER", "WORSE", "P", "HOLM P", "DETECTABLE")
    print_columns([header, ("solved", *_shares(whole), *_cells(whole, part.holm))])
    for word, tasks in (("only the second solves", part.gained), ("only the first solves", part.lost)):
        print(one_line(f"{word}: {', '.join(tasks) or 'none'}"))
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
        print(one_line(f"left out: problem {task}: {why}"))
    if len(tasks) > _SHOWN:
        print(f"left out: {len(tasks)} problems in all")


def _stamp(simulated: bool) -> None:
    if simulated:
        print(SIMULATED)
