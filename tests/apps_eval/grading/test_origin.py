"""Programs of a recorded run, graded on other data than the run was made on."""

import json
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
from apps_rows import call_problem, row, stdin_problem, write_lines
from command import gifmcts, result

from apps_eval import grade
from apps_eval.grading.origin import ANOTHER, origin_of
from apps_eval.options import Rules
from gifmcts.errors import PreflightError
from gifmcts.store import RunFolder
from gifmcts.types import Refusal

MINI = [json.loads(line) for line in files("apps_eval").joinpath("mini/problems.jsonl").read_text(encoding="utf-8").splitlines()]
MATCHED = "problems are matched by id alone, and those whose statement or function is another are left out"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run on the bundled suite, and data that has one of its problems, another under the id of one, and none of its ids."""
    place = tmp_path_factory.mktemp("origin")
    made = gifmcts(place, "run", "apps", "--name", "one", "--limit", "2", "--budget", "1")
    assert made.returncode == 0, made.stderr
    spaced = MINI[0] | {"question": MINI[0]["question"].replace("\n", " \n ")}
    write_lines(place / "mixed.jsonl", spaced, row(str(MINI[1]["problem_id"])))
    write_lines(place / "others.jsonl", *(row(str(one["problem_id"])) for one in MINI))
    return place


def test_other_data_is_named_and_another_problem_is_left_out(place: Path) -> None:
    """On standard error, in the report and in the object; white space makes no other problem, another statement does."""
    words = ("grade", "one", "--data", "mixed.jsonl")
    found = result(place, *words)
    made_on, unscorable, facts = found["made_on"], found["unscorable"], found["facts"]
    assert isinstance(made_on, dict)
    assert isinstance(facts, dict)
    assert (made_on["benchmark"], made_on["data"], found["problems"]) == ("apps", "mini", 1)
    assert made_on["data checksum"] != facts["data checksum"]
    assert unscorable == {str(MINI[1]["problem_id"]): ANOTHER}
    again = gifmcts(place, *words)
    assert "the run one was made on benchmark apps, data mini, data checksum " in again.stderr
    for words in ("made on: benchmark apps, data mini, data checksum ", MATCHED, f"UNSCORABLE problem {MINI[1]['problem_id']}: {ANOTHER}"):
        assert words in again.stdout
    assert MATCHED in again.stderr


def test_the_data_of_the_run_is_not_spoken_of(place: Path) -> None:
    """There is nothing to say where it is the same."""
    done = gifmcts(place, "grade", "one", "--data", "mini", "--json")
    assert (json.loads(done.stdout)["made_on"], "made on" in done.stderr, "made on" in done.stdout) == (None, False, False)


def test_data_that_has_only_other_problems_has_no_number(place: Path) -> None:
    """No report of zero per cent: nothing was graded, and the first reason is named."""
    done = gifmcts(place, "grade", "one", "--data", "others.jsonl")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"error: there is no problem to grade: 2 were left out (the first, {MINI[0]['problem_id']}: {ANOTHER})" in done.stderr


def test_from_python_the_same_is_said(place: Path) -> None:
    """In the facts and by itself."""
    try:
        found = grade(place / "runs" / "one", place / "mixed.jsonl", "strict", k=1)
    except PreflightError as error:
        pytest.skip(f"this machine offers no isolation: {error}")
    assert found.made_on["data"] == "mini"
    assert found.facts["made on"].endswith(MATCHED)
    assert found.summary.scores[Rules.STRICT].problems == 1


def test_a_problem_without_a_statement_is_not_another(place: Path) -> None:
    """Only what both sides have is compared; a function of another name makes another problem of the same statement."""
    origin = origin_of(RunFolder(place / "runs" / "one"), None)
    assert origin is not None
    name, question = str(MINI[0]["problem_id"]), str(MINI[0]["question"])

    bare = replace(stdin_problem(("1", "1"), question=""), id=name)
    same, called = replace(bare, question=question), replace(call_problem(([1], 1), question=question), id=name)
    unknown = replace(same, id="unheard-of", question="Another.")
    assert list(origin.sifted(iter([bare, same, called, unknown]))) == [bare, same, Refusal(name, ANOTHER), unknown]
