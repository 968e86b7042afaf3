"""A grading as text for a terminal, and as one JSON object."""

import sys
from collections.abc import Mapping

from rich.console import Console

from apps_eval.grading.session import Grading
from apps_eval.grading.summary import Scores
from apps_eval.options import Rules
from gifmcts import records
from gifmcts.wording import counted

_SHOWN = 10
"""How many of a kind are named one by one."""


def as_json(grading: Grading) -> dict[str, object]:
    """The one object that ``--json`` prints; the numbers at its head are those of the first rule set."""
    summary, rules = grading.summary, grading.summary.headline
    return {
        "rules": rules.value,
        **_numbers(summary.scores[rules]),
        "unscorable": dict(grading.unscorable),
        "excluded": dict(grading.excluded),
        "by_difficulty": {name: _numbers(scores) for name, scores in summary.by_difficulty[rules].items()},
        "by_rules": {
            one.value: _numbers(scores)
            | {"by_difficulty": {name: _numbers(part) for name, part in summary.by_difficulty[one].items()}}
            | {"unjudged": list(scores.unjudged), "comparison_only": one in grading.borrowed}
            for one, scores in summary.scores.items()
        },
        "disagreements": summary.disagreements,
        "given": grading.given,
        "refused": {"count": grading.refused, "rows": grading.refusals},
        "unknown_problems": dict(grading.unknown),
        "without_programs": {
            "count": len(grading.without_programs),
            "counted_as_failed": grading.all_problems,
            "problems": grading.without_programs,
        },
        "unjudged": list(grading.unjudged),
        "executed": grading.counts.executed,
        "reused": grading.counts.reused,
        "resumed": grading.counts.resumed,
        "damaged": grading.damaged,
        "made_on": dict(grading.made_on) or None,
        "facts": dict(grading.facts),
        "folder": str(grading.folder) if grading.folder else None,
    }


def _numbers(scores: Scores) -> dict[str, object]:
    return {
        "problems": scores.problems,
        "programs": scores.programs,
        "strict_accuracy": scores.strict_accuracy,
        "interval": scores.interval,
        "test_case_average": scores.test_case_average,
        "pass_at_k": {str(k): value for k, value in scores.pass_at_k.items()},
        "verdicts": dict(scores.verdicts),
        "near_limit": scores.near_limit,
        "stopped_by_clock": scores.stopped_by_clock,
    }


def print_grading(grading: Grading, as_object: bool) -> None:
    """Print to standard output."""
    if as_object:
        sys.stdout.buffer.write(records.encode(as_json(grading)) + b"\n")
        return
    console = Console()
    for key, value in grading.facts.items():
        _say(console, f"{key}: {value}")
    for rules, scores in grading.summary.scores.items():
        for line in (*_table(rules, scores, grading), *_counts(scores)):
            _say(console, line)
    for line in (*_differences(grading), *_left_out(grading)):
        _say(console, line)


def _say(console: Console, text: str) -> None:
    shown = "".join(character if character.isprintable() or character == "\n" else ascii(character)[1:-1] for character in text)
    console.print(shown, markup=False, highlight=False, soft_wrap=True)


def _table(rules: Rules, scores: Scores, grading: Grading) -> list[str]:
    words = f"\n{rules.value} rules"
    if rules in grading.borrowed:
        words += ", applied to outputs of programs that were run in the other way: no number of the reference scorer"
    names = ["", "problems", "programs", "strict accuracy", "95 % interval", "test-case average", *(f"pass@{k}" for k in scores.pass_at_k)]
    parts = grading.summary.by_difficulty[rules]
    rows = [names, ["all", *_cells(scores)], *(["  " + name, *_cells(part)] for name, part in parts.items())]
    widths = [max(len(row[column]) for row in rows) for column in range(len(names))]
    return [words, *(_aligned(row, widths) for row in rows)]


def _aligned(row: list[str], widths: list[int]) -> str:
    rest = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
    return "  ".join([row[0].ljust(widths[0]), *rest])


def _cells(scores: Scores) -> list[str]:
    low, high = scores.interval or (None, None)
    interval = f"{_share(low)} – {_share(high)}" if scores.interval else "–"
    shares = (scores.test_case_average, *scores.pass_at_k.values())
    return [str(scores.problems), str(scores.programs), _share(scores.strict_accuracy), interval, *map(_share, shares)]


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _counts(scores: Scores) -> list[str]:
    tests = ", ".join(f"{name} {count}" for name, count in scores.verdicts.items())
    lines = [f"test verdicts: {tests or 'none'}; {scores.near_limit} finished within the last fifth of the time limit"]
    if scores.stopped_by_clock:
        verdicts = counted(scores.stopped_by_clock, "of the time verdicts was", "of the time verdicts were")
        lines.append(
            f"{verdicts} given by the clock, before the processor time was used up: the program slept or waited, or the machine was busy"
        )
    if scores.unjudged:
        lines.append(f"left out as unjudged: {_named(scores.unjudged)}")
    return lines


def _differences(grading: Grading) -> list[str]:
    found = grading.summary.disagreements
    if len(grading.summary.scores) < 2:
        return []
    lines = [
        f"the rule sets disagree on {counted(found.tests, 'test', 'tests')} of {counted(found.programs, 'program', 'programs')}, "
        f"and on whether {counted(found.solved, 'program is', 'programs are')} solved"
    ]
    for one in found.listed[:_SHOWN]:
        solved = ", ".join(f"{rules.value} {'solved' if value else 'not solved'}" for rules, value in one.solved.items())
        tests = _named([str(test) for test in one.tests])
        lines.append(f"  problem {one.problem_id} sample {one.sample}: tests {tests}; {solved}")
    if found.programs > _SHOWN:
        lines.append("  --json lists the first thousand, --per-test all")
    return lines


def _left_out(grading: Grading) -> list[str]:
    lines = [f"REFUSED {one.place}: {one.reason}" for one in grading.refusals[:_SHOWN]]
    if grading.refused:
        places = counted(grading.refused, "place holds no program and was", "places hold no program and were")
        lines.append(f"{places} refused; {counted(grading.given, 'program was', 'programs were')} taken in")
    if grading.unknown:
        lines.append(f"not among the problems of the data and its filters: {_counted(grading.unknown)}")
    if grading.unscorable:
        lines += [f"UNSCORABLE problem {name}: {reason}" for name, reason in list(grading.unscorable.items())[:_SHOWN]]
        rows = counted(len(grading.unscorable), "row of the data cannot be scored and is", "rows of the data cannot be scored and are")
        lines.append(f"{rows} in no denominator")
    if grading.excluded:
        lines += [f"EXCLUDED problem {name}: {reason}" for name, reason in list(grading.excluded.items())[:_SHOWN]]
        problems = counted(len(grading.excluded), "problem is left out by --exclude and is", "problems are left out by --exclude and are")
        lines.append(f"{problems} in no denominator")
    if grading.without_programs:
        lines.append(_without(grading))
    if grading.unjudged:
        advice = (
            "what is stored does not say; grade without --rescore" if "rescored" in grading.facts else "the same command tries them again"
        )
        lines.append(f"UNJUDGED problems: {_named(grading.unjudged)}; {advice}")
    if grading.damaged:
        lines.append(f"{counted(grading.damaged, 'line of the log was', 'lines of the log were')} damaged and run again")
    if grading.folder is not None and "rescored" in grading.facts:
        lines.append(f"nothing was run; the outputs are those of {grading.folder}")
    elif grading.folder is not None:
        now = counted(grading.counts.executed, "execution", "executions")
        lines.append(f"{now} now, {grading.counts.reused} kept from earlier starts, in {grading.folder}")
    return lines


def _without(grading: Grading) -> str:
    number = len(grading.without_programs)
    if grading.all_problems:
        words = counted(number, "problem has no program and counts", "problems have no program and count") + " as failed (--all-problems)"
    else:
        words = counted(number, "problem has no program and is", "problems have no program and are") + " in no denominator; --all-problems "
        words += f"counts {'it' if number == 1 else 'them'} as failed"
    return f"{words}: {_named(grading.without_programs)}"


def _named(names: "tuple[str, ...] | list[str]") -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _counted(names: Mapping[str, int]) -> str:
    return _named([f"{name} ({counted(count, 'program', 'programs')})" for name, count in names.items()])
