"""The pages: what each needs from the run folders, put into its template."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined

from gifmcts.errors import ConfigError, GifmctsError, UsageError
from gifmcts.index import Entry, Outcome, RunIndex
from gifmcts.records import Header
from gifmcts.replaying import replayed
from gifmcts.tree import Tree
from gifmcts.types import Attempt
from gifmcts.view.branches import Branch, branches
from gifmcts.view.detail import Detail, compared, detail
from gifmcts.view.overview import MEANING, counts, overview
from gifmcts.view.problems import ORDERS, Filter, page_of, pairs
from gifmcts.view.shelf import Shelf, task_name
from gifmcts.view.texts import Sheet, bounded, texts

CHANGED = "The file of this tree has changed since it was finished: attempts may be missing."


@dataclass(frozen=True, slots=True)
class Pane:
    """One problem's tree and the attempt that is looked at."""

    run: str
    side: str
    """``a`` or ``b`` where two runs stand side by side; otherwise empty."""
    entry: Entry
    header: Header
    tree: Tree
    lines: list[Branch]
    shown: Detail | None
    note: str = ""


class Pages:
    """Everything that the view can show."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._templates = Environment(
            loader=PackageLoader("gifmcts.view"),
            autoescape=True,
            finalize=bounded,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals |= {"meaning": MEANING, "orders": ORDERS, "ends": list(Outcome)}

    def runs(self) -> str:
        """All runs, the latest first; what cannot be read is said and left out."""
        found = []
        troubles = [
            f"{name}: the name of a run holds only characters that can be seen; rename its folder" for name in self._shelf.strangers()
        ]
        for name in self._shelf.names():
            try:
                found.append(overview(self._shelf.run(name)))
            except (GifmctsError, OSError) as error:
                troubles.append(str(error))
        found.sort(key=lambda one: (one.started, one.name), reverse=True)
        return self._render("runs.html", runs=found, troubles=troubles, place=str(self._shelf.runs), live=any(one.running for one in found))

    def run(self, name: str, query: Mapping[str, str]) -> str:
        """One run's numbers and its problems."""
        index = self._shelf.run(name)
        wanted, entries = Filter.of(query), index.entries()
        page = page_of(wanted.of_all(entries), wanted.page, len(entries))
        one = overview(index)
        groups, labels = ({getattr(entry, key) for entry in entries} for key in ("group", "label"))
        return self._render(
            "run.html",
            run=one,
            page=page,
            wanted=wanted,
            counts=counts(index),
            groups=sorted(filter(None, groups)),
            labels=sorted(filter(None, labels)),
            unreadable=[entry for entry in entries if entry.why],
            strangers=index.strangers,
            others=[other for other in self._shelf.names() if other != name],
            live=one.running,
        )

    def problem(self, name: str, task: str, query: Mapping[str, str]) -> str:
        """One problem's search tree and one attempt of it."""
        index = self._shelf.run(name)
        one, pane, sheet = overview(index), self._pane(index, task, query.get("attempt", "")), Sheet(name, task)
        names = [entry.task for entry in index.entries()]
        place = names.index(task)
        return self._render(
            "problem.html",
            run=one,
            pane=pane,
            fields={key: sheet.cut(text, f"field {key}") for key, text in pane.header.fields.items() if text},
            before=names[place - 1] if place else None,
            after=names[place + 1] if place + 1 < len(names) else None,
            live=one.running and pane.entry.outcome is Outcome.SEARCHING,
        )

    def text(self, name: str, task: str, query: Mapping[str, str]) -> str:
        """One text of a problem or of one of its attempts, whole.

        Raises:
            UsageError: there is none of that name.
        """
        index = self._shelf.run(name)
        header, attempts = index.folder.tree(task_name(task))
        number = _number(query.get("attempt", ""), len(attempts))
        attempt, grade = (None, None) if number is None else (attempts[number], index.grade(task, number))
        found = texts(header, attempt, grade).get(query.get("name", ""))
        if found is None:
            raise UsageError(f"problem {task} of the run {name} has no such text")
        return found

    def side(self, query: Mapping[str, str]) -> str:
        """The problems of two runs, side by side."""
        one, other = self._two(query)
        found = pairs(one, other)
        only = query.get("only") == "different"
        wanted = Filter.of(query)
        rows = [pair for pair in found if (pair.differs or not only) and wanted.q.lower() in pair.task.lower()]
        return self._render(
            "side.html",
            a=overview(one),
            b=overview(other),
            page=page_of(rows, wanted.page, len(found)),
            wanted=wanted,
            only="different" if only else "",
            differing=sum(pair.differs for pair in found),
            live=False,
        )

    def side_problem(self, task: str, query: Mapping[str, str]) -> str:
        """One problem's trees in two runs, and what differs between the programs that are looked at."""
        one, other = self._two(query)
        panes = [self._pane(one, task, query.get("x", ""), "a"), self._pane(other, task, query.get("y", ""), "b")]
        programs = [pane.tree.attempts[pane.shown.attempt].program if pane.shown else None for pane in panes]
        return self._render(
            "side_problem.html", task=task, panes=panes, a=one.folder.name, b=other.folder.name, difference=compared(*programs), live=False
        )

    def trouble(self, words: str) -> str:
        """What went wrong, as a page."""
        return self._render("trouble.html", words=words, live=False)

    def _two(self, query: Mapping[str, str]) -> tuple[RunIndex, RunIndex]:
        names = [query.get(key, "") for key in ("a", "b")]
        if not all(names):
            raise UsageError("two runs are compared: choose both in the list of runs")
        return self._shelf.run(names[0]), self._shelf.run(names[1])

    def _pane(self, index: RunIndex, task: str, wanted: str, side: str = "") -> Pane:
        entry = index.entry(task_name(task))
        if entry is None:
            raise UsageError(f"the run {index.folder.name} has not begun a problem {task!r}")
        header, attempts = index.folder.tree(task)
        summary = index.summaries.get(entry.task)
        note = CHANGED if summary is not None and index.folder.damaged(summary) else ""
        try:
            tree = replayed(index.manifest.config, attempts, task)
        except ConfigError as error:
            note = f"{note} {error}; visits count attempts at and below a node, and there are no values"
            tree = _plain(attempts)
        shown = _number(wanted, len(attempts))
        if shown is None and tree.best:
            shown = tree.best.index
        lines = branches(tree, index.marks.get(task, {}), shown)
        chosen = detail(index.folder.name, header, tree, shown, index.grade(task, shown)) if shown is not None else None
        return Pane(index.folder.name, side, entry, header, tree, lines, chosen, note)

    def _render(self, template: str, **values: object) -> str:
        return self._templates.get_template(template).render(values)


def _number(wanted: str, count: int) -> int | None:
    """The attempt that an address names, if there is one."""
    return int(wanted) if wanted.isdecimal() and len(wanted) < 9 and int(wanted) < count else None


def _plain(attempts: Sequence[Attempt]) -> Tree:
    """A tree whose visits count attempts, for a strategy that is not installed."""
    tree = Tree()
    for attempt in attempts:
        for node in tree.path(tree.add(attempt)):
            node.visits += 1
    return tree
