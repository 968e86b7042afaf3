"""From the first wall to the last process: broken workers, closing, killed and interrupted parents, refusals, and what the tree shows."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable, Iterator
from pathlib import Path

import pytest
from family import all_end, children, cores, descendants, supervisors
from multiprocess import resource_tracker
from standing_jail import StandingJail, standing

from sandbox import SCRIPT, IsolationRefused, Jail, JailBroken, Job, Level, Limits, Outcome, Sharing, survey
from sandbox.orders import JOB, Frame

ECHO = "print(input())"
QUICK = Limits(cpu_seconds=0.3, wall_seconds=1.0)


@pytest.fixture(scope="module")
def jail() -> Iterator[StandingJail]:
    """One jail with one worker."""
    with standing() as stands:
        yield stands


@pytest.fixture
def supervisor(jail: StandingJail) -> int:
    """The process of that worker, ready."""
    jail.script(ECHO, b"ready")
    return supervisors()[0]


def _launcher(supervisor: int) -> int:
    return children(supervisor)[0]


def _zygote(supervisor: int) -> int:
    return [supervisor, *descendants(supervisor)][2]


def _itself(supervisor: int) -> int:
    return supervisor


@pytest.mark.parametrize("victim", [_launcher, _zygote, _itself])
@pytest.mark.parametrize("sharing", Sharing)
def test_a_process_killed_within_a_job_is_replaced(
    jail: StandingJail, supervisor: int, victim: Callable[[int], int], sharing: Sharing, caplog: pytest.LogCaptureFixture
) -> None:
    """Kill -9 of launcher, zygote (as when memory runs out) or supervisor while an input runs: it runs again, and the log says so."""
    dead: list[int] = []

    async def play() -> list[bytes]:
        found = []
        source = "import time\nn = float(input())\ntime.sleep(n)\nprint(n)"
        job = Job(source, SCRIPT, [b"0", b"0.1", b"1", b"2e-9"], Limits(wall_seconds=8), sharing)
        async for outcome in jail.jail.run(job):
            if not found:
                dead.extend([victim(supervisor), *descendants(victim(supervisor))])
                os.kill(dead[0], signal.SIGKILL)
            found.append(outcome.stdout)
        return found

    assert jail.runner.run(play()) == [b"0.0\n", b"0.1\n", b"1.0\n", b"2e-09\n"]
    assert "is replaced" in caplog.text
    assert all_end(dead)
    assert _zombies() == []


@pytest.mark.parametrize("victim", [_launcher, _itself])
def test_a_process_killed_between_jobs_is_replaced(jail: StandingJail, supervisor: int, victim: Callable[[int], int]) -> None:
    """The next job has its outcome."""
    dead = victim(supervisor)
    os.kill(dead, signal.SIGKILL)
    assert all_end([dead])
    assert jail.script(ECHO, b"again")[0].stdout == b"again\n"


KILL = """
import os, signal
steps, marker = input().split()
pid = os.getpid()
for _ in range(int(steps)): pid = int(open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[1])
if not os.path.exists(marker):
    if os.path.exists(os.path.dirname(marker)): open(marker, "x").close()
    os.kill(pid, signal.SIGKILL)
    signal.pause()
print("alone")
"""
"""For a jail without walls: kills its runner, its zygote or its supervisor."""


@pytest.fixture(scope="module")
def open_jail() -> Iterator[StandingJail]:
    """A jail whose programs can do what they like."""
    with standing(jail=Jail(workers=1, unsafe_no_isolation=True, allow=())) as stands:
        yield stands


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_an_input_that_breaks_one_worker_runs_again(open_jail: StandingJail, steps: int, tmp_path: Path) -> None:
    """A runner, a zygote and a supervisor that die once cost nothing but time."""
    inputs = [b"%d %s" % (steps, bytes(tmp_path / "marker")), b"0 /"]
    assert [outcome.stdout for outcome in open_jail.script(KILL, *inputs)] == [b"alone\n"] * 2


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_an_input_that_breaks_two_workers_is_reported(open_jail: StandingJail, steps: int) -> None:
    """One that dies in the middle of an input, twice, is an exception and no verdict; the jail serves on."""
    with pytest.raises(JailBroken, match=r"input \d broke two jails in a row"):
        open_jail.script(KILL, b"0 /", b"%d /nowhere/marker" % steps)
    assert open_jail.script(ECHO, b"again")[0].stdout == b"again\n"
    assert _zombies() == []


def test_the_last_words_of_a_supervisor_reach_the_log(
    jail: StandingJail, supervisor: int, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """What it writes when it fails is logged when it is replaced, and shown nowhere else."""
    (worker,) = jail.jail._workers
    worker.say(Frame(JOB, 0, b"cut short").pack())
    assert jail.script(ECHO, b"again")[0].stdout == b"again\n"
    assert "struct.error" in caplog.text
    assert capfd.readouterr() == ("", "")


def test_zygotes_are_recycled() -> None:
    """After so many programs a zygote makes room for a new one."""
    jail = Jail(workers=1, recycle_after=2)
    with standing(jail=jail) as stands:
        found = []
        for _ in range(4):
            stands.script(ECHO, b"x")
            found.append(_launcher(supervisors()[-1]))
    assert found[0] == found[1] != found[2] == found[3]


def test_nothing_is_left_after_closing() -> None:
    """No process of ours and no descriptor survives the jail, though a job was in it."""
    resource_tracker.ensure_running()
    before, descriptors = set(descendants(os.getpid())), len(os.listdir("/proc/self/fd"))
    with standing(workers=2) as stands:
        stands.script("while True: pass", limits=QUICK)
        stream = stands.jail.run(Job("while True: pass", SCRIPT, [b"", b""], QUICK))
        stands.runner.run(_first(stream))
        family = set(descendants(os.getpid())) - before
        assert len(family) > 3
    assert not before ^ set(descendants(os.getpid()))
    assert all_end(list(family))
    assert len(os.listdir("/proc/self/fd")) == descriptors


async def _first(stream: AsyncGenerator[Outcome, None]) -> Outcome:
    return await anext(stream)


PARENT = r"""
import asyncio
from sandbox import Jail, Job, SCRIPT, Sharing
async def main():
    async with Jail(workers=1) as jail:
        inputs = iter([b"0", b"0.1", b"60"])
        async for outcome in jail.run(Job("import time\ntime.sleep(float(input()))\nprint('ran')", SCRIPT, inputs, sharing=Sharing.SHARED)):
            print(outcome.stdout.decode(), end="", flush=True)
asyncio.run(main())
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_nothing_is_left_after_the_parent_was_ended(number: signal.Signals) -> None:
    """Kill -9 of the engine, and what a terminal sends to its whole group, take supervisor, launcher, zygote, runner and child along."""
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as parent:
        assert parent.stdout is not None
        if parent.stdout.readline() != "ran\n":
            pytest.skip("this machine offers no isolation")
        family = descendants(parent.pid)
        (os.killpg if number is signal.SIGINT else os.kill)(parent.pid, number)
        _, errors = parent.communicate()
    assert len(family) >= 5
    assert all_end(family)
    assert "spawn" not in errors
    assert errors.endswith("KeyboardInterrupt\n" if number is signal.SIGINT else "")
    assert bool(errors) == (number is signal.SIGINT)


def test_workers_for_every_core_keep_to_theirs() -> None:
    """Worker and all below it on one core each, unless told otherwise or there are more cores than workers."""
    allowed = sorted(os.sched_getaffinity(0))
    expected = {(len(allowed), True): [{core} for core in allowed], (len(allowed), False): [set(allowed)] * len(allowed)}
    if len(allowed) > 1:
        expected[1, True] = [set(allowed)]
    for (workers, pinned), masks in expected.items():
        before = set(supervisors())
        with standing(jail=Jail(workers=workers, pinned=pinned)) as stands:
            stands.run_all([Job(ECHO, SCRIPT, [b"x"])] * workers)
            found = [pid for pid in supervisors() if pid not in before]
            assert sorted(map(sorted, (os.sched_getaffinity(pid) for pid in found))) == sorted(map(sorted, masks))
            assert all(cores(below) in (None, cores(pid)) for pid in found for below in descendants(pid))


def test_a_slow_consumer_costs_no_memory() -> None:
    """While nobody takes a job's outcomes, its worker stops instead of keeping them."""
    drawn: list[int] = []

    def inputs() -> Iterator[bytes]:
        for number in range(100):
            drawn.append(number)
            yield b""

    async def play(jail: Jail) -> int:
        stream = jail.run(Job("print('x' * (8 << 20))", SCRIPT, inputs()))
        await anext(stream)
        async for _ in jail.run(Job("import time\nwhile time.process_time() < 1.5: pass", SCRIPT, [b""])):
            pass
        await stream.aclose()
        return max(_peak(pid) for pid in [os.getpid(), *(pid for pid in supervisors() if pid not in others)])

    others = set(supervisors())
    with standing(workers=2) as stands:
        before = _peak(os.getpid())
        assert stands.runner.run(play(stands.jail)) < before + (100 << 20)
    assert len(drawn) <= 32


def _peak(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM"))


def _zombies() -> list[int]:
    return [pid for pid in children(os.getpid()) if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"]


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
