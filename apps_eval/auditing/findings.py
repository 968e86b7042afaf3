"""What may be wrong with a problem, and how it is found: in its row, in its statement, and in what its reference solutions do."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from apps_eval.examples import shown_pairs, shown_tests
from apps_eval.grading.results import Graded
from apps_eval.options import Rules
from apps_eval.problem import Kind, Problem
from apps_eval.row import NO_TESTS, UNEQUAL
from apps_eval.rules.strict import same_output
from gifmcts.types import Refusal, Verdict


class Fault(StrEnum):
    """What may be wrong with a problem."""

    NO_TESTS = "no-tests"
    """There is nothing to run."""
    UNEQUAL_COUNTS = "unequal-counts"
    """There are more inputs than outputs, or fewer."""
    BAD_ROW = "bad-row"
    """The row poses no problem for another reason."""
    NO_REFERENCE = "no-reference"
    """There is no reference solution, so nothing is known of its tests."""
    NONE_PASSES = "none-passes"
    """No reference solution passes every test."""
    REFERENCES_DISAGREE = "references-disagree"
    """On some test one reference solution passes and another gives a different answer: there may be several valid ones."""
    NEAR_LIMIT = "near-limit"
    """A reference solution comes near the time limit or exceeds it: another machine may judge otherwise."""
    EXAMPLE_CONTRADICTED = "example-contradicted"
    """A test expects something else than the statement shows for the same input: there may be several valid answers."""
    EXAMPLE_UNTESTED = "example-untested"
    """The statement shows examples, and not all of them are among the tests."""


EXCLUDED: Final = (Fault.NO_TESTS, Fault.UNEQUAL_COUNTS, Fault.NONE_PASSES, Fault.REFERENCES_DISAGREE, Fault.EXAMPLE_CONTRADICTED)
"""The faults for which a verdict cannot be trusted; the others say that something is not known, or may be as it should."""
_NAMED: Final = 10


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault of one problem."""

    problem_id: str
    fault: Fault
    detail: str
    tests: tuple[int, ...] = ()
    """The tests that it concerns, by index in the data set."""


def of_refusal(refusal: Refusal) -> Finding:
    """Why a row poses no problem."""
    fault = Fault.BAD_ROW
    if refusal.reason.startswith(NO_TESTS):
        fault = Fault.NO_TESTS
    elif UNEQUAL.fullmatch(refusal.reason):
        fault = Fault.UNEQUAL_COUNTS
    return Finding(refusal.id, fault, refusal.reason)


def of_statement(problem: Problem) -> Iterator[Finding]:
    """Whether the examples of the statement are among the tests, with the outputs that it shows; outputs of calls are not compared."""
    if problem.kind is not Kind.STDIN:
        return
    pairs = shown_pairs(problem)
    known = {tuple(problem.stdin(test).split()): test for test in sorted(shown_tests(problem), reverse=True)}
    missing = sum(tuple(given.split()) not in known for given, _ in pairs)
    if missing:
        yield Finding(problem.id, Fault.EXAMPLE_UNTESTED, f"{missing} of {len(pairs)} examples of the statement are not among the tests")
    shown = {known[key]: output for given, output in pairs if (key := tuple(given.split())) in known}
    wrong = tuple(sorted(test for test, output in shown.items() if not _agrees(output, problem.stdout(test))))
    if wrong:
        yield Finding(problem.id, Fault.EXAMPLE_CONTRADICTED, f"the statement shows another output for {_tests(wrong)}", wrong)


def _agrees(shown: str, expected: str) -> bool:
    """Whether the text below ``Output`` begins with what is expected; an explanation may follow."""
    begin = shown.split()[: len(expected.split())]
    return same_output(" ".join(begin).encode("utf-8", "surrogatepass"), expected)


def of_references(problem: Problem, programs: Sequence[Graded]) -> Iterator[Finding]:
    """What the reference solutions say about the tests; nothing of them may be unjudged."""
    if not programs:
        yield Finding(problem.id, Fault.NO_REFERENCE, "there is no reference solution")
        return
    verdicts = [Counter(program.marks[Rules.STRICT][test].verdict for program in programs) for test in range(len(problem.cases))]
    if not any(program.solved(Rules.STRICT) for program in programs):
        never = tuple(test for test, counts in enumerate(verdicts) if not counts[Verdict.PASS])
        which = f"; none passes {_tests(never)}" if never else ""
        yield Finding(problem.id, Fault.NONE_PASSES, f"none of {len(programs)} reference solutions passes every test{which}", never)
    split = tuple(test for test, counts in enumerate(verdicts) if counts[Verdict.PASS] and counts[Verdict.WRONG])
    if split:
        other = sum(any(program.marks[Rules.STRICT][test].verdict is Verdict.WRONG for test in split) for program in programs)
        words = f"{other} of {len(programs)} reference solutions give other answers on {_tests(split)}"
        yield Finding(problem.id, Fault.REFERENCES_DISAGREE, words, split)
    yield from _slow(problem, programs)


def _slow(problem: Problem, programs: Sequence[Graded]) -> Iterator[Finding]:
    slow = {
        (mark.test, sample)
        for sample, program in enumerate(programs)
        for mark in program.marks[Rules.STRICT]
        if _is_slow(mark.verdict, mark.near_limit)
    }
    if slow:
        tests = tuple(sorted({test for test, _ in slow}))
        count = len({sample for _, sample in slow})
        words = f"{count} of {len(programs)} reference solutions come near the time limit or exceed it on {_tests(tests)}"
        yield Finding(problem.id, Fault.NEAR_LIMIT, words, tests)


def _is_slow(verdict: Verdict, near: bool) -> bool:
    return near or verdict is Verdict.TIME


def _tests(tests: Sequence[int]) -> str:
    more = f" and {len(tests) - _NAMED} more" if len(tests) > _NAMED else ""
    return f"test{'s' if len(tests) > 1 else ''} {', '.join(map(str, tests[:_NAMED]))}{more}"
