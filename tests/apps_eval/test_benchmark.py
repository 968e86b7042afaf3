"""APPS as the engine meets it."""

import asyncio
import math
import subprocess
import sys
from pathlib import Path

import pytest
from apps_rows import row, write_lines
from jails import in_jail

from apps_eval.benchmark import Apps
from apps_eval.options import AppsOptions, Protocol, Rules, SearchTier
from apps_eval.split import SPLIT_VERSION
from gifmcts.errors import UsageError
from gifmcts.seams import Task
from gifmcts.types import Program, Refusal


def items(apps: Apps) -> list[Task | Refusal]:
    """Everything that the benchmark poses and refuses."""

    async def collected() -> list[Task | Refusal]:
        return [item async for item in apps.tasks()]

    return asyncio.run(collected())


def test_tasks_and_refusals_come_in_the_order_of_the_data(tmp_path: Path) -> None:
    """A malformed row is refused in its place."""
    data = write_lines(tmp_path / "a.jsonl", row("1"), row("2", input_output=""), "{", row("4"))
    found = items(Apps(AppsOptions(str(data))))
    assert [item.id for item in found] == ["1", "2", "line-3", "4"]
    assert [isinstance(item, Refusal) for item in found] == [False, True, True, False]


def test_references_are_plain_programs(tmp_path: Path) -> None:
    """What only parses inside the wrapper is left out."""
    data = write_lines(tmp_path / "a.jsonl", row(solutions=["print(1)", "print(1)\nreturn", "print 1"]))
    apps = Apps(AppsOptions(str(data)))
    (task,) = items(apps)
    assert not isinstance(task, Refusal)
    assert list(apps.references(task)) == ["print(1)"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"data": "nowhere.jsonl"}, "no data at 'nowhere.jsonl'"),
        ({"time_limit": 0.0}, "--time-limit"),
        ({"memory_mb": 0}, "--memory-mb"),
        ({"workers": 0}, "--workers"),
        ({"limit": 0}, "--limit"),
        ({"rules": Rules.OFFICIAL, "early_stop": True}, "--early-stop goes with --rules strict only"),
        ({"rules": Rules.OFFICIAL, "search_tier": SearchTier.CONFIRM}, "--search-tier confirm goes with --rules strict only"),
    ],
)
def test_impossible_options_are_usage_errors(options: dict[str, object], message: str) -> None:
    """They are found before anything is opened, and the message names the flag."""
    with pytest.raises(UsageError, match=message):
        Apps(AppsOptions(**options))  # type: ignore[arg-type]


def test_a_program_is_judged_only_while_the_benchmark_is_open() -> None:
    """Before, the message says what is missing."""
    task = items(Apps(AppsOptions(limit=1)))[0]
    assert not isinstance(task, Refusal)
    with pytest.raises(UsageError, match="open"):
        asyncio.run(task.evaluate(Program("print(1)")))


def test_facts_name_what_a_number_depends_on() -> None:
    """Data and checksum, protocol and the split's version, rules, isolation and limits."""
    facts = Apps(AppsOptions(protocol=Protocol.ORACLE, rules=Rules.OFFICIAL, time_limit=2.5)).facts()
    assert (facts["data"], facts["protocol"], facts["rules"]) == ("mini", "oracle", "official")
    assert facts["split version"] == str(SPLIT_VERSION)
    assert facts["time limit"].startswith("2.5 s")
    assert len(facts["data checksum"]) == 64


def test_facts_say_how_a_search_was_steered() -> None:
    """Under strict rules, where there is a choice."""
    assert Apps(AppsOptions()).facts()["search tier"] == "screen"
    chosen = Apps(AppsOptions(search_tier=SearchTier.CONFIRM, early_stop=True)).facts()
    assert (chosen["search tier"], chosen["early stop"]) == ("confirm", "on")
    assert not {"search tier", "early stop"} & set(Apps(AppsOptions(rules=Rules.OFFICIAL)).facts())


def test_check_says_that_the_bundled_suite_is_judged_right() -> None:
    """Every reference solution passes every test, in a jail of the benchmark's own."""
    in_jail(lambda jail: asyncio.sleep(0))  # skips where no isolation is to be had
    found = asyncio.run(Apps(AppsOptions(workers=2)).check())
    assert "pass all of their tests" in found["references"]
    assert found["isolation"] in ("full", "reduced")


def test_importing_the_benchmark_is_light() -> None:
    """The heavy libraries are loaded by those who use them."""
    heavy = "{'datasets', 'pyarrow', 'numpy', 'pandas', 'huggingface_hub', 'scipy'}"
    command = f"import sys, apps_eval.benchmark; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True).stdout.strip() == "[]"


@pytest.mark.parametrize(
    "options",
    [
        {"time_limit": math.nan},
        {"time_limit": math.inf},
        {"time_limit": 1e300},
        {"time_limit": 3600.5},
        {"time_limit": 0.0},
        {"memory_mb": 0},
        {"memory_mb": (1 << 20) + 1},
        {"workers": 0},
    ],
)
def test_limits_that_no_machine_keeps_are_refused(options: dict[str, float]) -> None:
    """Neither nothing, nor endless, nor no number."""
    with pytest.raises(UsageError, match="--"):
        Apps(AppsOptions(**options))  # type: ignore[arg-type]
