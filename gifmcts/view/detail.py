"""One attempt with all that is known of it: what was asked, what was answered, and what the program did on each test."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gifmcts.records import GradedCheck, GradeRow, Header
from gifmcts.tree import Tree
from gifmcts.types import Attempt, Check, Program, Verdict
from gifmcts.view.branches import holder, standing
from gifmcts.view.code import CodeLine, difference, program_lines
from gifmcts.view.texts import Sheet, Text, texts
from gifmcts.wording import graded, took


@dataclass(frozen=True, slots=True)
class SeenTest:
    """A test that the search could see: its verdict and the texts that are known of it, by name."""

    name: str
    verdict: str
    texts: Mapping[str, Text]


@dataclass(frozen=True, slots=True)
class ScoringTest:
    """A test of a grade; its input and what it expects are not in the run folder unless the search could see it."""

    name: str
    verdict: str
    took: str
    seen: bool


@dataclass(frozen=True, slots=True)
class Detail:
    """What is shown of one attempt."""

    attempt: int
    node: int
    parent_attempt: int | None
    """The attempt whose program this one was made from."""
    action: str
    state: str
    words: str
    broken: Text | None
    same_as: int | None
    """The earlier attempt with the same program but for its layout, which was not evaluated again."""
    facts: Mapping[str, str]
    chat: Sequence[tuple[str, Text]]
    answer: Text
    reasoning: Text
    program: Sequence[CodeLine] | None
    source: Text | None
    """The program as a text."""
    kept: int
    difference: Sequence[CodeLine] | None
    tests: Sequence[SeenTest]
    left: str
    stderr: Text
    grade: str
    scoring: Sequence[ScoringTest]
    siblings: Sequence[int]
    """All attempts that were committed in the same node, when there are several."""


def detail(run: str, header: Header, tree: Tree, index: int, grade: GradeRow | None) -> Detail:
    """What is shown of an attempt of the tree; texts come first that are looked at first, since a page has room for so much."""
    attempt = tree.attempts[index]
    node = holder(tree, index)
    state, words = standing(attempt)
    source = _source(tree, attempt)
    before = source.program if source else None
    found, sheet = texts(header, attempt, grade), Sheet(run, header.task, index)
    shown = {name: sheet.cut(text, name) for name, text in found.items() if not name.startswith("field ")}
    broken, written = attempt.evaluation.broken, shown.get("program")
    kept = attempt.program.kept if attempt.program else 0
    return Detail(
        attempt=index,
        node=node.id,
        parent_attempt=source.index if source else None,
        action=attempt.move.action.value,
        state=state,
        words=words,
        broken=shown.get("broken"),
        same_as=attempt.duplicate_of,
        facts=_facts(attempt, node.depth, node.visits, node.mean),
        chat=[(message.role.value, shown[f"message {number}"]) for number, message in enumerate(attempt.chat)],
        answer=shown["answer"],
        reasoning=shown["reasoning"],
        program=program_lines(written.shown, kept, broken.line_number if broken else None) if written else None,
        source=written,
        kept=kept,
        difference=difference(before, attempt.program) if before and attempt.program else None,
        tests=[_seen(check, number, header, shown) for number, check in enumerate(attempt.evaluation.checks)],
        left=took(attempt.footprint),
        stderr=shown["stderr"],
        grade=graded(grade).removeprefix("grade: ") if grade else "",
        scoring=[_scoring(check, header) for check in grade.checks] if grade else [],
        siblings=node.attempts if len(node.attempts) > 1 else [],
    )


def outcomes(checks: Sequence[Check | GradedCheck]) -> Iterator[tuple[str, int]]:
    """How many tests have which verdict, in the order of the verdicts."""
    found = [check.verdict for check in checks]
    return ((verdict.value, found.count(verdict)) for verdict in Verdict if verdict in found)


def _source(tree: Tree, attempt: Attempt) -> Attempt | None:
    """The attempt whose program the parent had when this one was made; none below the root."""
    earlier = [index for index in tree.nodes[attempt.move.node].attempts if index < attempt.index]
    return tree.attempts[earlier[-1]] if earlier else None


def _facts(attempt: Attempt, depth: int, visits: float, value: float) -> dict[str, str]:
    """What is known in numbers, in the order in which it is read."""
    asked = attempt.completion
    facts = {
        "reward": f"{attempt.evaluation.reward:.3f}",
        "visits": f"{visits:g}",
        "value": f"{value:.3f}",
        "depth": str(depth),
        "prompt": f"{asked.prompt_tokens} tokens" + (f" ({asked.cached_tokens} cached)" if asked.cached_tokens else ""),
        "answer": f"{asked.completion_tokens} tokens, ended by {asked.finish.value}, read as {attempt.reading.value}",
        "model time": f"{asked.seconds:.2f} s",
        "evaluation time": f"{attempt.seconds:.2f} s",
    }
    verdicts = ", ".join(f"{count} {name}" for name, count in outcomes(attempt.evaluation.checks))
    return facts | ({"visible tests": verdicts} if verdicts else {}) | {"seed": str(attempt.seed)}


def _seen(check: Check, number: int, header: Header, shown: Mapping[str, Text]) -> SeenTest:
    keys = sorted({**header.cases.get(check.name, {}), **check.detail}, key=lambda key: (key != "input", key != "expected"))
    return SeenTest(check.name, check.verdict.value, {key: shown[f"test {number} {key}"] for key in keys})


def _scoring(check: GradedCheck, header: Header) -> ScoringTest:
    return ScoringTest(check.name, check.verdict.value, took(check.footprint), check.name in header.cases)


def compared(one: Program | None, other: Program | None) -> Sequence[CodeLine] | None:
    """What differs between two programs; ``None`` where one is missing, or they are too long to compare."""
    return difference(one, other) if one and other else None
