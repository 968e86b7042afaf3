"""From the first wall to the last process: broken workers, closing, killed parents, refusals, and what the tree shows."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from standing_jail import StandingJail, standing

from sandbox import SCRIPT, IsolationRefused, Jail, JailBroken, Job, Level, Limits, survey

ECHO = "print(input())"
QUICK = Limits(cpu_seconds=0.3, wall_seconds=1.0)


@pytest.fixture(scope="module")
def jail() -> Iterator[StandingJail]:
    """One jail with one worker."""
    with standing() as stands:
        yield stands


def test_a_broken_worker_is_replaced_and_the_input_runs_again(jail: StandingJail) -> None:
    """After its zygote was killed between two jobs, the next job has its outcome."""
    (slot,) = jail.jail._slots
    os.kill(slot._zygotes[False]._process.pid, signal.SIGKILL)
    assert jail.script(ECHO, b"again")[0].stdout == b"again\n"


def test_an_input_that_breaks_two_workers_is_reported(jail: StandingJail) -> None:
    """A worker that dies in the middle of an input, twice, is an exception and no verdict."""

    async def killed() -> None:
        (slot,) = jail.jail._slots
        stream = jail.jail.run(Job("while True: pass", SCRIPT, [b""], Limits(cpu_seconds=20)))
        task = asyncio.ensure_future(anext(stream))
        for _ in range(2):
            while not (False in slot._zygotes and slot._zygotes[False].jobs):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            zygote = slot._zygotes[False]
            os.kill(zygote._process.pid, signal.SIGKILL)
            while slot._zygotes.get(False) is zygote and not task.done():  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        await task

    with pytest.raises(JailBroken, match="broke two jails"):
        jail.runner.run(killed())
    assert jail.script(ECHO, b"again")[0].stdout == b"again\n"


def test_nothing_is_left_after_closing() -> None:
    """No child process of ours and no descriptor survives the jail."""
    before = set(_children())
    descriptors = len(os.listdir("/proc/self/fd"))
    with standing(workers=2) as stands:
        stands.script("while True: pass", limits=QUICK)
        assert set(_children()) - before
    assert not set(_children()) - before
    assert len(os.listdir("/proc/self/fd")) == descriptors


PARENT = """
import asyncio, sys
from sandbox import Jail, Job, SCRIPT
async def main():
    async with Jail(workers=1) as jail:
        stream = jail.run(Job("import time\\nwhile True: time.sleep(0.1)", SCRIPT, [b""]))
        task = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0.5)
        print("\\n".join(map(str, [zygote._process.pid for slot in jail._slots for zygote in slot._zygotes.values()])), flush=True)
        await task
asyncio.run(main())
"""


def test_nothing_is_left_after_the_parent_was_killed() -> None:
    """Kill -9 of the trusted process takes launcher, zygote, runner and child with it."""
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        launcher = int(parent.stdout.readline() or 0)
        if launcher == 0:
            pytest.skip("this machine offers no isolation")
        family = [launcher, *_descendants(launcher)]
        watched = [os.pidfd_open(pid) for pid in family]
        parent.kill()
        gone = [_is_gone(descriptor) for descriptor in watched]
    assert len(family) >= 4
    assert all(gone)


def test_isolation_is_refused_where_it_cannot_be_had() -> None:
    """Without namespaces and Landlock, or without seccomp, there is no jail unless the user waives it."""
    for allow in ({"seccomp"}, {"namespaces", "landlock"}):
        with pytest.raises(IsolationRefused, match="unsafe-no-isolation"), asyncio.Runner() as runner:
            runner.run(Jail(allow=allow).__aenter__())

    async def unsafe() -> tuple[Level, bytes]:
        async with Jail(workers=1, unsafe_no_isolation=True, allow=()) as jail:
            return jail.level, b"".join([outcome.stdout async for outcome in jail.run(Job(ECHO, SCRIPT, [b"x"]))])

    assert asyncio.run(unsafe()) == (Level.NONE, b"x\n")


FORBIDDEN = (
    "mini",
    "apps_eval",
    "cwmb_eval",
    "gifmcts",
    "sandbox",
    "gymnasium",
    "mujoco",
    "hypothesis",
    "pytest",
    "pip",
    ".jsonl",
    ".npz",
    ".parquet",
)
WALK = """
import os, sys
endings, names = [tuple(w for w in WORDS if w[0] == ".")], [w for w in WORDS if w[0] != "."]
for root, directories, files in os.walk("/"):
    sys.path.append(root)
    for name in directories + files:
        if name.lower().removesuffix(".py") in names or name.endswith(endings[0]):
            print(root, name)
for word in names:
    try: __import__(word)
    except ImportError: continue
    print("imported", word)
print(len(sys.path) > 50)
"""


@pytest.mark.parametrize("numpy", [False, True])
def test_nothing_that_holds_answers_is_in_the_tree(jail: StandingJail, numpy: bool) -> None:
    """Every visible directory appended to the path, the whole tree searched: no package of ours, no data, no test tool."""
    source = ("import numpy\n" if numpy else "") + f"WORDS = {FORBIDDEN!r}\n" + WALK
    (outcome,) = jail.script(source, limits=Limits(cpu_seconds=20))
    assert (outcome.stdout.decode(), outcome.stderr.decode()) == ("True\n", "")


def test_the_survey_tells_the_level_and_what_is_missing() -> None:
    """It names every feature, and a command for each that is missing."""
    found = asyncio.run(survey())
    assert {"landlock", "namespaces", "numpy", "seccomp"} <= set(found.features)
    assert found.level is not Level.FULL or "namespaces" not in found.advice


def _children() -> list[int]:
    return [int(pid) for path in Path("/proc/self/task").glob("*/children") for pid in path.read_text().split()]


def _descendants(pid: int) -> list[int]:
    below = [int(child) for path in Path(f"/proc/{pid}/task").glob("*/children") for child in path.read_text().split()]
    return [*below, *(further for child in below for further in _descendants(child))]


def _is_gone(descriptor: int) -> bool:
    import select

    poller = select.poll()
    poller.register(descriptor, select.POLLIN)
    gone = bool(poller.poll(5000))
    os.close(descriptor)
    return gone
