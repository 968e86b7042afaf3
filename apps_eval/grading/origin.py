"""Which data a recorded run was made on, where its programs are graded on other data."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from apps_eval.dataset import plain
from apps_eval.problem import Problem
from apps_eval.sources import Source
from gifmcts.store import RunFolder
from gifmcts.types import Refusal

ANOTHER: Final = "another problem under the same id: its statement or function is not the one that the run was made on"
"""Why a problem is not graded."""
_MATCHED: Final = "problems are matched by id alone, and those whose statement or function is another are left out"


@dataclass(frozen=True, slots=True)
class Origin:
    """A recorded run that was made on other data than its programs are graded on."""

    run: RunFolder
    facts: Mapping[str, str]
    """Benchmark, data, checksum and split of the run, as far as it wrote them down."""
    tasks: Mapping[str, str] = field(default_factory=dict)
    """What the run calls its problems, by id without leading zeros."""

    @property
    def words(self) -> str:
        """What the head of a report must say."""
        made = ", ".join(f"{key} {value}" for key, value in self.facts.items())
        return f"{made}, not on the data that it is graded on: {_MATCHED}"

    def sifted(self, items: Iterator[Problem | Refusal]) -> Iterator[Problem | Refusal]:
        """The problems, with a refusal in place of each that is another one than the run was made on.

        Raises:
            StoreError: a tree of the run is damaged.
        """
        for item in items:
            yield Refusal(item.id, ANOTHER) if isinstance(item, Problem) and self._is_another(item) else item

    def _is_another(self, problem: Problem) -> bool:
        task = self.tasks.get(plain(problem.id))
        if task is None:
            return False
        fields = self.run.tree(task)[0].fields
        asked, calls = fields.get("question", ""), fields.get("fn_name", "")
        # Without a statement on both sides there is nothing to compare; white space differs from one edition of the data to another.
        known = bool(asked.strip()) and bool(problem.question.strip())
        return known and (_words(asked), calls) != (_words(problem.question), problem.fn_name)


def origin_of(run: RunFolder, source: Source | None) -> Origin | None:
    """Where a run comes from; ``None`` where it was made on this very data. ``None`` as the data stands for problems that are given.

    Raises:
        StoreError: the run's configuration is damaged.
    """
    config = run.manifest().config
    written = config.get("facts")
    known = {key: str(value) for key, value in written.items()} if isinstance(written, dict) else {}
    here = {} if source is None else {"data checksum": source.checksum(), **({"split": source.split.value} if source.split else {})}
    there = {key: known[key] for key in ("data checksum", "split") if key in known}
    if there and here == there:
        return None
    facts = {"benchmark": str(config.get("benchmark")), **({"data": known["data"]} if "data" in known else {}), **there}
    return Origin(run, facts, {plain(task): task for task in run.tasks()})


def _words(text: str) -> list[str]:
    """A statement's words as a run folder can hold them."""
    return text.encode("utf-8", "replace").decode("utf-8").split()
