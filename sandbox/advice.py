"""What a machine's walls consist of, in words, and the command that would enable each part that is missing."""

from collections.abc import Callable, Mapping

from sandbox.jail import landlock, machines

HOLD = {
    "namespaces": "namespaces and a read-only tree",
    "landlock": "Landlock",
    "seccomp": "a filter of system calls",
}
SETTINGS = (
    ("user/max_user_namespaces", "0", "15000"),
    ("kernel/apparmor_restrict_unprivileged_userns", "1", "0"),
    ("kernel/unprivileged_userns_clone", "0", "1"),
)
"""Settings of the kernel, below /proc/sys: the value that refuses user namespaces, and one that allows them."""
ELSEWHERE = {
    "namespaces": (
        "no setting of this kernel refuses them, so a container or a security module does; start a container with `docker run "
        "--security-opt seccomp=unconfined --security-opt apparmor=unconfined --cap-add SYS_ADMIN`, or run outside of it"
    ),
    "landlock": (
        "use Linux 5.13 or later with CONFIG_SECURITY_LANDLOCK, and add `landlock` to `lsm=` on its command line "
        "(`cat /sys/kernel/security/lsm` says what is there now); in a container update the container runtime, whose filter must permit it"
    ),
    "seccomp": "use a kernel with CONFIG_SECCOMP_FILTER on x86_64 or aarch64; in a container its filter must permit the call seccomp",
}


def walls(missing: Mapping[str, str], isolated: bool) -> str:
    """What holds a program, as one line."""
    if not isolated:
        return "none but limits on resources: programs would run with your rights"
    return ", ".join([*(words for name, words in HOLD.items() if name not in missing), "limits on resources"])


def features(missing: Mapping[str, str], isolated: bool, version: int, machine: str) -> dict[str, str]:
    """What became of each part of the walls on a machine of that name, with Landlock of that version."""
    there = "yes" if isolated else f"of no use without {' or '.join(name for name in HOLD if name in missing)}"
    found = {name: f"no: {missing[name]}" if name in missing else there for name in sorted(HOLD)}
    if found["landlock"] == "yes":
        found["landlock"] = f"yes, version {version}" + _weaker(version)
    if found["seccomp"] == "yes" and machines.CAVEATS.get(machine):
        found["seccomp"] = f"yes, but on {machine} {machines.CAVEATS[machine]}"
    return found


def _weaker(version: int) -> str:
    gaps = landlock.gaps(version)
    return f", without rules for {', '.join(gaps)}: there the other walls hold alone" if gaps else ""


def advice(missing: Mapping[str, str], setting: Callable[[str], str | None]) -> dict[str, str]:
    """For each part that is missing the command that would enable it; ``setting`` reads a setting of the kernel by name."""
    found = {name: words for name, words in ELSEWHERE.items() if name in missing}
    commands = [f"{name.replace('/', '.')}={right}" for name, wrong, right in SETTINGS if setting(name) == wrong]
    if "namespaces" in missing and commands:
        found["namespaces"] = f"as root `sysctl -w {' '.join(commands)}`"
    return found
