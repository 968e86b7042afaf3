"""The environments of the benchmark by name: which of their versions are known, and how a true one is opened."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from importlib.util import find_spec
from typing import Final

from cwmb_eval.worlds.rtfm import Rtfm
from cwmb_eval.worlds.world import World
from gifmcts.errors import PreflightError, UsageError


class Family(StrEnum):
    """Where an environment comes from."""

    TOY_TEXT = "toy-text"
    CLASSIC = "classic-control"
    MUJOCO = "mujoco"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class Entry:
    """An environment without its version, and the versions that are known, the preferred first."""

    name: str
    family: Family
    versions: tuple[int, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """Its names with versions."""
        return tuple(f"{self.name}-v{version}" for version in self.versions) or (self.name,)


_MUJOCO: Final = (
    "Reacher",
    "Pusher",
    "InvertedPendulum",
    "InvertedDoublePendulum",
    "HalfCheetah",
    "Hopper",
    "Swimmer",
    "Walker2d",
    "Ant",
    "Humanoid",
    "HumanoidStandup",
)
ENTRIES: Final = (
    Entry("Blackjack", Family.TOY_TEXT, (1,)),
    Entry("CliffWalking", Family.TOY_TEXT, (1, 0)),
    Entry("Taxi", Family.TOY_TEXT, (4, 3)),
    Entry("CartPole", Family.CLASSIC, (1,)),
    Entry("MountainCar", Family.CLASSIC, (0,)),
    Entry("Acrobot", Family.CLASSIC, (1,)),
    Entry("Pendulum", Family.CLASSIC, (1,)),
    *(Entry(name, Family.MUJOCO, (5, 4)) for name in _MUJOCO),
    Entry("RTFM", Family.OWN),
    Entry("RTFM-full", Family.OWN),
)
"""The 18 environments of CWMB, and RTFM in its fixed variant and as the full game."""
ALL: Final = "all"


def entries(names: Sequence[str]) -> list[Entry]:
    """The environments of these names, with or without a version, in the order of the catalogue; ``all`` are all.

    Raises:
        UsageError: there is no environment of a name.
    """
    known = {name: entry for entry in ENTRIES for name in (entry.name, *entry.ids)}
    for name in names:
        if name != ALL and name not in known:
            close = get_close_matches(name, known, 1)
            advice = f" (did you mean {close[0]!r}?)" if close else ""
            raise UsageError(f"there is no environment {name!r}{advice}; there are: all, {', '.join(entry.name for entry in ENTRIES)}")
    return [entry for entry in ENTRIES if ALL in names or any(known[name] is entry for name in names)]


def open_world(entry: Entry) -> World:
    """The true environment in the preferred version that is installed.

    Raises:
        PreflightError: what it needs is not installed; says what to install.
    """
    if entry.family is Family.OWN:
        return Rtfm(full=entry.name == "RTFM-full")
    if find_spec("gymnasium") is None:
        raise PreflightError(f"{entry.name} needs gymnasium: pip install 'gifmcts[cwmb]'")
    from cwmb_eval.worlds import gymnasium_worlds

    try:
        return gymnasium_worlds.open_world(entry.ids, mujoco=entry.family is Family.MUJOCO)
    except ImportError as error:
        raise PreflightError(f"{entry.name} cannot be opened ({error}): pip install 'gifmcts[cwmb]'") from error
