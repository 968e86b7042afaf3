"""Problems from rows: parsed one at a time, filtered, and refused one by one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from apps_eval.exclusion import read_exclusions
from apps_eval.options import AppsOptions, Difficulty
from apps_eval.problem import Json, Problem
from apps_eval.row import LONGEST_ID, BadRow, columns, is_id, read_problem, row_id
from apps_eval.sources import Row, Source
from gifmcts.errors import UsageError
from gifmcts.types import Refusal

EXCLUDED: Final = "excluded: "
"""How the reason begins for which a problem is left out on purpose."""


@dataclass(frozen=True)
class Filter:
    """Which rows are wanted; decided before a row's tests are parsed."""

    difficulty: Difficulty | None = None
    names: frozenset[str] = frozenset()
    ranges: tuple[range, ...] = ()
    limit: int | None = None
    excluded: Mapping[str, str] = field(default_factory=dict)
    """Problems that are left out on purpose, with their reasons."""

    @classmethod
    def of(cls, options: AppsOptions) -> "Filter":
        """The filter that the options describe.

        Raises:
            UsageError: a limit below one, a range that is none, or a list of problems to leave out that cannot be read.
        """
        if options.limit is not None and options.limit < 1:
            raise UsageError(f"--limit is {options.limit}: at least one problem is needed")
        names, ranges = set(), []
        for entry in options.ids:
            if not is_id(entry):
                raise UsageError(
                    f"--ids {entry[:80]!r} is neither an id nor a range: give ids of letters, digits, '.', '_' and '-', "
                    f"at most {LONGEST_ID} characters long, or ranges such as 3000-3999"
                )
            first, dash, last = entry.partition("-")
            numbers = [part for part in (first, last) if part.isdecimal()]
            if dash and ((len(numbers) == 1 and "" in (first, last)) or (len(numbers) == 2 and int(first) > int(last))):
                raise UsageError(f"--ids {entry} is no range: give its first and its last number, as 3000-3999")
            if dash and len(numbers) == 2:
                ranges.append(range(int(first), int(last) + 1))
            else:
                names.add(plain(entry))
        excluded = {plain(name): reason for name, reason in read_exclusions(options.exclude).reasons.items()}
        return cls(options.difficulty, frozenset(names), tuple(ranges), options.limit, excluded)

    @property
    def selects(self) -> bool:
        """Whether rows are chosen by id or difficulty."""
        return self.difficulty is not None or bool(self.names) or bool(self.ranges)

    def wants(self, name: str, row: Mapping[str, Json]) -> bool:
        """Whether the row is asked for by id and by difficulty."""
        if self.difficulty is not None and row.get("difficulty") != self.difficulty:
            return False
        if not self.names and not self.ranges:
            return True
        return plain(name) in self.names or (name.isdecimal() and any(int(name) in span for span in self.ranges))


def problems(source: Source, wanted: Filter) -> Iterator[Problem | Refusal]:
    """Every wanted problem in the order of the data, and a refusal for every wanted row that poses none.

    A row that cannot even be named is refused by its place (``line-17``).
    Ids that were asked for or excluded and never came are refused at the end.
    """
    seen: set[str] = set()
    met: set[str] = set()
    posed = 0
    for place, row in source.rows():
        item = _read(place, row, wanted, seen, met)
        del row  # it may be large, and the next one too
        if item is None:
            continue
        posed += isinstance(item, Problem)
        yield item
        del item
        if posed == wanted.limit:
            return
    for name in sorted(wanted.names - {plain(name) for name in seen}):
        yield Refusal(name, "asked for by id, but not among the rows that the data and the other filters leave")
    for name in sorted(wanted.excluded.keys() - met):
        yield Refusal(name, "named by --exclude, but not among the rows of the data: look for a mistake in the list")


def _read(place: str, row: Row, wanted: Filter, seen: set[str], met: set[str]) -> Problem | Refusal | None:
    name = place
    try:
        if isinstance(row, BadRow):
            raise row
        cells = columns(row) if isinstance(row, bytes | str) else row
        name = row_id(cells)
        if plain(name) in wanted.excluded:
            met.add(plain(name))
        if not wanted.wants(name, cells):
            return None
        if name in seen:
            raise BadRow(f"the id appears a second time, at {place}")
        seen.add(name)
        if plain(name) in wanted.excluded:
            return Refusal(name, EXCLUDED + wanted.excluded[plain(name)])
        return read_problem(cells)
    except BadRow as error:
        return Refusal(name, str(error))


def plain(name: str) -> str:
    """The directory ``0007`` and the row ``7`` are the same problem."""
    return name.lstrip("0") or "0" if name.isdecimal() else name
