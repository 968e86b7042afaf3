"""An audit as text for a terminal, and as one JSON object."""

import sys

from rich.console import Console

from apps_eval.auditing.findings import Fault
from apps_eval.auditing.session import LISTED, Audit
from gifmcts import records
from gifmcts.wording import counted, harmless

_SHOWN = 10
"""How many problems of a fault are named one by one."""


def as_json(audit: Audit) -> dict[str, object]:
    """The one object that ``--json`` prints."""
    return {
        "rows": audit.rows,
        "problems": audit.problems,
        "references": {"judged": audit.references, "passing": audit.passing, "wrapped": audit.wrapped},
        "findings": {fault.value: count for fault, count in audit.found.items()},
        "listed": audit.listed,
        "unjudged": list(audit.unjudged),
        "excluded": audit.excluded,
        "exclusions": str(audit.exclusions),
        "executed": audit.counts.executed,
        "reused": audit.counts.reused,
        "facts": dict(audit.facts),
        "folder": str(audit.folder),
    }


def print_audit(audit: Audit, as_object: bool) -> None:
    """Print to standard output."""
    if as_object:
        sys.stdout.buffer.write(records.encode(as_json(audit)) + b"\n")
        return
    console = Console()
    for line in (*(f"{key}: {value}" for key, value in audit.facts.items()), *_lines(audit)):
        console.print(harmless(line), markup=False, highlight=False, soft_wrap=True)


def _lines(audit: Audit) -> list[str]:
    wrapper = "inside the reference scorer's wrapper and"
    lines = [
        f"\n{counted(audit.rows, 'row', 'rows')}, {counted(audit.problems, 'of them poses', 'of them pose')} a problem",
        f"{counted(audit.references, 'reference solution', 'reference solutions')}, "
        f"{counted(audit.passing, 'passes', 'pass')} every test under strict rules; "
        f"{counted(audit.wrapped, f'only parses {wrapper} was', f'only parse {wrapper} were')} judged in it",
    ]
    for fault, count in audit.found.items():
        lines.append(f"{fault}: {count}")
        lines += _named(audit, fault, count)
    if audit.unjudged:
        names = ", ".join(audit.unjudged[:_SHOWN])
        problems = counted(len(audit.unjudged), "problem", "problems")
        lines.append(f"UNJUDGED: a reference solution of {problems} ({names}); the same command tries it again")
    executions = counted(audit.counts.executed, "execution", "executions")
    lines.append(f"{executions} now, {audit.counts.reused} kept from earlier starts, in {audit.folder}")
    excluded = counted(audit.excluded, "problem is", "problems are")
    lines.append(f"{excluded} in {audit.exclusions}, for --exclude of `gifmcts grade` and `gifmcts run apps`")
    return lines


def _named(audit: Audit, fault: Fault, count: int) -> list[str]:
    found = [f"  problem {one.problem_id}: {one.detail}" for one in audit.listed if one.fault is fault][:_SHOWN]
    if count > _SHOWN:
        found.append(f"  and {count - len(found)} more; --json lists the first {LISTED} findings")
    return found
