"""A machine that refuses namespaces: what still works is used, and is said."""

import shutil
import subprocess
import sys

import pytest

PROGRAM = """
import asyncio
from sandbox import Jail, Job, SCRIPT, survey

async def main():
    async with Jail(workers=1) as jail:
        outcomes = [outcome async for outcome in jail.run(Job("print(int(input()) + 1)", SCRIPT, [b"41"]))]
    found = await survey()
    print(jail.level.value, outcomes[0].stdout, found.level.value, sorted(found.advice))

asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("true", "full b'42\\n' full []"),
        ("echo 0 > /proc/sys/user/max_user_namespaces", "reduced b'42\\n' reduced ['namespaces']"),
    ],
    ids=["a root that is nobody outside", "namespaces refused"],
)
def test_a_container_like_machine_is_used_as_far_as_it_goes(before: str, expected: str) -> None:
    """Inside a user namespace of one user, with and without further namespaces: the level and the advice are true."""
    if shutil.which("unshare") is None:
        pytest.skip("unshare is not installed")
    inside = ["unshare", "--user", "--map-root-user", "sh", "-c"]
    if subprocess.run([*inside, before], check=False, capture_output=True).returncode:
        pytest.skip("this machine lets nobody make or limit user namespaces")
    done = subprocess.run([*inside, f'{before}; exec "$0" -c "$1"', sys.executable, PROGRAM], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == expected, done.stderr
