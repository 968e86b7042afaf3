"""The world models written by hand are right on everything that is recorded, and known wrong ones are found."""

from collections.abc import Iterable

import numpy as np
import pytest
from jails import in_jail
from worlds import shipped

from cwmb_eval.checks import checks
from cwmb_eval.judging.judge import Judge
from cwmb_eval.metrics.laws import ceiling
from cwmb_eval.mutants import Mutant, mutants
from cwmb_eval.references import reference
from cwmb_eval.transitions import Split
from gifmcts.types import Verdict
from sandbox import Jail, Limits

NAMES = ("Blackjack", "CliffWalking", "Taxi", "CartPole", "MountainCar", "Acrobot", "Pendulum", "RTFM")


async def fails(judge: Judge, name: str, source: str, splits: Iterable[Split]) -> Split | None:
    """The first split on which some check fails."""
    data = shipped(name)
    for split in splits:
        result = await judge.judge(data.spec, source, data.splits[split])
        if any(check.verdict is not Verdict.PASS for check in checks(split, result, data.spec, source)):
            return split
    return None


@pytest.mark.parametrize("name", NAMES)
def test_a_reference_is_right_everywhere(name: str) -> None:
    """1.0 on every split, or what the exact law itself scores; every check passes."""
    source, data = reference(name), shipped(name)
    assert source is not None

    async def work(jail: Jail) -> None:
        judge = Judge(jail, Limits())
        for split, some in data.splits.items():
            result = await judge.judge(data.spec, source, some)
            wanted = ceiling(some, result.found.rows, data.spec) if data.spec.stochastic else 1.0
            assert result.reward == pytest.approx(wanted, abs=0.01 if data.spec.stochastic else 1e-12)
            assert {check.verdict for check in checks(split, result, data.spec, source)} == {Verdict.PASS}

    in_jail(work)


@pytest.mark.parametrize("name", NAMES)
def test_every_mutant_is_found_by_some_split(name: str) -> None:
    """Among them models that pass whatever a search sees."""
    known = list(mutants(name))
    assert len(known) >= 4

    async def work(jail: Jail) -> list[Mutant]:
        judge = Judge(jail, Limits())
        return [mutant for mutant in known if await fails(judge, name, mutant.source, shipped(name).splits) is None]

    assert [mutant.name for mutant in in_jail(work)] == []


def test_the_full_game_is_judged_by_its_law() -> None:
    """On a dozen states of a split the reference passes, and models with another law do not."""
    data, source = shipped("RTFM-full"), reference("RTFM-full")
    assert source is not None
    some = data.splits[Split.SEARCH].take(np.arange(0, 96, 8))
    found = [mutant for mutant in mutants("RTFM-full") if mutant.name.startswith("monsters")]
    assert len(found) == 3

    async def work(jail: Jail) -> list[bool]:
        judge = Judge(jail, Limits())
        programs = [source, *(mutant.source for mutant in found)]
        return [bool((await judge.judge(data.spec, program, some)).scores.passed.all()) for program in programs]

    assert in_jail(work) == [True, False, False, False]


def test_passing_what_was_recorded_certifies_nothing() -> None:
    """A pole on a cart without a limit of the cart passes search and held-out; only states from elsewhere find it."""
    (mutant,) = (mutant for mutant in mutants("CartPole") if mutant.name == "no limit of the cart")

    async def work(jail: Jail) -> list[Split | None]:
        judge = Judge(jail, Limits())
        return [await fails(judge, "CartPole", mutant.source, [split]) for split in (Split.SEARCH, Split.HELD_OUT, Split.BOX)]

    assert in_jail(work) == [None, None, Split.BOX]


def test_environments_without_a_reference_have_none() -> None:
    """Nothing is made up."""
    assert reference("Hopper-v5") is None
    assert list(mutants("Hopper-v5")) == []
