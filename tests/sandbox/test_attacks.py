"""Hostile and honest programs in the full jail: each ends as it should, and the jail serves on."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from attacks import ATTACKS, OPEN, SERIES, SMOKE, all_attacks, all_series, variant
from family import all_end, descendants
from standing_jail import StandingJail, standing

from sandbox import Level, Sharing

LEFT = ("forged*", "core", "core.*")
PLACES = (Path("/tmp"), Path("/dev/shm"), Path("/"), Path("/var/tmp"), Path())
CONTROL = "print(sum(map(int, input().split())))"


@pytest.fixture(scope="module")
def jail() -> Iterator[StandingJail]:
    """One jail for all attacks."""
    with standing() as stands:
        if stands.jail.level is not Level.FULL:
            pytest.skip(f"this machine offers {stands.jail.level} isolation only")
        yield stands


def _cases(sharing: Sharing, names: list[str]) -> Iterator[object]:
    for name in names:
        marks = [] if name in SMOKE else [pytest.mark.attack_full]
        if name in OPEN:
            marks.append(pytest.mark.xfail(reason=OPEN[name], strict=True))
        yield pytest.param(sharing, name, marks=marks, id=f"{sharing}: {name}")


@pytest.mark.parametrize(("sharing", "name"), [case for sharing in Sharing for case in _cases(sharing, all_attacks(sharing))])
def test_an_attack_ends_as_it_should_and_harms_nobody(jail: StandingJail, sharing: Sharing, name: str) -> None:
    """The verdict is the intended one, nothing is written, no process is left, and the next program runs."""
    idle = descendants(os.getpid())
    attack = variant(name, sharing)
    outcomes = jail.run(attack.job(sharing))
    _unharmed(jail, sharing, idle)
    assert attack.fails(outcomes), outcomes


@pytest.mark.parametrize(("sharing", "name"), [case for sharing in Sharing for case in _cases(sharing, all_series(sharing))])
def test_one_input_changes_nothing_of_another(jail: StandingJail, sharing: Sharing, name: str) -> None:
    """Whatever a program does at one input, every input has the end that is its own."""
    idle = descendants(os.getpid())
    series = SERIES[name]
    outcomes = jail.run(series.job(sharing))
    _unharmed(jail, sharing, idle)
    assert series.fails(sharing, outcomes), outcomes


def test_the_tables_name_what_there_is() -> None:
    """The smaller set and the open attacks are names of the tables."""
    assert {*ATTACKS, *SERIES} >= {*SMOKE, *OPEN}
    assert not SMOKE & OPEN.keys()


def _unharmed(jail: StandingJail, sharing: Sharing, idle: list[int]) -> None:
    after = jail.script(CONTROL, b"1 2", b"3 4", sharing=sharing)
    assert [outcome.stdout for outcome in after] == [b"3\n", b"7\n"]
    assert all_end([pid for pid in descendants(os.getpid()) if pid not in idle])
    assert not [path for place in PLACES for pattern in LEFT for path in place.glob(pattern)]
