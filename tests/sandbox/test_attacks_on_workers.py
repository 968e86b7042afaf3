"""Workers beside one another: what they hear of each other, what is left when one is killed, and what the kernel says of them."""

import asyncio
import contextlib
import os
import re
import signal
import time
from collections.abc import Iterator

import pytest
from attack import LIMITS, OK, TIME
from attacks import ATTACKS
from attacks_on_sharing import NEVER_HEARS
from meeting import MEETING
from sightings import deepest, owner, read, until
from standing_jail import StandingJail, standing

from sandbox import SCRIPT, Jail, JailBroken, Job, Level, Limits, Outcome, Sharing, Status

ECHO = "print(input())"
LONG = Limits(cpu_seconds=20.0, wall_seconds=60.0)
SECOND = 1_000_000_000


@pytest.fixture
def jail() -> Iterator[StandingJail]:
    """A jail with two workers."""
    with standing(workers=2) as stands:
        yield stands


async def _run(jail: StandingJail, job: Job) -> list[Outcome]:
    return [outcome async for outcome in jail.jail.run(job)]


def _together(jail: StandingJail, *jobs: Job) -> list[list[Outcome]]:
    async def whole() -> list[list[Outcome]]:
        return await asyncio.gather(*(_run(jail, job) for job in jobs))

    return jail.runner.run(whole())


@pytest.mark.parametrize("features", [("namespaces", "landlock", "seccomp"), ("landlock", "seccomp")], ids=["full", "reduced"])
def test_two_workers_never_hear_of_each_other(features: tuple[str, ...]) -> None:
    """At the same time by the same clock: sockets, locks, files, shared memory, queues, keys, signals."""
    try:
        with standing(jail=Jail(workers=2, allow=features)) as jail:
            _together(jail, *(Job(ECHO, SCRIPT, [b"awake"]) for _ in range(2)))
            start = time.monotonic_ns() + SECOND // 5
            words = [f"{a} {b} {start} {start + SECOND // 2}".encode() for a, b in ((1, 2), (2, 1))]
            found = _together(jail, *(Job(MEETING, SCRIPT, [word], Limits(cpu_seconds=8.0)) for word in words))
    except JailBroken as error:
        pytest.skip(f"another user cannot use this interpreter: {error}")
    assert [[(one.status, one.stdout) for one in outcomes] for outcomes in found] == [[(OK, b"True []\n")]] * 2, found


BOMBS = [name for name in ATTACKS if "bomb" in name or "flood" in name or "spin" in name or name == "time: infinite loop"]


@pytest.mark.attack_full
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_in_one_worker_hurts_nobody_in_another(jail: StandingJail, name: str) -> None:
    """While one worker starves, honest programs with threads and memory end as ever in the other."""
    threads = ATTACKS["honest: threads"]
    memory = "x = bytearray(200 << 20)\nprint(len(x) >> 20)"
    honest = Job(threads.source, SCRIPT, [b""] * 10, Limits(cpu_seconds=4.0))
    bomb, first, second = _together(jail, ATTACKS[name].job(Sharing.FRESH), honest, Job(memory, SCRIPT, [b""], Limits(cpu_seconds=4.0)))
    assert ATTACKS[name].fails(bomb), bomb
    assert [outcome.stdout for outcome in first] == [threads.stdout] * 10
    assert [outcome.stdout for outcome in second] == [b"200\n"]


WAITS = "import time\nword = input()\nprint(word, flush=True)\nif word == 'wait': time.sleep(50)"


@pytest.mark.parametrize("sharing", Sharing)
@pytest.mark.parametrize("above", [0, 1, 2], ids=["the program", "its runner", "the zygote"])
def test_a_process_killed_in_the_middle_costs_no_other_input(sharing: Sharing, above: int) -> None:
    """As by a kernel without memory: the program's own end is its crash; anything above it is replaced, and the input runs again."""

    async def whole(jail: StandingJail) -> list[Outcome]:
        asking = asyncio.ensure_future(
            _run(jail, Job(WAITS, SCRIPT, [b"a", b"wait", b"b"], Limits(cpu_seconds=1.0, wall_seconds=2.0), sharing))
        )
        await until(lambda: "nanosleep" in read(deepest(os.getpid())[-1], "wchan"))
        os.kill(deepest(os.getpid())[-1 - above], signal.SIGKILL)
        return await asking

    with standing(workers=1) as jail:
        if jail.jail.level is not Level.FULL:
            pytest.skip("the processes of a reduced jail stand elsewhere")
        jail.script(ECHO, b"warm")
        found = jail.runner.run(whole(jail))
        assert jail.script(ECHO, b"next")[0].stdout == b"next\n"
    assert [(one.status, one.stdout) for one in (found[0], found[2])] == [(OK, b"a\n"), (OK, b"b\n")]
    assert found[1].status is (Status.CRASH if above == 0 else TIME)


def test_a_runner_killed_in_the_middle_of_a_reply_is_replaced(jail: StandingJail) -> None:
    """Half of an outcome is none: the input runs again, and its output is whole."""
    size = 16 << 20
    job = Job(f"import sys\nword = input()\nsys.stdout.write(word * {size})", SCRIPT, [b"a", b"b", b"c"], LONG)

    async def whole() -> list[Outcome]:
        stream = jail.jail.run(job)
        found = [await anext(stream)]
        await until(lambda: read(deepest(os.getpid())[-1], "wchan").startswith(("sock", "poll")))
        os.kill(deepest(os.getpid())[-1], signal.SIGKILL)
        return found + [outcome async for outcome in stream]

    found = jail.runner.run(whole())
    assert [outcome.stdout == word * size for outcome, word in zip(found, (b"a", b"b", b"c"), strict=True)] == [True] * 3


def test_no_process_of_a_jail_can_be_dumped_or_shares_memory(jail: StandingJail) -> None:
    """No core file by limit or by a program that the kernel would pipe it to; no writable mapping that two children of a runner share."""
    family: list[int] = []

    async def whole() -> None:
        asking = asyncio.ensure_future(_run(jail, Job(WAITS, SCRIPT, [b"wait"], LONG)))
        await until(lambda: "nanosleep" in read(deepest(os.getpid())[-1], "wchan"))
        family.extend(deepest(os.getpid())[-3:])
        for pid in family:
            assert re.search(r"Max core file size +0 +0 ", read(pid, "limits"))
            assert os.geteuid() != 0 or owner(pid, "environ") == 0
            shared = [line for line in read(pid, "maps").splitlines() if re.match(r"\S+ .w.s", line)]
            assert shared == []
        asking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asking

    jail.runner.run(whole())
    assert len(family) == 3


@pytest.mark.parametrize("sharing", [Sharing.SHARED, Sharing.SESSION])
def test_a_child_that_answers_without_listening_holds_nobody_up(jail: StandingJail, sharing: Sharing) -> None:
    """Four hundred inputs that are never taken have their ends long before the jail would count as broken."""
    job = Job(NEVER_HEARS, SCRIPT, [b"x"] * 400, Limits(cpu_seconds=9.0, wall_seconds=1.0, compile_seconds=1.0), sharing)

    async def whole() -> list[Outcome]:
        async with asyncio.timeout(8):
            return await _run(jail, job)

    try:
        found = jail.runner.run(whole())
    finally:
        assert jail.script(ECHO, b"next", limits=LIMITS)[0].stdout == b"next\n"
    assert len(found) == 400
