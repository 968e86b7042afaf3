"""An audit as text for a terminal, and as one JSON object."""

import sys

from rich.console import Console

from apps_eval.auditing.findings import Fault
from apps_eval.auditing.session import LISTED, Audit
from gifmcts import records
from gifmcts.wording import harmless

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
    lines = [
        f"\n{audit.rows} rows, {audit.problems} of them pose a problem",
        f"{audit.references} reference solutions, {audit.passing} pass every test under strict rules; "
        f"{audit.wrapped} only parse inside the reference scorer's wrapper and were judged in it",
    ]
    for fault, count in audit.found.items():
        lines.append(f"{fault}: {count}")
        lines += _named(audit, fault, count)
    if audit.unjudged:
        names = ", ".join(audit.unjudged[:_SHOWN])
        lines.append(f"UNJUDGED: a reference solution of {len(audit.unjudged)} problems ({names}); the same command tries it again")
    lines.append(f"{audit.counts.executed} executions now, {audit.counts.reused} kept from earlier starts, in {audit.folder}")
    lines.append(f"{audit.excluded} problems are in {audit.exclusions}, for --exclude of `gifmcts grade` and `gifmcts run apps`")
    return lines


def _named(audit: Audit, fault: Fault, count: int) -> list[str]:
    found = [f"  problem {one.problem_id}: {one.detail}" for one in audit.listed if one.fault is fault][:_SHOWN]
    if count > _SHOWN:
        found.append(f"  and {count - len(found)} more; --json lists the first {LISTED} findings")
    return found
