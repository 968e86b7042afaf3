"""Reports and trees as text for a terminal."""

import json
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text
from rich.tree import Tree as Outline

from gifmcts.assembly import Plan
from gifmcts.cli.progress import SIMULATED
from gifmcts.metrics import Share
from gifmcts.report import Report, as_json
from gifmcts.tree import Node, Tree
from gifmcts.types import Label

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
    config = report.manifest.config
    if report.manifest.simulated:
        console.print(SIMULATED, style="bold magenta", highlight=False, soft_wrap=True)
    words = f"{config['strategy']} ({config['preset']}), model {config['model']}, budget {config['budget']}, window {config['window']}"
    console.print(f"{report.name}: {words}, seed {config['seed']}", highlight=False, markup=False, soft_wrap=True)
    facts = config.get("facts")
    for key, value in (facts if isinstance(facts, dict) else {}).items():
        console.print(f"  {key}: {value}", highlight=False, markup=False, soft_wrap=True)
    console.print(_shares(report))
    for label in report.shares:
        console.print(f"  {_MEANING[label]}", highlight=False)
    if not report.shares.get(report.headline):
        console.print(f"no {report.headline.value} problem: there is no strict accuracy to report", style="yellow", highlight=False)
    for line in _lines(report):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    console.print(f"digest {report.digest}   folder {path}", highlight=False, markup=False, soft_wrap=True)


def _shares(report: Report) -> Table:
    """Strict accuracy by label and group."""
    table = Table(title="strict accuracy" + (" (SIMULATED)" if report.manifest.simulated else ""), title_justify="left")
    for name in ("label", "problems", "solved", "share", "95 % interval", "tests passed"):
        table.add_column(name, justify="left" if name == "label" else "right")
    for label, share in report.shares.items():
        table.add_row(label.value, *_cells(share), f"{report.test_share[label]:.1%}", style="bold")
        for group, shares in report.by_group.items():
            if label in shares and len(report.by_group) > 1:
                table.add_row(f"  {group}", *_cells(shares[label]), "")
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
    prompt, completion, cached = report.tokens
    model, evaluate = report.seconds
    lines.append(f"{report.calls} calls, tokens: {prompt} prompt ({cached} cached), {completion} completion")
    lines.append(f"seconds summed over calls: model {model:.1f}, evaluation {evaluate:.1f}")
    if report.verdicts:
        lines.append("verdicts of the chosen programs: " + ", ".join(f"{name} {count}" for name, count in report.verdicts.items()))
    if report.exhausted:
        lines.append(f"{report.exhausted} searches ended before their budget: the strategy had nothing left to offer")
    for task, why in report.unjudged.items():
        lines.append(f"UNJUDGED problem {task}: {why}; the same command tries it again")
    for task, why in report.refused.items():
        lines.append(f"left out: problem {task}: {why}")
    if report.unfinished:
        lines.append(f"{report.unfinished} problems are begun and unfinished: the numbers above are of {report.problems} problems only")
    return lines


def print_plan(plan: Plan, path: Path) -> None:
    """What a dry run would do."""
    console = Console()
    console.print(f"would run {plan.name} into {path}:", highlight=False, markup=False, soft_wrap=True)
    for key, value in plan.manifest.config.items():
        console.print(f"  {key}: {value}", highlight=False, markup=False, soft_wrap=True)


def outline(tree: Tree) -> Outline:
    """A search tree: action, visits, mean value, verdict; the path to the best program is bold."""
    best = tree.best
    holder = next((node for node in tree.nodes if best is not None and best.index in node.attempts), tree.root)
    path = {node.id for node in tree.path(holder)}
    top = Outline(Text(f"root  visits {tree.root.visits:g}  mean {tree.root.mean:.3f}", style="bold"))
    _branch(tree, tree.root, top, path)
    return top


def _branch(tree: Tree, node: Node, outline: Outline, path: set[int]) -> None:
    for child_id in node.children:
        child = tree.nodes[child_id]
        attempt = tree.attempts[child.attempts[-1]]
        mark = " ◀ chosen" if tree.best is not None and tree.best.index in child.attempts else ""
        again = f"  sampled {len(child.attempts)}×" if len(child.attempts) > 1 else ""
        words = f"#{attempt.index} {child.action}  visits {child.visits:g}  mean {child.mean:.3f}  {_verdict(child)}{again}{mark}"
        _branch(tree, child, outline.add(Text(words, style="bold" if child_id in path else "")), path)


def _verdict(node: Node) -> str:
    evaluation = node.evaluation
    if evaluation is None or node.program is None:
        return "no program"
    if evaluation.solved:
        return "solved"
    if evaluation.broken:
        return f"broken ({evaluation.broken.error})"
    return f"passes {evaluation.reward:.0%}"
