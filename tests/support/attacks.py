"""All attacks and honest programs by name."""

from attack import ERROR, OK, Attack
from attacks_on_resources import OUTPUTS, PROCESSES, SPACES, TIMES
from attacks_on_walls import COMPILES, ENDS, KERNEL, SECRETS
from honest_programs import HONEST

from sandbox import Status

SHARED_ENDS: dict[str, tuple[tuple[Status, ...], bytes | None]] = {
    "output: every descriptor closed": ((ERROR,), None),
    "output: junk to every descriptor": ((ERROR,), None),
    "secrets: open descriptors": ((OK,), b"[0, 1, 2, 3, 4]\n"),
}
"""What ends otherwise in a child that serves many inputs, because it holds the socket over which they come."""
ATTACKS: dict[str, Attack] = {
    f"{group}: {name}": attack
    for group, table in (
        ("processes", PROCESSES),
        ("time", TIMES),
        ("space", SPACES),
        ("output", OUTPUTS),
        ("end", ENDS),
        ("secrets", SECRETS),
        ("kernel", KERNEL),
        ("compile", COMPILES),
        ("honest", HONEST),
    )
    for name, attack in table.items()
}
