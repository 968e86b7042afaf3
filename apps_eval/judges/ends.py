"""How a program that left nothing to compare came to its end, in words that a model can act on."""

from collections.abc import Callable

from apps_eval.feedback import Fault, fault, read_traceback, signal_name
from gifmcts.types import Verdict
from sandbox.types import Limits, Outcome, Status

_VERDICTS = {
    Status.ERROR: Verdict.ERROR,
    Status.TIME: Verdict.TIME,
    Status.MEMORY: Verdict.MEMORY,
    Status.OUTPUT: Verdict.OUTPUT,
    Status.CRASH: Verdict.CRASH,
    Status.COMPILE: Verdict.COMPILE,
}


def verdict_of(status: Status) -> Verdict:
    """The verdict on a program that left nothing to compare."""
    return _VERDICTS[status]


def time_limit(limits: Limits) -> Fault:
    """The fault of a program that ran out of time, the same whether it computed or slept: prompts depend on nothing measured."""
    return Fault("time limit", f"no end within {limits.cpu_seconds:g} s of processor time ({limits.backstop_seconds:g} s by the clock)")


def why(outcome: Outcome, limits: Limits, source: str, line_of: Callable[[int], int | None] = lambda number: number) -> Fault:
    """Why there is nothing to compare; ``line_of`` maps the line that was executed to the line of the source."""
    match outcome.status:
        case Status.TIME:
            return time_limit(limits)
        case Status.MEMORY:
            return Fault("memory limit", f"more than {limits.memory_bytes >> 20} MiB")
        case Status.OUTPUT:
            return Fault("output limit", f"more than {limits.output_bytes >> 20} MiB")
        case Status.CRASH:
            return Fault("crash", f"ended by {signal_name(outcome.exit_code)}")
    found = read_traceback(outcome.stderr)
    if found is not None:
        error, message, number = found
        return fault(error, message, None if number is None else line_of(number), source)
    last = outcome.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
    return fault(f"exit status {outcome.exit_code}", "".join(last), None, source)
