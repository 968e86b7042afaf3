"""The order in which the walls close: load, leave, lock, then serve."""

import json
import os
import signal
import socket
import sys
from dataclasses import dataclass, field
from typing import NoReturn

from . import child, frames, kernel, landlock, limits, namespaces, seccomp, tree, warm
from .walls import Walls
from .zygote import Zygote

NAMESPACES, LANDLOCK, SECCOMP = "namespaces", "landlock", "seccomp"


class Refused(Exception):
    """The isolation that was asked for cannot be had."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the trusted side asks for."""

    allow: list[str]
    """Features of the kernel that may be used."""
    packages: dict[str, list[str]]
    """Names of packages to load, each with the directories that hold it."""
    unsafe: bool = False
    missing: dict[str, str] = field(default_factory=dict)
    """Features that failed before this exec, and why."""


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


def begin(descriptor: int, text: str) -> NoReturn:
    """Close the walls, say so over the descriptor, serve until the other side hangs up."""
    control = socket.socket(fileno=descriptor)
    settings = Settings(**json.loads(text))
    try:
        _prepare(control, settings).serve()
    except (Refused, OSError, namespaces.Unreadable) as error:
        _say(control, frames.FAILED, {"reason": str(error), "missing": settings.missing})
    os._exit(3)


def _exec(arguments: list[str]) -> NoReturn:
    os.execve(sys.executable, [sys.executable, "-s", "-P", "-S", "-B", *arguments], dict(os.environ))


def _say(control: socket.socket, kind: bytes, facts: dict[str, object]) -> None:
    payload = json.dumps(facts).encode()
    control.sendall(frames.CONTROL.pack(kind, 0, len(payload)) + payload)


def _prepare(control: socket.socket, settings: Settings) -> Zygote:
    parent, was_root = os.getppid(), os.geteuid() == 0
    limits.offer_to_oom_killer()
    kernel.set_thread_stack(limits.THREAD_STACK)
    directories = [directory for found in settings.packages.values() for directory in found]
    sys.path += dict.fromkeys(os.path.dirname(directory) for directory in directories)
    warm.load(list(settings.packages))
    child.open_streams()
    sys.modules["jail"].__path__ = []
    base_bytes = limits.mapped_bytes()
    level = _close(control, settings, tree.contents(directories), parent)
    warm.settle()
    alone = level == "full" or (level == "reduced" and was_root)
    walls = Walls(base_bytes, isolated=level == "full", filtered=level != "none", count_threads=alone)
    facts: dict[str, object] = {"level": level, "missing": settings.missing, "landlock": landlock.version()}
    if walls.filtered:
        seccomp.Filter(seccomp.jail_program()).install()
    _say(control, frames.READY, facts)
    return Zygote(control, walls)


def _close(control: socket.socket, settings: Settings, what: tree.Contents, parent: int) -> str:
    """Close the walls that can be had; how strong they are."""
    if not kernel.supported():
        settings.missing[SECCOMP] = "only x86-64 is supported"
    elif SECCOMP not in settings.allow:
        settings.missing[SECCOMP] = "not allowed"
    if landlock.version() == 0 or LANDLOCK not in settings.allow:
        settings.missing.setdefault(LANDLOCK, "not in this kernel" if LANDLOCK in settings.allow else "not allowed")
    if NAMESPACES not in settings.allow:
        settings.missing.setdefault(NAMESPACES, "not allowed")
    if SECCOMP in settings.missing or (NAMESPACES in settings.missing and LANDLOCK in settings.missing):
        return _give_up(settings, parent)
    if NAMESPACES in settings.missing:
        if os.geteuid() == 0:
            _give_up_root(settings)
        _follow(parent)
        _lock(settings, what.entries(), tree.DEVICES[:1])
        return "reduced"
    try:
        namespaces.enter(what)
    except OSError as error:
        _retry_without_namespaces(control, settings, str(error))
    _split(control, parent)
    _lock(settings, ["/"], tree.DEVICES[:1])
    return "full"


def _give_up(settings: Settings, parent: int) -> str:
    if not settings.unsafe:
        raise Refused("; ".join(f"{feature}: {reason}" for feature, reason in settings.missing.items()))
    _follow(parent)
    return "none"


def _give_up_root(settings: Settings) -> None:
    try:
        namespaces.become_nobody()
    except OSError as error:
        settings.missing["user"] = f"root cannot be given up: {error}"


def _retry_without_namespaces(control: socket.socket, settings: Settings, reason: str) -> NoReturn:
    """Start over in a clean process: this one may have left some namespaces already."""
    allow = [feature for feature in settings.allow if feature != NAMESPACES]
    text = {"allow": allow, "packages": settings.packages, "unsafe": settings.unsafe, "missing": {NAMESPACES: reason}}
    os.set_inheritable(control.fileno(), True)
    _exec([sys.argv[0], str(control.fileno()), json.dumps(text), "again"])


def _split(control: socket.socket, parent: int) -> None:
    """Go on as the first process of a process namespace, whose end the process outside waits for."""
    _follow(parent)
    pid = os.fork()
    if pid:
        control.close()
        _, status = os.waitpid(pid, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)


def _follow(parent: int) -> None:
    """Die with the parent."""
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(3)


def _lock(settings: Settings, readable: list[str], writable: tuple[str, ...]) -> None:
    """Give up what a zygote no longer needs; the filter of system calls comes last."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    if NAMESPACES not in settings.missing:
        kernel.drop_bounds()
    if LANDLOCK not in settings.missing:
        landlock.restrict(readable, writable)
    limits.confine_all()
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
