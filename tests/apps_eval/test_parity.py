"""The official rules against what the reference scorer said, row by row."""

import asyncio
import json
import random
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pytest
from jails import in_jail
from shared_data import shared_data

from apps_eval.dataset import Filter, problems
from apps_eval.judges.official import official_codes
from apps_eval.options import Split
from apps_eval.problem import Problem
from apps_eval.sources import find_source
from sandbox import Jail

SAMPLE = 150
DISAGREEMENTS: dict[int, str] = {}
"""Line of ``official_verdicts.jsonl``, from 0, to the cause of a difference; each cause has its section in ``docs/official-parity.md``."""


class Recorded(NamedTuple):
    """A program with the codes that the reference scorer gave it."""

    name: str
    problem: Problem
    source: str
    codes: list[int | bool]


def posed(path: Path, split: Split = Split.TEST) -> dict[str, Problem]:
    """The problems of a data set by id."""
    return {item.id: item for item in problems(find_source(str(path), split), Filter()) if isinstance(item, Problem)}


def recorded() -> list[Recorded]:
    """Every row that parity is asked of: those without codes (a crash, or all tests together too slow) depend on the machine."""
    known = posed(shared_data("apps", "mini_val.jsonl"))
    with shared_data("apps", "official_verdicts.jsonl").open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return [
        Recorded(str(index), known[str(row["problem_id"])], row["source"], row["official"])
        for index, row in enumerate(rows)
        if row["official"] is not None and str(row["problem_id"]) in known
    ]


def disagreements(rows: Iterable[Recorded]) -> dict[str, tuple[list[int | bool], list[int | bool]]]:
    """Rows whose codes differ, in number, in value or in type: ours and the reference scorer's."""
    waiting = iter(list(rows))
    found = {}

    async def drain(jail: Jail) -> None:
        for row in waiting:
            ours = await official_codes(jail, row.problem, row.source)
            if list(map(repr, ours)) != list(map(repr, row.codes)):
                found[row.name] = (ours, row.codes)

    async def both(jail: Jail) -> None:
        await asyncio.gather(drain(jail), drain(jail))

    in_jail(both, workers=2)
    return found


def test_a_sample_of_the_rows_agrees() -> None:
    """150 rows drawn with a fixed seed, programs with time limits left out."""
    rows = [row for row in recorded() if row.name not in map(str, DISAGREEMENTS)]
    assert disagreements(random.Random(0).sample(rows, SAMPLE)) == {}


@pytest.mark.slow
def test_every_row_agrees_but_the_named_ones() -> None:
    """All 1,611 rows that have codes, −2 and −1 told apart; what differs is exactly what is listed."""
    rows = recorded()
    assert len(rows) == 1611
    assert sorted(disagreements(rows)) == sorted(map(str, DISAGREEMENTS))


@pytest.mark.slow
def test_recorded_results_of_generated_programs_agree() -> None:
    """The 43 generated programs of the directory form: the worst code of all tests is the recorded result."""
    known = posed(shared_data("apps", "coderl"), Split.TRAIN)
    rows = []
    for name, problem in known.items():
        programs = json.loads(shared_data("apps", "coderl", "train", name, "gen_solutions.json").read_text(encoding="utf-8"))
        rows += [Recorded(f"{name}/{index}", problem, program["code"], [program["result"]]) for index, program in enumerate(programs)]
    assert len(rows) == 43
    # disagreements() lists those with more than one test too: their codes are reduced to the worst.
    assert {name: codes for name, codes in disagreements(rows).items() if worst(codes[0]) != codes[1][0]} == {}


def worst(codes: list[int | bool]) -> int | bool:
    """One code for all tests: −2 before −1 before false before true."""
    return min(codes, key=[-2, -1, 0, 1].index)
