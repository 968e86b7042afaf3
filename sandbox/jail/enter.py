"""The order in which the walls close: load, leave, lock, then serve."""

from __future__ import annotations

import os
import sys
from _signal import SIG_DFL, SIGINT, signal  # type: ignore[import-not-found]
from _socket import socket

from . import frames, kernel, landlock, limits, machines, namespaces, rehearsal, seccomp, text, tree, warm
from .kernel import SIGKILL
from .walls import Walls
from .zygote import Zygote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

NAMESPACES, LANDLOCK, SECCOMP = "namespaces", "landlock", "seccomp"


class Refused(Exception):
    """The isolation that was asked for cannot be had."""


class Settings:
    """What the trusted side asks for."""

    def __init__(self, text: str) -> None:
        """Read what ``frames.write_table`` wrote."""
        table = frames.read_table(text)
        self.allow = table.get("allow", [])
        """Features of the kernel that may be used."""
        self.packages = table.get("packages", [])
        """Names of packages to load."""
        self.directories = table.get("directories", [])
        """Where they are."""
        self.unsafe = "unsafe" in table
        self.missing = frames.paired(table.get("missing", []))
        """Features that failed before this exec, and why."""

    def text(self) -> str:
        """The same as text."""
        table = {"allow": self.allow, "packages": self.packages, "directories": self.directories, "missing": frames.flat(self.missing)}
        return frames.write_table(table | ({"unsafe": []} if self.unsafe else {}))


def again(arguments: list[str]) -> None:
    """Exec this interpreter once more with fixed addresses and room for deep stacks, where that changes anything."""
    changed = limits.raise_stack_room()
    try:
        kernel.personality(kernel.ADDR_NO_RANDOMIZE)
        changed = True
    except OSError:
        pass
    if changed:
        _exec([*arguments, "again"])


def begin(descriptor: int, told: str) -> NoReturn:
    """Close the walls, say so over the descriptor, serve until the other side hangs up."""
    control = socket(fileno=descriptor)
    settings = Settings(told)
    try:
        _prepare(control, settings).serve()
    except (Refused, OSError, namespaces.Unreadable) as error:
        _say(control, frames.FAILED, {"reason": [str(error)], "missing": frames.flat(settings.missing)})
    os._exit(3)


def _exec(arguments: list[str]) -> NoReturn:
    os.execve(sys.executable, [sys.executable, "-s", "-P", "-S", "-B", *arguments], dict(os.environ))


def _say(control: socket, kind: bytes, facts: dict[str, list[str]]) -> None:
    payload = frames.write_table(facts).encode()
    control.sendall(frames.CONTROL.pack(kind, 0, len(payload)) + payload)


def _prepare(control: socket, settings: Settings) -> Zygote:
    parent, was_root = os.getppid(), os.geteuid() == 0
    limits.offer_to_oom_killer()
    kernel.set_thread_stack(limits.THREAD_STACK)
    os.environ.pop("LD_BIND_NOW", None)  # which was for this process alone
    text.enlarge()
    sys.path += dict.fromkeys(os.path.dirname(directory) for directory in settings.directories)
    warm.load(settings.packages)
    rehearsal.rehearse()
    sys.modules["jail"].__path__ = []
    base_bytes = limits.mapped_bytes()
    level = _close(control, settings, tree.contents(settings.directories), parent)
    warm.settle()
    alone = level == "full" or (level == "reduced" and was_root)
    walls = Walls(base_bytes, isolated=level == "full", filter=None if level == "none" else seccomp.ChildFilter(), count_threads=alone)
    facts = {"level": [level], "missing": frames.flat(settings.missing), "landlock": [str(landlock.version())]}
    if walls.buries:
        kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)
    if walls.filter is not None:
        seccomp.install(seccomp.jail_program(kernel.machine()))
    _say(control, frames.READY, facts)
    return Zygote(control, walls)


def _close(control: socket, settings: Settings, what: tree.Contents, parent: int) -> str:
    """Close the walls that can be had; how strong they are."""
    if not kernel.supported():
        known = " and ".join(machines.CAVEATS)
        settings.missing[SECCOMP] = f"only the system calls of {known} are known, not those of {os.uname().machine}"
    elif SECCOMP not in settings.allow:
        settings.missing[SECCOMP] = "not allowed"
    elif not seccomp.available():
        settings.missing[SECCOMP] = "not in this kernel, or refused by a filter of system calls around this process"
    if landlock.version() == 0 or LANDLOCK not in settings.allow:
        settings.missing.setdefault(LANDLOCK, landlock.why_missing() if LANDLOCK in settings.allow else "not allowed")
    if NAMESPACES not in settings.allow:
        settings.missing.setdefault(NAMESPACES, "not allowed")
    if SECCOMP in settings.missing or (NAMESPACES in settings.missing and LANDLOCK in settings.missing):
        return _give_up(settings, parent)
    if NAMESPACES in settings.missing:
        if os.geteuid() == 0:
            _give_up_root(settings)
        kernel.die_with(parent)
        _lock(settings, what.entries(), tree.DEVICES[:1])
        return "reduced"
    try:
        namespaces.enter(what)
    except OSError as error:
        _retry_without_namespaces(control, settings, namespaces.why_refused(error))
    _split(control, parent)
    _lock(settings, ["/"], tree.DEVICES[:1])
    return "full"


def _give_up(settings: Settings, parent: int) -> str:
    if not settings.unsafe:
        raise Refused("; ".join(f"{feature}: {reason}" for feature, reason in settings.missing.items()))
    kernel.die_with(parent)
    return "none"


def _give_up_root(settings: Settings) -> None:
    try:
        namespaces.become_nobody()
    except OSError as error:
        settings.missing["user"] = f"root, and no other user to become ({error.strerror})"


def _retry_without_namespaces(control: socket, settings: Settings, reason: str) -> NoReturn:
    """Start over in a clean process: this one may have left some namespaces already."""
    allow = [feature for feature in settings.allow if feature != NAMESPACES]
    settings.allow = allow
    settings.missing[NAMESPACES] = reason
    os.set_inheritable(control.fileno(), True)
    _exec([sys.argv[0], str(control.fileno()), settings.text(), "again"])


def _split(control: socket, parent: int) -> None:
    """Go on as the first process of a process namespace, whose end the process outside waits for."""
    kernel.die_with(parent)
    pid = os.fork()
    if pid:
        control.close()
        _, status = os.waitpid(pid, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    kernel.prctl(kernel.PR_SET_PDEATHSIG, SIGKILL)


def _lock(settings: Settings, readable: list[str], writable: tuple[str, ...]) -> None:
    """Give up what a zygote no longer needs; the filter of system calls comes last."""
    signal(SIGINT, SIG_DFL)
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    if NAMESPACES not in settings.missing:
        kernel.drop_bounds()
    if LANDLOCK not in settings.missing:
        landlock.restrict(readable, writable)
    limits.confine_all()
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
