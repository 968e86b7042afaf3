"""One problem as a task: what the model may read, what the search may see, and what only the report sees."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from apps_eval.feedback import Fault, last_lines, shorten, written
from apps_eval.judges import Judge, Trial
from apps_eval.options import Protocol
from apps_eval.problem import Kind, Problem
from apps_eval.split import hold_out
from gifmcts.errors import JudgingFailed
from gifmcts.types import Broken, Check, Evaluation, Footprint, Label, Program, Stage, Verdict
from sandbox.errors import SandboxError
from sandbox.types import Limits


@dataclass(frozen=True, slots=True)
class AppsTask:
    """A problem, who sees which of its tests, and the judge that is in session."""

    problem: Problem
    label: Label
    visible: tuple[int, ...]
    """The tests that reward a search, by index in the data set."""
    scoring: tuple[int, ...]
    """The tests whose share is reported: the hidden ones, or all where none is held out."""
    judge: Callable[[], Judge]

    @property
    def id(self) -> str:
        """The problem's id in the data set."""
        return self.problem.id

    @property
    def group(self) -> str:
        """The difficulty."""
        return self.problem.difficulty

    @property
    def fields(self) -> Mapping[str, str]:
        """The statement, the starter code, the function's name, and one sentence on how a program is called."""
        problem = self.problem
        return {
            "question": problem.question,
            "starter_code": problem.starter_code,
            "fn_name": problem.fn_name,
            "kind": problem.kind.value,
            "interface": _interface(problem),
        }

    @property
    def cases(self) -> Mapping[str, Mapping[str, str]]:
        """Input and expected output of every visible test, shortened in the middle."""
        return {name(test): _case(self.problem, test) for test in self.visible}

    async def evaluate(self, program: Program) -> Evaluation:
        """The share of visible tests passed.

        Raises:
            JudgingFailed: the jail failed, which says nothing about the program.
        """
        judge = self.judge()
        try:
            trials = await judge.screen(self.problem, program.source, self.visible)
        except SandboxError as error:
            raise JudgingFailed(f"the sandbox failed on problem {self.id}: {error}") from error
        return evaluation(trials, self.visible, judge.limits)

    async def grade(self, program: Program) -> Evaluation:
        """The share of scoring tests passed; the checks are those of all tests, so ``solved`` asks for the visible ones too."""
        judge = self.judge()
        trials = await judge.confirm(self.problem, program.source, range(len(self.problem.cases)))
        return evaluation(trials, self.scoring, judge.limits)


def pose(problem: Problem, protocol: Protocol, judge: Callable[[], Judge]) -> AppsTask:
    """The task that a problem is under a protocol."""
    everything = tuple(range(len(problem.cases)))
    if protocol is Protocol.ORACLE:
        return AppsTask(problem, Label.ORACLE, everything, everything, judge)
    parts = hold_out(problem)
    if not parts.hidden:
        return AppsTask(problem, Label.ORACLE_ONLY, everything, everything, judge)
    return AppsTask(problem, Label.HELD_OUT, parts.visible, parts.hidden, judge)


def name(test: int) -> str:
    """The name of a test's check."""
    return f"test-{test}"


def evaluation(trials: Sequence[Trial], scoring: Sequence[int], limits: Limits) -> Evaluation:
    """What trials under these limits are worth: the share of the scoring tests passed, every check, and what it took."""
    wanted = set(scoring)
    counted = [trial for trial in trials if trial.test in wanted]
    passed = sum(trial.verdict is Verdict.PASS for trial in counted)
    reward = passed / len(counted) if counted else 0.0
    checks = tuple(Check(name(trial.test), trial.verdict, _detail(trial)) for trial in trials)
    return Evaluation(reward, _broken(trials), checks, tuple(_footprint(trial, limits) for trial in trials))


def _footprint(trial: Trial, limits: Limits) -> Footprint:
    outcome = trial.outcome
    near = trial.verdict is not Verdict.TIME and outcome.near(limits.cpu_seconds)
    stderr = "" if trial.verdict is Verdict.PASS else last_lines(outcome.stderr)
    return Footprint(round(outcome.cpu_seconds, 6), outcome.memory_bytes, outcome.written_bytes, int(near), stderr)


def _broken(trials: Sequence[Trial]) -> Broken | None:
    """Why a program cannot run at all: it does not compile, or an exception ended every test that was run."""
    run = [trial for trial in trials if trial.verdict is not Verdict.SKIPPED]
    for stage, verdict in ((Stage.COMPILE, Verdict.COMPILE), (Stage.EXCEPTION, Verdict.ERROR)):
        if run and all(trial.verdict is verdict for trial in run):
            fault = run[0].fault or Fault(verdict.value)
            return Broken(stage, fault.error, fault.message, fault.line_number, fault.line)
    return None


def _detail(trial: Trial) -> dict[str, str]:
    if trial.verdict is Verdict.PASS:
        return {}
    return {"got": trial.got} if trial.fault is None else {"error": str(trial.fault)}


def _interface(problem: Problem) -> str:
    if problem.kind is Kind.STDIN:
        return "The program reads its input from standard input and prints its answer to standard output."
    if "class Solution" in problem.starter_code:
        return (
            f"The program defines a class Solution with a method {problem.fn_name}; the method is called with the arguments of a test"
            " and returns the answer."
        )
    return f"The program defines a function {problem.fn_name}; it is called with the arguments of a test and returns the answer."


def _case(problem: Problem, test: int) -> dict[str, str]:
    if problem.kind is Kind.STDIN:
        return {"input": shorten(problem.stdin(test)), "expected": shorten(problem.stdout(test))}
    arguments = ", ".join(written(value) for value in problem.arguments(test))
    return {"input": shorten(f"{problem.fn_name}({arguments})"), "expected": written(problem.cases[test].expected)}
