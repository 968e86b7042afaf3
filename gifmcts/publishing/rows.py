"""A run's attempts as flat rows."""

from collections.abc import Iterator, Mapping

from gifmcts.errors import StoreError
from gifmcts.index import RunIndex
from gifmcts.records import encode
from gifmcts.store import RunFolder
from gifmcts.tree import Shape
from gifmcts.types import Attempt

Value = str | int | float | bool | None
Row = Mapping[str, Value]
"""One model call and all that came of it: a value for each of ``COLUMNS``; ``None`` where something is not known."""

COLUMNS: Mapping[str, type] = {
    "run": str,
    "task": str,
    "group": str,
    "label": str,
    "simulated": bool,
    "attempt": int,
    "node": int,
    "parent": int,
    "depth": int,
    "resampled": bool,
    "action": str,
    "seed": int,
    "prompt": str,
    "answer": str,
    "reasoning": str,
    "finish": str,
    "reading": str,
    "program": str,
    "kept_lines": int,
    "reward": float,
    "visible_solved": bool,
    "broken": str,
    "verdicts": str,
    "best_so_far": bool,
    "chosen": bool,
    "graded": bool,
    "solved": bool,
    "grade_verdicts": str,
    "duplicate_of": int,
    "prompt_tokens": int,
    "completion_tokens": int,
    "cached_tokens": int,
    "model_seconds": float,
    "evaluate_seconds": float,
    "cpu_seconds": float,
    "peak_memory_bytes": int,
}
"""Every column, in its order, with the type of its values; docs/export.md says what they mean."""


def rows(folder: RunFolder) -> Iterator[Row]:
    """Every attempt of a run, one tree in memory at a time: problems in the order of their names, attempts in their own.

    Raises:
        StoreError: the folder cannot be read.
    """
    index = RunIndex(folder)
    index.refresh()
    for entry in index.entries():
        header, attempts = folder.tree(entry.task)
        summary = index.summaries.get(entry.task)
        if summary is not None and folder.damaged(summary):
            raise StoreError(
                f"the tree of problem {entry.task} in {folder.name} has changed since it was finished: restore its file, "
                f"or give the `gifmcts run` command again"
            )
        facts = {"run": folder.name, "task": entry.task, "group": header.group, "label": header.label.value, "simulated": header.simulated}
        shape, best = Shape(), -1.0
        for attempt in attempts:
            node, again = shape.place(attempt.move), attempt.move.target is not None
            place = {"node": node, "parent": shape.parents[node], "depth": shape.depths[node], "resampled": again}
            chosen = {"best_so_far": attempt.evaluation.reward > best, "chosen": summary is not None and summary.best == attempt.index}
            best = max(best, attempt.evaluation.reward)
            found = {**facts, **place, **chosen, **_call(attempt), **_worth(attempt), **_grade(index, entry.task, attempt)}
            yield {name: found[name] for name in COLUMNS}


def _call(attempt: Attempt) -> Mapping[str, Value]:
    """What was asked and answered."""
    asked = attempt.completion
    return {
        "attempt": attempt.index,
        "action": attempt.move.action.value,
        "seed": attempt.seed,
        "prompt": encode(attempt.chat).decode(),
        "answer": asked.text,
        "reasoning": asked.reasoning,
        "finish": asked.finish.value,
        "reading": attempt.reading.value,
        "prompt_tokens": asked.prompt_tokens,
        "completion_tokens": asked.completion_tokens,
        "cached_tokens": asked.cached_tokens,
        "model_seconds": asked.seconds,
    }


def _worth(attempt: Attempt) -> Mapping[str, Value]:
    """The program, and what it did on visible tests."""
    worth, left = attempt.evaluation, attempt.footprint
    return {
        "program": attempt.program.source if attempt.program else None,
        "kept_lines": attempt.program.kept if attempt.program else None,
        "reward": worth.reward,
        "visible_solved": worth.solved,
        "broken": worth.broken.error if worth.broken else None,
        "verdicts": encode({check.name: check.verdict for check in worth.checks}).decode(),
        "duplicate_of": attempt.duplicate_of,
        "evaluate_seconds": attempt.seconds,
        "cpu_seconds": left.cpu_seconds if left else None,
        "peak_memory_bytes": left.memory_bytes if left else None,
    }


def _grade(index: RunIndex, task: str, attempt: Attempt) -> Mapping[str, Value]:
    """What the program is worth on the tests that score the task."""
    mark = index.marks.get(task, {}).get(attempt.index)
    if mark is None:
        return {"graded": False, "solved": None, "grade_verdicts": None}
    return {"graded": True, "solved": None if mark.unjudged else mark.solved, "grade_verdicts": encode(mark.verdicts).decode()}
