"""Problems that are left out on purpose: a jsonl file of ids and reasons, as ``gifmcts audit`` writes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final

from apps_eval.row import BadRow, columns, row_id
from gifmcts.errors import UsageError
from gifmcts.wording import counted

_NAMED: Final = 20
"""How many ids a report's header names."""
_FORM = 'give a line a problem such as {"problem_id": "7", "reason": "no reference solution passes"}'


@dataclass(frozen=True, slots=True)
class Exclusions:
    """Which problems are left out, and why."""

    reasons: Mapping[str, str] = field(default_factory=dict)
    """By problem id, as the file writes it."""
    checksum: str = ""
    """SHA-256 of the file; empty where nothing was asked to be left out."""

    @property
    def facts(self) -> Mapping[str, str]:
        """What the header of a report must say of them."""
        if not self.checksum:
            return {}
        names = list(self.reasons)
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        listed = f": {', '.join(names[:_NAMED])}{more}" if names else ""
        return {"excluded": f"{counted(len(names), 'problem', 'problems')} by a list with checksum {self.checksum[:16]}{listed}"}


def read_exclusions(file: str | None) -> Exclusions:
    """Read a list of problems to leave out; blank lines are skipped, and a problem that is named twice has both reasons.

    Raises:
        UsageError: the file cannot be read, or a line of it names no problem.
    """
    if file is None:
        return Exclusions()
    try:
        data = Path(file).read_bytes()
    except OSError as error:
        raise UsageError(f"--exclude {file} cannot be read ({error.strerror}): give a list that `gifmcts audit` wrote") from error
    reasons: dict[str, str] = {}
    for number, line in enumerate(data.split(b"\n"), start=1):
        if line.strip():
            name, reason = _row(file, number, line)
            reasons[name] = f"{reasons[name]}; {reason}" if name in reasons else reason
    return Exclusions(reasons, sha256(data).hexdigest())


def _row(file: str, number: int, line: bytes) -> tuple[str, str]:
    try:
        row = columns(line)
        name, reason = row_id(row), row.get("reason", "no reason given")
        if not isinstance(reason, str):
            raise BadRow("reason is not a text")
    except BadRow as error:
        raise UsageError(f"--exclude {file}, line {number}: {error}; {_FORM}") from error
    return name, reason.encode("utf-8", "replace").decode("utf-8")
