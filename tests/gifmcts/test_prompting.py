"""Chats are what the templates say about the task and the node, constant text first."""

from pathlib import Path
from random import Random

import pytest

from gifmcts.errors import ConfigError
from gifmcts.prompting import Prompts, situation
from gifmcts.tiny import Tiny
from gifmcts.tree import Node
from gifmcts.types import Broken, Check, Evaluation, Program, Role, Stage, Verdict

TASK = Tiny().task(0)
CHECKS = (Check("line-0", Verdict.PASS), Check("line-1", Verdict.WRONG, {"got": "something <else>"}), Check("line-2", Verdict.SKIPPED))
NODE = Node(1, program=Program("a = 1\nb = 2\nprint(a)\n"), evaluation=Evaluation(0.3, None, CHECKS), settled=2)
BROKEN = Broken(Stage.COMPILE, "SyntaxError", "bad", 2, "b = 2")


def test_generate_leaves_the_settled_lines_open() -> None:
    """The chat ends with an open code block that holds the settled lines, each with its end."""
    chat = Prompts("apps").render("generate", TASK, situation(TASK, NODE, Random(0)))
    assert chat.messages[-1].role is Role.ASSISTANT
    assert chat.prefill == "```python\na = 1\nb = 2\n"


def test_improve_shows_the_failing_test_and_the_whole_program() -> None:
    """What the test expects and what the program gave; passing and skipped tests are never shown."""
    user = Prompts("apps").render("improve", TASK, situation(TASK, NODE, Random(0))).messages[1].content
    for words in (
        "A test that fails (wrong)",
        f"Expected:\n{TASK.target[1]}",
        "Got:\nsomething <else>",
        f"```python\n{NODE.program.source}```",
    ):  # type: ignore[union-attr]
        assert words in user


def test_fix_shows_the_error_and_its_line() -> None:
    """Type, message and the offending line."""
    node = Node(1, program=NODE.program, evaluation=Evaluation(0.0, BROKEN))
    user = Prompts("apps").render("fix", TASK, situation(TASK, node, Random(0))).messages[1].content
    assert "SyntaxError: bad\nLine 2: b = 2\n" in user


def test_the_failing_test_is_drawn_by_the_generator_alone() -> None:
    """The same generator draws the same test; over many, every failing test is drawn."""
    checks = tuple(Check(f"line-{index}", Verdict.WRONG, {"got": str(index)}) for index in range(4))
    node = Node(1, program=NODE.program, evaluation=Evaluation(0.0, None, checks))
    drawn = [situation(TASK, node, Random(seed)).check for seed in range(60)]
    assert drawn == [situation(TASK, node, Random(seed)).check for seed in range(60)]
    assert {check.name for check in drawn if check} == {"line-0", "line-1", "line-2", "line-3"}


def test_all_chats_of_a_task_begin_alike() -> None:
    """The prefix cache serves the whole tree: system and problem stand first, word for word."""
    prompts = Prompts("apps")
    shown = situation(TASK, Node(1, program=NODE.program, evaluation=Evaluation(0.0, BROKEN, CHECKS)), Random(0))
    chats = [prompts.render(name, TASK, shown) for name in ("generate", "improve", "fix", "zero_shot")]
    assert len({chat.messages[0] for chat in chats}) == 1
    problem = chats[0].messages[1].content.split("# Task")[0]
    assert all(chat.messages[1].content.startswith(problem) for chat in chats)


def test_templates_can_be_replaced_and_change_the_digest(tmp_path: Path) -> None:
    """A template of the user's is taken before the packaged one; the others stay."""
    (tmp_path / "generate.jinja").write_text("{% block user %}only {{ task.question }}{% endblock %}")
    mine = Prompts("apps", tmp_path)
    assert [message.content for message in mine.render("generate", TASK, situation(TASK, NODE, Random(0))).messages] == [
        f"only {TASK.fields['question']}"
    ]
    assert mine.render("improve", TASK, situation(TASK, NODE, Random(0))) == Prompts("apps").render(
        "improve", TASK, situation(TASK, NODE, Random(0))
    )
    assert mine.digest() != Prompts("apps").digest()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{% block user %}{{ task.nothing }}{% endblock %}", "no attribute 'nothing'"),
        ("{% block %}", "cannot be filled in"),
        ("words", "has no block `user`"),
    ],
)
def test_a_faulty_template_is_an_error_that_names_it(tmp_path: Path, text: str, message: str) -> None:
    """Nothing undefined is silently empty."""
    (tmp_path / "generate.jinja").write_text(text)
    with pytest.raises(ConfigError, match=message):
        Prompts("apps", tmp_path).render("generate", TASK, situation(TASK, NODE, Random(0)))


def test_a_missing_directory_or_template_says_so(tmp_path: Path) -> None:
    """With its name."""
    with pytest.raises(ConfigError, match="there is no such directory"):
        Prompts("apps", tmp_path / "none")
    with pytest.raises(ConfigError, match="sketch.jinja does not exist"):
        Prompts("apps").render("sketch", TASK, situation(TASK, NODE, Random(0)))


def test_templates_are_looked_for_before_a_run() -> None:
    """A name that there is none of is refused with those that there are."""
    Prompts("apps").check(["generate", "improve_blind"])
    with pytest.raises(ConfigError, match=r"no template 'nope' here: there are fix, generate, improve"):
        Prompts("apps").check(["generate", "nope"])


def test_a_directory_that_replaces_nothing_is_refused(tmp_path: Path) -> None:
    """A misspelt template name would otherwise silently change nothing; text that is not UTF-8 says so."""
    (tmp_path / "generat.jinja").write_text("x")
    with pytest.raises(ConfigError, match="replaces nothing"):
        Prompts("apps", tmp_path)
    (tmp_path / "generate.jinja").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not UTF-8"):
        Prompts("apps", tmp_path).render("generate", TASK, situation(TASK, NODE, Random(0)))
