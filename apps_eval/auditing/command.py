"""``gifmcts audit --data …``: what is wrong with the problems, found by running their reference solutions."""

import asyncio
import shlex
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from apps_eval.auditing.findings import EXCLUDED, Fault
from apps_eval.auditing.printing import print_audit
from apps_eval.auditing.session import Audit, auditing, conclude, list_name, place
from apps_eval.grading.choices import Choices
from apps_eval.grading.exports import check_writable
from apps_eval.grading.progress import progress, say
from apps_eval.grading.request import Request
from apps_eval.grading.session import Session
from apps_eval.options import Rules
from gifmcts.errors import UsageError
from gifmcts.settings import LISTED

_FLAT = Parameter(name="*")


@dataclass(frozen=True, kw_only=True)
class AuditOptions(Choices):
    """Which problems are audited, and where results go."""

    references: int | None = None
    """At most this many reference solutions of each problem; by default all."""
    exclude_for: Annotated[tuple[Fault, ...], LISTED] = EXCLUDED
    """The faults for which a problem comes onto the list of those to leave out."""
    exclusions: Path | None = None
    """Where that list is written; by default exclude.jsonl in the folder of this audit, with the filters in its name if there are any."""
    time_limit: float = 4.0
    """Processor seconds per test."""
    memory_mb: int = 1024
    """Memory per test in MiB, beyond the empty interpreter."""


def audit(*, options: Annotated[AuditOptions, _FLAT]) -> int:
    """Run the reference solutions of APPS, and list problems whose verdicts cannot be trusted.

    The same command goes on where an earlier one was stopped.
    """
    if options.references is not None and options.references < 1:
        raise UsageError(f"--references {options.references}: give a number of at least 1, or leave it away")
    check_writable({} if options.exclusions is None else {"--exclusions": options.exclusions})
    with progress() as watch, auditing(_request(options), options.references, watch) as opened:
        try:
            found = asyncio.run(_audit(opened, options))
        except asyncio.CancelledError:
            say("interrupted; what was finished is kept. To continue:")
            say(shlex.join(word for word in ("gifmcts", *sys.argv[1:]) if word != "--fresh"))
            return 130
    print_audit(found, options.json)
    return 1 if found.unjudged else 0


def _request(options: AuditOptions) -> Request:
    chosen = options.for_apps(options.time_limit, options.memory_mb)
    command = shlex.join(["gifmcts", *sys.argv[1:]])
    return Request(chosen, (Rules.STRICT,), name="reference solutions", command=command)


async def _audit(opened: Session, options: AuditOptions) -> Audit:
    """Audit, and end cleanly on SIGINT and SIGTERM."""
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel if task else lambda: None)
    folder, counts, facts = await opened.run(options.out or place(options.runs, options.data), options.fresh)
    exclusions = options.exclusions or folder.path / list_name(opened.request.options, options.references)
    return conclude(opened, folder, counts, facts, options.exclude_for, exclusions)
