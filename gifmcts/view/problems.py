"""The list of a run's problems: filtered, sorted and cut into pages."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import urlencode

from gifmcts.index import Entry, RunIndex

Row = TypeVar("Row")

PAGE = 100
"""Rows of a page."""

_ORDERS: Mapping[str, Callable[[Entry], float]] = {
    "most calls": lambda entry: -entry.calls,
    "most tokens": lambda entry: -entry.tokens,
    "most time": lambda entry: -entry.seconds,
    "lowest reward": lambda entry: entry.reward,
}
ORDERS = ("problem", *_ORDERS)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which problems are wanted, and in which order; an empty text asks for nothing."""

    q: str = ""
    """A part of the problem's name."""
    group: str = ""
    label: str = ""
    outcome: str = ""
    order: str = ""
    page: int = 1

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Filter":
        """The filter of an address; what it does not know is left out."""
        page = query.get("page", "")
        words = {key: query.get(key, "") for key in ("q", "group", "label", "outcome", "order")}
        return cls(**words, page=max(1, int(page)) if page.isdecimal() and len(page) < 9 else 1)

    def address(self, page: int, **more: str) -> str:
        """The query of another page of the same list."""
        words = {"q": self.q, "group": self.group, "label": self.label, "outcome": self.outcome, "order": self.order, "page": str(page)}
        return urlencode({key: word for key, word in {**more, **words}.items() if word and (key, word) != ("page", "1")})

    def keeps(self, entry: Entry) -> bool:
        """Whether the problem is wanted."""
        wanted = ((self.group, entry.group), (self.label, entry.label), (self.outcome, entry.outcome))
        return self.q.lower() in entry.task.lower() and all(not word or word == value for word, value in wanted)

    def of_all(self, entries: Iterable[Entry]) -> list[Entry]:
        """The wanted problems in the wanted order."""
        kept = [entry for entry in entries if self.keeps(entry)]
        return sorted(kept, key=_ORDERS[self.order]) if self.order in _ORDERS else kept


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """A part of a list."""

    rows: Sequence[Row]
    number: int
    pages: int
    found: int
    total: int


def page_of(found: Sequence[Row], number: int, total: int) -> Page[Row]:
    """The rows of a page; a number beyond the last one means the last one."""
    pages = max(1, -(-len(found) // PAGE))
    number = min(number, pages)
    return Page(found[(number - 1) * PAGE : number * PAGE], number, pages, len(found), total)


@dataclass(frozen=True, slots=True)
class Pair:
    """One problem in two runs; ``None`` where a run has not begun it."""

    task: str
    group: str
    one: Entry | None
    other: Entry | None

    @property
    def differs(self) -> bool:
        """Whether the two runs came to different ends."""
        return self.one is None or self.other is None or self.one.outcome is not self.other.outcome


def pairs(one: RunIndex, other: RunIndex) -> list[Pair]:
    """Every problem that one of two runs has begun."""
    left, right = ({entry.task: entry for entry in index.entries()} for index in (one, other))
    found = []
    for task in sorted(left.keys() | right.keys(), key=lambda name: (len(name), name)):
        first, second = left.get(task), right.get(task)
        known = first or second
        found.append(Pair(task, known.group if known else "", first, second))
    return found
