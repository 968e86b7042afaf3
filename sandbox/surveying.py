"""What this machine offers to a jail, and what to do about the rest."""

import os
from dataclasses import dataclass
from pathlib import Path

from sandbox.advice import advice, walls
from sandbox.advice import features as describe
from sandbox.errors import SandboxError
from sandbox.supervisor import Settings
from sandbox.types import Level
from sandbox.worker import Worker
from sandbox.zygote import FEATURES, Facts, numpy_directories


@dataclass(frozen=True, slots=True)
class Survey:
    """The strongest isolation that can be had here, and why it is not stronger."""

    level: Level
    features: dict[str, str]
    """Feature to ``yes``, its version, or why it is missing."""
    advice: dict[str, str]
    """Missing feature to the command that would enable it."""


async def survey() -> Survey:
    """Try to build the walls and tell what came of it; never raises for what is missing."""
    worker = Worker(Settings(FEATURES, unsafe=True))
    try:
        return _survey(await worker.facts())
    except SandboxError as error:
        return Survey(Level.NONE, {"jail": str(error)}, {})
    finally:
        await worker.close()


def _survey(facts: Facts) -> Survey:
    machine = os.uname()
    isolated = facts.level is not Level.NONE
    features = {"walls": walls(facts.missing, isolated)}
    features |= describe(facts.missing, isolated, facts.landlock, machine.machine)
    features["kernel"] = f"{machine.release} {machine.machine}"
    features["user"] = facts.missing.get("user") or _user(isolated)
    features["numpy"] = "yes" if numpy_directories() else "not installed: programs cannot import it"
    return Survey(facts.level, features, advice(facts.missing, _setting))


def _user(isolated: bool) -> str:
    if os.geteuid() != 0:
        return "ordinary"
    return "root, given up inside" if isolated else "root, and programs would be root too"


def _setting(name: str) -> str | None:
    try:
        return Path("/proc/sys", name).read_text().strip()
    except OSError:
        return None
