"""World models as the engine meets them: options, tasks, prompts, evaluation and grade."""

import asyncio
import json
import math
import shutil
from pathlib import Path
from random import Random

import pytest
from worlds import shipped

from cwmb_eval.benchmark import Cwmb
from cwmb_eval.dataset import SHIPPED
from cwmb_eval.metrics.scores import Metric
from cwmb_eval.mutants import mutants
from cwmb_eval.options import CwmbOptions
from cwmb_eval.references import reference
from cwmb_eval.task import WorldTask
from cwmb_eval.transitions import Split
from gifmcts.errors import UsageError
from gifmcts.models.wording import Asked, question
from gifmcts.prompting import Prompts, situation
from gifmcts.seams import Task
from gifmcts.tree import Tree
from gifmcts.types import Action, Attempt, Chat, Completion, Evaluation, Finish, Label, Move, Program, Reading, Refusal, Verdict


def posed(options: CwmbOptions) -> list[Task | Refusal]:
    """All tasks and refusals."""

    async def collected() -> list[Task | Refusal]:
        return [task async for task in Cwmb(options).tasks()]

    return asyncio.run(collected())


def evaluated(name: str, source: str) -> tuple[WorldTask, Evaluation, Evaluation]:
    """An environment's task, and what a program is worth to the search and to the report."""
    benchmark = Cwmb(CwmbOptions(envs=(name,), workers=1))

    async def work() -> tuple[WorldTask, Evaluation, Evaluation]:
        async with benchmark.open():
            (task,) = [task async for task in benchmark.tasks()]
            assert isinstance(task, WorldTask)
            return task, await task.evaluate(Program(source)), await task.grade(Program(source))

    return asyncio.run(work())


def test_names_go_with_and_without_a_version() -> None:
    """In the order of the catalogue; those without data are refused with what to do."""
    found = posed(CwmbOptions(envs=("Taxi", "CartPole-v1", "Hopper")))
    assert [item.id for item in found] == ["Taxi-v4", "CartPole-v1", "Hopper-v5"]
    assert isinstance(found[2], Refusal)
    assert "gifmcts cwmb collect --envs Hopper" in found[2].reason
    assert len(posed(CwmbOptions())) == 9
    assert len(posed(CwmbOptions(envs=("all",)))) == 20


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"envs": ("CartPol",)}, "did you mean 'CartPole'"),
        ({"time_limit": math.inf}, "--time-limit"),
        ({"memory_mb": 0}, "--memory-mb"),
        ({"workers": 0}, "--workers"),
        ({"data": "nowhere"}, "gifmcts cwmb collect --out nowhere"),
        ({"data": "a", "published": "b"}, "exclude each other"),
    ],
)
def test_impossible_options_are_usage_errors(options: dict[str, object], message: str) -> None:
    """They are found before anything is opened, and the message names the flag."""
    with pytest.raises(UsageError, match=message):
        Cwmb(CwmbOptions(**options))  # type: ignore[arg-type]


def test_a_task_tells_nothing_of_what_is_recorded() -> None:
    """Description and interface only; no line of the reference either."""
    (task,) = posed(CwmbOptions(envs=("CartPole",)))
    assert not isinstance(task, Refusal)
    assert (task.label, task.group, dict(task.cases)) == (Label.HELD_OUT, "discrete", {})
    assert set(task.fields) == {"name", "description", "interface"}
    assert "(4,) and type float32" in task.fields["interface"]
    assert "self.mass_pole" not in str(task.fields)
    assert list(Cwmb().references(task)) == [reference("CartPole")]


def test_a_reference_solves_its_environment() -> None:
    """The reward is 1, every check of every split passes, and what it took is measured."""
    source = reference("RTFM")
    assert source is not None
    _, seen, graded = evaluated("RTFM", source)
    assert seen.reward == graded.reward == 1.0
    assert seen.solved
    assert graded.solved
    assert len(seen.checks) == len(seen.footprints)
    assert {check.name.partition(":")[0] for check in graded.checks} == {split.value for split in Split}
    assert seen.footprint is not None
    assert seen.footprint.cpu_seconds > 0


def test_solved_asks_for_the_splits_from_elsewhere_too() -> None:
    """A pole on a cart without its limit earns everything in search and held-out, and is not solved."""
    (mutant,) = (mutant for mutant in mutants("CartPole") if mutant.name == "no limit of the cart")
    _, seen, graded = evaluated("CartPole", mutant.source)
    assert (seen.reward, graded.reward) == (1.0, 1.0)
    assert seen.solved
    assert not graded.solved
    failed = [check.name for check in graded.checks if check.verdict is Verdict.WRONG]
    assert failed == ["box: done, reward 1"]


def chat(task: WorldTask, evaluation: Evaluation, source: str, template: str) -> Chat:
    """What a model is asked about a program that was evaluated."""
    tree = Tree()
    completion = Completion("", 0, 0, Finish.STOP)
    move = Move(0, Action.GENERATE)
    node = tree.add(Attempt(0, move, 0, (), completion, Reading.PROGRAM, Program(source, 2), evaluation))
    return Prompts("cwmb").render(template, task, situation(task, node, Random(0)))


def test_prompts_show_the_failing_transition_and_the_error() -> None:
    """Generate continues the settled lines, improve shows a transition, fix the error with its line and state."""
    source = reference("CartPole")
    assert source is not None
    wrong = source.replace("9.8", "9.81")
    task, seen, _ = evaluated("CartPole", wrong)
    asked = chat(task, seen, wrong, "improve")
    text = asked.messages[-2].content
    assert question(asked).asked is Asked.REWRITE
    assert "A transition that is predicted wrongly (search: next state, reward 1: wrong)" in text
    for title in ("State:\n[", "Action:\n", "Expected:\n([", "Predicted:\n(["):
        assert title in text
    raising = source.replace("sine = math.sin(angle)", "sine = math.sin(angel)")
    task, seen, _ = evaluated("CartPole", raising)
    text = chat(task, seen, raising, "fix").messages[-2].content
    assert "NameError: name 'angel' is not defined" in text
    assert "sine = math.sin(angel)" in text
    assert "It came at state [" in text
    opened = chat(task, seen, raising, "generate")
    assert question(opened).asked is Asked.CONTINUE
    assert opened.prefill.startswith("```python\n")
    assert "first think step by step" in chat(task, seen, raising, "zero_shot").messages[-1].content.lower()


def test_check_runs_references() -> None:
    """It says how many are right, and where descriptions come from."""
    found = asyncio.run(Cwmb(CwmbOptions(workers=1)).check())
    assert found["references"].startswith("3 of 3")
    assert found["descriptions"]


def test_facts_name_data_and_metric() -> None:
    """Another choice of environments is another checksum."""
    facts = Cwmb(CwmbOptions(envs=("Taxi",))).facts()
    assert (facts["data"], facts["metric"], facts["protocol"]) == ("shipped", "accuracy", "held-out")
    assert facts["data checksum"] != Cwmb(CwmbOptions(envs=("RTFM",))).facts()["data checksum"]
    assert shipped("Taxi").checksum


def test_reports_name_the_metric_and_a_ceiling_below_one(tmp_path: Path) -> None:
    """A number that the true simulator would not pass is not read as one out of one; the released metric has other bounds."""
    shutil.copytree(SHIPPED, tmp_path, dirs_exist_ok=True)
    manifest = tmp_path / "manifest.json"
    told = json.loads(manifest.read_text())
    told["entries"]["Taxi-v4"]["ceilings"]["held-out"] = 0.6139
    manifest.write_text(json.dumps(told))
    benchmark = Cwmb(CwmbOptions(data=str(tmp_path), envs=("Taxi", "CartPole")))
    assert benchmark.facts()["ceiling"] == "Taxi-v4 0.614"
    assert benchmark.scoring().reward == "held-out accuracy"
    assert "ceiling" not in Cwmb(CwmbOptions(envs=("Taxi", "CartPole"))).facts()
    released = Cwmb(CwmbOptions(data=str(tmp_path), envs=("Taxi",), metric=Metric.CWM2024))
    assert ("ceiling" in released.facts(), released.scoring().reward) == (False, "held-out cwm2024")
