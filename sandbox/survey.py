"""What this machine offers to a jail, and what to do about the rest."""

import os
import platform
from dataclasses import dataclass

from sandbox.errors import SandboxError
from sandbox.types import Level
from sandbox.zygote import FEATURES, Facts, Zygote, numpy_directories

ADVICE = {
    "namespaces": (
        "allow user namespaces: `sysctl -w user.max_user_namespaces=15000`; on Ubuntu also "
        "`sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`; on Debian before 11 `sysctl -w kernel.unprivileged_userns_clone=1`; "
        "in a container `docker run --security-opt seccomp=unconfined --cap-add SYS_ADMIN` or podman"
    ),
    "landlock": "boot a kernel from 5.13 on with `lsm=landlock,...` on its command line",
    "seccomp": "use a kernel with CONFIG_SECCOMP_FILTER on x86-64",
}


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
    try:
        zygote = await Zygote.start(packages=False, allow=FEATURES, unsafe=True)
    except SandboxError as error:
        return Survey(Level.NONE, {"jail": str(error)}, {})
    await zygote.close()
    return _survey(zygote.facts)


def _survey(facts: Facts) -> Survey:
    features = {name: facts.missing.get(name, "yes") for name in sorted(FEATURES)}
    if features["landlock"] == "yes":
        features["landlock"] = f"yes, version {facts.landlock}"
    features["kernel"] = f"{platform.release()} {platform.machine()}"
    features["user"] = facts.missing.get("user") or ("root, given up inside" if os.geteuid() == 0 else "ordinary")
    features["numpy"] = "yes" if numpy_directories() else "not installed: programs cannot import it"
    return Survey(facts.level, features, {name: ADVICE[name] for name in facts.missing if name in ADVICE})
