"""A machine that has no turn to give: what a program is judged by is its processor time."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from standing_jail import standing

from sandbox import Limits, Status

SPINNERS = 12
BURN = "import time\nwhile time.process_time() < 0.15: pass\nprint('done')"
LIMITS = Limits(cpu_seconds=0.6, wall_seconds=1.0)


@pytest.fixture
def busy_core() -> Iterator[None]:
    """This process and all that it starts share one core with many that never rest."""
    allowed = os.sched_getaffinity(0)
    with ExitStack() as stack:
        stack.callback(os.sched_setaffinity, 0, allowed)
        os.sched_setaffinity(0, {min(allowed)})
        for _ in range(SPINNERS):
            # Sessions of their own: kernels may share the processor fairly among sessions.
            spinner = stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", "print(flush=True)\nwhile True: pass"], stdout=subprocess.PIPE, start_new_session=True
                )
            )
            stack.callback(spinner.kill)
            assert spinner.stdout is not None
            spinner.stdout.readline()
        yield


@pytest.mark.usefixtures("busy_core")
def test_a_program_that_got_no_turn_is_given_more_time_by_the_clock() -> None:
    """It needs a quarter of its processor time, and longer by the clock than a sleeping program would be given."""
    with standing() as jail:
        (outcome,) = jail.script(BURN, limits=LIMITS)
    assert (outcome.status, outcome.stdout) == (Status.OK, b"done\n")
    assert outcome.wall_seconds > LIMITS.wall_seconds  # type: ignore[operator]


def test_a_sleeping_program_ends_by_the_clock() -> None:
    """On a machine with turns to give, or a few times later."""
    with standing() as jail:
        (outcome,) = jail.script("import time\ntime.sleep(60)", limits=Limits(cpu_seconds=0.3, wall_seconds=0.5))
    assert outcome.status is Status.TIME
    assert outcome.cpu_seconds < 0.3
