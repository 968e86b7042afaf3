"""Reports and trees as text for a terminal."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text
from rich.tree import Tree as Outline

from gifmcts.assembly import Plan
from gifmcts.cli.progress import SIMULATED
from gifmcts.metrics import Share
from gifmcts.records import GradeRow
from gifmcts.report import Report, as_json
from gifmcts.strategies.catalog import changed_constants
from gifmcts.tree import Node, Tree
from gifmcts.types import Label
from gifmcts.wording import counted, graded, harmless

_SHOWN = 10
"""How many problems that are left out are named one by one."""
_WORDS = 60
"""Columns that a line of a tree has at least for its words."""
_MEANING = {
    Label.HELD_OUT: "HELD-OUT: scored by tests that the search did not see",
    Label.ORACLE: "ORACLE: the search was rewarded by the very tests that score it",
    Label.ORACLE_ONLY: "ORACLE-ONLY: too few tests to hold any out; never part of the held-out number",
}


def print_report(report: Report, path: Path, as_object: bool) -> None:
    """The report on standard output, as text or as one JSON object."""
    if as_object:
        sys.stdout.write(json.dumps(as_json(report, report.name)) + "\n")
        return
    console = Console()
    if report.manifest.simulated:
        console.print(SIMULATED, style="bold magenta", highlight=False, soft_wrap=True)
    for line in _header(report):
        _print(console, line)
    console.print(_shares(report))
    for label in report.shares:
        console.print(f"  {_MEANING[label]}", highlight=False)
    if not report.shares.get(report.headline):
        kind, why = ("finished", "") if not report.problems else (report.headline.value, " (--protocol oracle scores every problem)")
        words = f"no {kind} problem: there is no strict accuracy to report{why}"
        console.print(words, style="yellow", highlight=False, soft_wrap=True)
    for line in _lines(report):
        _print(console, line)
    _print(console, f"digest {report.digest}   folder {path}")


def _print(console: Console, line: str) -> None:
    """Print a line as it is, with whatever a run folder holds made harmless."""
    console.print(harmless(line), highlight=False, markup=False, soft_wrap=True)


def _header(report: Report) -> list[str]:
    """What was run: everything that tells this run from another."""
    config = report.manifest.config
    words = f"{config['strategy']} ({config['preset']}), model {config['model']}, budget {config['budget']}, window {config['window']}"
    lines = [f"{report.name}: {words}, seed {config['seed']}"]
    facts, sampling = (_table(config.get(key)) for key in ("facts", "sampling"))
    lines += [f"  {key}: {value}" for key, value in facts.items()]
    chosen = {key: value for key, value in report.manifest.chosen.items() if key not in facts}
    for title, table in (("options", chosen), ("sampling", sampling), ("constants", changed_constants(config))):
        if table:
            lines.append(f"  {title}: " + ", ".join(f"{key} {value}" for key, value in table.items()))
    return lines


def _table(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _shares(report: Report) -> Table:
    """Strict accuracy by label and group."""
    stamp = " (SIMULATED)" if report.manifest.simulated else ""
    scoring = report.manifest.scoring
    table = Table(title=harmless(f"strict accuracy: solved is {scoring.solved}{stamp}"), title_justify="left")
    for name in ("label", "problems", "solved", "share", "95 % interval", harmless(scoring.reward)):
        table.add_column(name, justify="left" if name == "label" else "right")
    for label, share in report.shares.items():
        table.add_row(label.value, *_cells(share), f"{report.test_share[label]:.1%}", style="bold")
        for group, shares in report.by_group.items():
            if label in shares and len(report.by_group) > 1:
                table.add_row(Text(f"  {harmless(group)}"), *_cells(shares[label]), f"{report.test_share_by_group[group][label]:.1%}")
    return table


def _cells(share: Share) -> tuple[str, str, str, str]:
    low, high = share.interval or (0.0, 0.0)
    return str(share.n), str(share.hits), "–" if share.value is None else f"{share.value:.1%}", f"{low:.1%} – {high:.1%}"


def _lines(report: Report) -> list[str]:
    lines = []
    for label, curve in report.within.items():
        points = sorted({b for b in (1, 2, 5, 10, 20, 50, 100, 200, len(curve)) if b <= len(curve)})
        lines.append(f"solved within b calls, {label.value}: " + "  ".join(f"{b}: {curve[b - 1]}" for b in points))
    for label, values in report.pass_at.items():
        if values:
            lines.append(f"pass@k, {label.value}: " + "  ".join(f"{k}: {value:.1%}" for k, value in values.items()))
    if report.gap[0]:
        visible, held = report.gap
        lines.append(f"of {visible} held-out problems that pass every visible test, {held} pass all tests (gap {visible - held})")
    lines += _cost(report)
    if report.duplicates:
        calls = "call" if report.duplicates == 1 else "calls"
        lines.append(f"{report.duplicates} {calls} wrote a program that their tree had already: it was not evaluated again")
    if report.verdicts:
        lines.append("test verdicts of the chosen programs: " + ", ".join(f"{name} {count}" for name, count in report.verdicts.items()))
    if report.near_limit[0]:
        tests, programs = report.near_limit
        words = f"{tests} {'test' if tests == 1 else 'tests'} of {programs} {'program' if programs == 1 else 'programs'}"
        lines.append(f"near the time limit: {words} (verdicts may differ on another machine)")
    if report.exhausted:
        lines.append(f"{report.exhausted} searches ended before their budget: the strategy had nothing left to offer")
    if report.damaged:
        words = "their files have changed since they were finished; `gifmcts run` as before mends those cut short; restore others"
        lines.append(f"DAMAGED trees: {', '.join(report.damaged[:_SHOWN])}: {words}")
    for task, why in list(report.unreadable.items())[:_SHOWN]:
        lines.append(f"UNREADABLE tree of problem {task}: {why}")
    for task, why in report.unjudged.items():
        lines.append(f"UNJUDGED problem {task}: {why}; the same command tries it again")
    lines += [f"left out: problem {task}: {why}" for task, why in list(report.refused.items())[:_SHOWN]]
    if len(report.refused) > _SHOWN:
        lines.append(f"left out: {len(report.refused)} problems in all; refusals.jsonl lists them")
    if not report.complete:
        words = f"UNFINISHED: the numbers above are of the {report.problems} problems that are finished, which are the quicker ones"
        lines.append(f"{words}; {report.unfinished} more are begun")
    return lines


def _cost(report: Report) -> list[str]:
    """What the run took: tokens, seconds, and what its servers told."""
    prompt, completion, cached = report.tokens
    model, evaluate = report.seconds
    took, load = report.took, report.took.server
    share = f", {cached / prompt:.1%}" if cached else ""
    lines = [
        f"{report.calls} calls, tokens: {prompt} prompt ({cached} cached{share}), {completion} completion",
        f"seconds summed over calls: model {model:.1f}, evaluation {evaluate:.1f} (waiting for a free worker included)",
    ]
    if took.seconds:
        words = f"model {took.model:.1f}, sandbox {took.sandbox:.1f}, engine {took.engine:.1f}"
        lines.append(f"seconds waited, summed over problems: {words}; {took.seconds:.1f} s by the clock")
    told = [f"prefix cache hit share {load.hit_share:.1%}"] if load and load.hit_share is not None else []
    told += [f"mean running batch {load.mean_running:.1f}"] if load and load.mean_running is not None else []
    return [*lines, f"server: {', '.join(told)}"] if told else lines


def print_plan(plan: Plan, path: Path, as_object: bool) -> None:
    """What a dry run would do, as text or as one JSON object."""
    if as_object:
        sys.stdout.write(json.dumps({"run": plan.name, "folder": str(path), "config": plan.manifest.config}) + "\n")
        return
    console = Console()
    console.print(most_calls(plan.benchmark.total(), plan.setting.budget), highlight=False)
    _print(console, f"would run {plan.name} into {path}:")
    for key, value in plan.manifest.config.items():
        _print(console, f"  {key}: {value}")


def most_calls(total: int | None, budget: int) -> str:
    """How many problems and calls a run has at most, as far as that is known before it."""
    each = f"up to {counted(budget, 'call', 'calls')} a problem"
    return f"up to {counted(total, 'problem', 'problems')}, {counted(total * budget, 'call', 'calls')}" if total else each


def print_tree(tree: Tree, grades: Mapping[int, GradeRow]) -> None:
    """A search tree on standard output; lines of one that is deep are longer than the terminal is wide, so that there is room for words."""
    deepest = max(node.depth for node in tree.nodes)
    console = Console()
    Console(width=max(console.width, 4 * deepest + _WORDS)).print(_outline(tree, grades))


def _outline(tree: Tree, grades: Mapping[int, GradeRow]) -> Outline:
    """A search tree: action, visits, value, share of visible tests, grade; the path to the best program is bold."""
    best = tree.best
    holder = next((node for node in tree.nodes if best is not None and best.index in node.attempts), tree.root)
    path = {node.id for node in tree.path(holder)}
    top = Outline(Text(f"root  visits {tree.root.visits:g}  value {tree.root.mean:.3f}", style="bold"))
    branches = {tree.root.id: top}
    for child in tree.nodes[1:]:
        words = _branch(tree, child, grades)
        branches[child.id] = branches[child.parent or 0].add(Text(words, style="bold" if child.id in path else ""))
    return top


def _branch(tree: Tree, node: Node, grades: Mapping[int, GradeRow]) -> str:
    attempt = tree.attempts[node.attempts[-1]]
    mark = " ◀ chosen" if tree.best is not None and tree.best.index in node.attempts else ""
    again = f"  sampled {len(node.attempts)}×" if len(node.attempts) > 1 else ""
    grade = f"  {graded(grades[attempt.index])}" if attempt.index in grades else ""
    same = "" if attempt.duplicate_of is None else f"  same program as #{attempt.duplicate_of}"
    standing = f"visits {node.visits:g}  value {node.mean:.3f}  {_verdict(node)}"
    return f"#{attempt.index} {node.action}  {standing}{same}{grade}{again}{mark}"


def _verdict(node: Node) -> str:
    evaluation = node.evaluation
    if evaluation is None or node.program is None:
        return "no program"
    if evaluation.broken:
        return f"broken ({harmless(evaluation.broken.error)})"
    return f"visible {evaluation.reward:.0%}"
