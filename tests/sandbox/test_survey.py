"""What a stranger is told about the walls: by rule for every machine, and for real where calls are refused."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import multiprocess
import pytest
from interpreters import everybodys_interpreter

import sandbox
from sandbox.advice import advice, features, walls
from sandbox.jail import kernel, landlock, seccomp

FEATURE = {"unshare": "namespaces", "mount": "namespaces", "landlock_create_ruleset": "landlock", "seccomp": "seccomp"}
UNDER_REFUSALS = """
import asyncio, errno, sys
from sandbox import survey
from sandbox.jail import bpf, kernel, seccomp

error, names = int(sys.argv[1]), sys.argv[2:]
kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
seccomp.install(bpf.deny_list({kernel.machine().numbers[name]: None for name in names}, error))
found = asyncio.run(survey())
print(found.level, found.features, found.advice, sep="\\n")
"""


def test_an_old_landlock_names_what_it_has_no_rules_for() -> None:
    """The newest has no gaps to name."""
    assert features({}, True, landlock.NEWEST, "x86_64")["landlock"] == "yes, version 7"
    assert "version 3, without rules for the network, " in features({}, True, 3, "x86_64")["landlock"]


def test_a_machine_that_was_never_run_on_is_named() -> None:
    """With the reason; the other machine's filters are said to be there and nothing else."""
    assert features({}, True, 7, "x86_64")["seccomp"] == "yes"
    assert features({}, True, 7, "aarch64")["seccomp"].endswith("aarch64 the tables are generated and checked by interpretation, never run")


def test_parts_that_protect_nobody_are_not_praised() -> None:
    """Without the filter of system calls nothing else is built."""
    found = features({"seccomp": "not in this kernel"}, False, 7, "x86_64")
    assert found["seccomp"] == "no: not in this kernel"
    assert found["namespaces"] == found["landlock"] == "of no use without seccomp"
    assert "your rights" in walls({"seccomp": "not in this kernel"}, False)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"user/max_user_namespaces": "0"}, "sysctl -w user.max_user_namespaces=15000`"),
        (
            {"user/max_user_namespaces": "9", "kernel/apparmor_restrict_unprivileged_userns": "1", "kernel/unprivileged_userns_clone": "0"},
            "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0 kernel.unprivileged_userns_clone=1`",
        ),
        ({}, "docker run"),
    ],
)
def test_the_command_fits_the_setting_that_refuses(settings: dict[str, str], expected: str) -> None:
    """Only settings that refuse are to be changed; where none does, it is a container or a security module."""
    assert expected in advice({"namespaces": "refused"}, settings.get)["namespaces"]
    assert advice({}, settings.get) == {}


@pytest.mark.parametrize(
    ("error", "names", "levels", "said"),
    [
        (errno.EPERM, ["unshare"], {"reduced"}, "no: refused by a setting"),
        (errno.ENOSPC, ["unshare"], {"reduced"}, "no: their number is limited"),
        (errno.EACCES, ["mount"], {"reduced"}, "no: refused by a security module"),
        (errno.ENOSYS, ["landlock_create_ruleset"], {"full", "none"}, "no: not in this kernel"),
        (errno.EOPNOTSUPP, ["landlock_create_ruleset"], {"full", "none"}, "no: in this kernel, but not switched on"),
        (errno.EINVAL, ["seccomp"], {"none"}, "'seccomp': 'no: not in this kernel"),
        (errno.EPERM, ["unshare", "landlock_create_ruleset"], {"none"}, "of no use without namespaces or landlock"),
    ],
)
def test_a_machine_that_refuses_calls_is_described(error: int, names: list[str], levels: set[str], said: str) -> None:
    """Level, reason and a command, each time the system calls behind a feature fail in another way."""
    if not kernel.supported() or not seccomp.available() or landlock.version() == 0:
        pytest.skip("this machine lacks what would be refused")
    command = [everybodys_interpreter(), "-c", UNDER_REFUSALS, str(error), *names]
    paths = (str(Path(package.__file__).parents[1]) for package in (sandbox, multiprocess))
    environment = {"PYTHONPATH": os.pathsep.join(paths), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    level, described, advised = done.stdout.splitlines()
    assert level in levels
    assert said in described
    assert FEATURE[names[0]] in advised


def test_an_interpreter_that_cannot_be_started_is_named() -> None:
    """The survey says which, and the error is one of the jail's."""
    program = (
        "import asyncio, sys\nfrom sandbox import survey, Jail, JailBroken\nsys._base_executable = '/nowhere/python3'\n"
        "print(asyncio.run(survey()).features['jail'])\n"
        "try:\n    asyncio.run(Jail().__aenter__())\nexcept JailBroken as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout.count("/nowhere/python3 cannot be started (No such file or directory)") == 2, done.stderr
    assert done.stderr == ""
