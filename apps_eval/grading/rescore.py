"""Judging stored outputs again, by other rules, another tolerance or a shorter time limit; nothing is run."""

import zlib
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from apps_eval.drivers.official import Letter, read_reply
from apps_eval.grading.record import Left, Record, mark, output_of
from apps_eval.grading.results import Mark
from apps_eval.judges.ends import verdict_of
from apps_eval.options import Rules
from apps_eval.problem import Kind, Problem
from apps_eval.rules import official, strict
from gifmcts.errors import UsageError
from gifmcts.types import Verdict
from sandbox.tagged import decode
from sandbox.types import Status

_FAILURES: Final = (ArithmeticError, LookupError, TypeError, ValueError, RecursionError, MemoryError)


@dataclass(frozen=True, slots=True)
class Rescoring:
    """How stored outputs are judged."""

    recorded_limit: float
    """Processor seconds per test under which they were made."""
    time_limit: float
    tolerance: Decimal = strict.TOLERANCE
    """Of the strict rules, absolute or relative."""

    def marks(self, problem: Problem, stored: Record, rules: Rules) -> tuple[Mark, ...] | None:
        """The marks of a program, or ``None`` where what is stored does not say.

        Raises:
            UsageError: the time limit is longer than the recorded one, and a test was stopped by that.
        """
        shorter = self.time_limit < self.recorded_limit
        if stored.mode is Rules.OFFICIAL and any(map(_ends_all, stored.tests)):
            # With a shorter limit the process might have come further than to the limit of all tests together.
            if shorter and any(left.status is Status.TIME for left in stored.tests):
                return None
            verdicts = [left.verdict for left in stored.tests]
        else:
            found = [self._verdict(problem, stored.mode, left, rules) for left in stored.tests]
            verdicts = [verdict for verdict in found if verdict is not None]
        if len(verdicts) < len(stored.tests):
            return None
        return tuple(mark(left, verdict, self.time_limit, stored.mode) for left, verdict in zip(stored.tests, verdicts, strict=True))

    def _verdict(self, problem: Problem, mode: Rules, left: Left, rules: Rules) -> Verdict | None:
        if left.verdict is Verdict.TIME and self.time_limit > self.recorded_limit:
            raise UsageError(
                f"--time-limit {self.time_limit:g} cannot be applied to what was stopped after {self.recorded_limit:g} s "
                f"(problem {problem.id}, test {left.test}): grade again without --rescore"
            )
        if self.time_limit < self.recorded_limit and left.verdict is not Verdict.COMPILE and left.cpu_seconds > self.time_limit:
            return Verdict.TIME
        if left.status is not Status.OK:
            return verdict_of(left.status)
        output = output_of(left, problem, mode)
        if output is None:
            return self._unseen(mode, left, rules)
        if mode is Rules.OFFICIAL:
            letter, output = read_reply(output)
            if letter is not Letter.RESULT:
                return Verdict.TIME if letter is Letter.TIME else Verdict.ERROR
        if rules is Rules.OFFICIAL:
            return _official(problem, left.test, output)
        return _strict(problem, left.test, output, self.tolerance)

    def _unseen(self, mode: Rules, left: Left, rules: Rules) -> Verdict | None:
        """The recorded verdict of an output that was too long to be kept, where other settings cannot change it."""
        if rules is not mode:
            return None
        if rules is Rules.OFFICIAL or self.tolerance == strict.TOLERANCE:
            return left.verdict
        kept = Verdict.PASS if self.tolerance > strict.TOLERANCE else Verdict.WRONG
        return left.verdict if left.verdict is kept else None


def _ends_all(left: Left) -> bool:
    """Whether the reference scorer has one word for all tests, because its process ended here or had nothing to call."""
    if left.status is not Status.OK:
        return True
    return left.output is not None and read_reply(zlib.decompress(left.output))[0] in (Letter.DIED, Letter.UNCALLABLE)


def _strict(problem: Problem, test: int, output: bytes, tolerance: Decimal) -> Verdict:
    try:
        if problem.kind is Kind.STDIN:
            same = strict.same_output(output, problem.stdout(test), tolerance)
        else:
            try:
                value = decode(output)
            except ValueError:
                return Verdict.ERROR
            same = strict.same_result(value, problem.cases[test].expected, tolerance)
    except _FAILURES:
        return Verdict.WRONG
    return Verdict.PASS if same else Verdict.WRONG


def _official(problem: Problem, test: int, output: bytes) -> Verdict:
    try:
        value = output.decode("utf-8", "surrogatepass") if problem.kind is Kind.STDIN else decode(output)
    except ValueError:
        return Verdict.ERROR
    try:
        if problem.kind is Kind.STDIN:
            code: official.Code = official.same_output(value, problem.stdout(test))
        else:
            code = official.result_code(value, problem.cases[test].expected)
    except _FAILURES:
        return Verdict.WRONG
    if code is True:
        return Verdict.PASS
    return Verdict.ERROR if code == official.ERROR and code is not False else Verdict.WRONG
