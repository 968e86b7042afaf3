"""Hostile and honest programs in the full jail: each ends as it should, and the jail serves on."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from attack import Attack
from attacks import ATTACKS, SHARED_ENDS
from standing_jail import StandingJail, standing

from sandbox import SCRIPT, Job, Level, Sharing, Status

FORGED = ("/tmp/forged", "/dev/shm/forged", "/forged", "forged")


@pytest.fixture(scope="module")
def jail() -> Iterator[StandingJail]:
    """One jail for all attacks."""
    with standing() as stands:
        if stands.jail.level is not Level.FULL:
            pytest.skip(f"this machine offers {stands.jail.level} isolation only")
        yield stands


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_ends_as_it_should_and_harms_nobody(jail: StandingJail, name: str) -> None:
    """A child per input: the verdict is the intended one, nothing is written, and the next program runs."""
    attack = ATTACKS[name]
    _check(jail, attack, Sharing.FRESH, attack.ends, attack.stdout)


@pytest.mark.parametrize("name", [name for name in ATTACKS if not name.startswith("compile: ")])
def test_an_attack_on_a_shared_child_harms_nobody(jail: StandingJail, name: str) -> None:
    """One child for all inputs: the same, but for what the child's own socket changes."""
    attack = ATTACKS[name]
    ends, stdout = SHARED_ENDS.get(name, (attack.ends, attack.stdout))
    _check(jail, attack, Sharing.SHARED, ends, stdout)


def _check(jail: StandingJail, attack: Attack, sharing: Sharing, ends: tuple[Status, ...], stdout: bytes | None) -> None:
    outcomes = jail.run(Job(attack.source, SCRIPT, [attack.data], attack.limits, sharing))
    assert [outcome.status in ends for outcome in outcomes] == [True], outcomes
    if stdout is not None:
        assert outcomes[0].stdout == stdout
    assert not [path for path in FORGED if Path(path).exists()]
    assert [outcome.stdout for outcome in jail.script("print(input())", b"next")] == [b"next\n"]
