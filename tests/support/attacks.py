"""All attacks and honest programs by name, and what ends otherwise in a child that serves many inputs."""

from dataclasses import replace

from attack import ERROR, OK, Attack, Series
from attacks_between_inputs import LATE, MEMORY, STREAMS
from attacks_on_clocks import CLOCKS, DUMPS, TIMERS
from attacks_on_files import PLACES
from attacks_on_resources import OUTPUTS, PROCESSES, SPACES, TIMES
from attacks_on_sharing import CLAIMS, HOARDS, INPUTS, SOCKETS
from attacks_on_streams import DESCRIPTORS, LOCALES, MAPPINGS, STDIN
from attacks_on_walls import COMPILES, ENDS, KERNEL, SECRETS
from honest_programs import HONEST

from sandbox import Sharing

ATTACKS: dict[str, Attack] = {
    f"{group}: {name}": attack
    for group, table in (
        ("processes", PROCESSES),
        ("time", TIMES),
        ("timers", TIMERS),
        ("clocks", CLOCKS),
        ("dumps", DUMPS),
        ("space", SPACES),
        ("input", STDIN),
        ("output", OUTPUTS),
        ("mapping", MAPPINGS),
        ("descriptors", DESCRIPTORS),
        ("locale", LOCALES),
        ("end", ENDS),
        ("secrets", SECRETS),
        ("places", PLACES),
        ("kernel", KERNEL),
        ("compile", COMPILES),
        ("honest", HONEST),
    )
    for name, attack in table.items()
}
SERIES: dict[str, Series] = {
    f"{group}: {name}": series
    for group, table in (
        ("streams", STREAMS),
        ("memory", MEMORY),
        ("late", LATE),
        ("claims", CLAIMS),
        ("inputs", INPUTS),
        ("sockets", SOCKETS),
        ("hoards", HOARDS),
    )
    for name, series in table.items()
}
_SHARED = {
    "output: every descriptor closed": {"ends": (ERROR,), "stdout": None},
    "output: junk to every descriptor": {"ends": (ERROR,), "stdout": None},
    "secrets: open descriptors": {"ends": (OK,), "stdout": None},
}
"""What ends otherwise in a child that serves many inputs, because it holds the socket over which they come, and what it needs to go on."""
OPEN: dict[str, str] = {}
"""Attacks that succeed: each is to fail one day, and its name to leave this table then."""
SMOKE = frozenset(
    {
        "processes: fork bomb",
        "processes: signals to others",
        "time: infinite loop",
        "timers: alarms ignored",
        "space: list bomb",
        "input: truncated",
        "output: flood by print",
        "mapping: dirty at a kill",
        "descriptors: many memory files",
        "end: early exit",
        "secrets: files outside",
        "secrets: writing",
        "kernel: sockets",
        "kernel: namespaces",
        "compile: nested brackets",
        "honest: control",
        "honest: threads",
        "honest: recursion of 100,000",
        "streams: input truncated",
        "memory: what was left in modules",
        "claims: claimed once more",
        "inputs: served by the program itself",
    }
)
"""One or two of each kind: what an interpreter is tried with when another one had the whole table."""


def variant(name: str, sharing: Sharing) -> Attack:
    """The attack as it is right for a kind of sharing."""
    attack = ATTACKS[name]
    return attack if sharing is Sharing.FRESH else replace(attack, **_SHARED.get(name, {}))  # type: ignore[arg-type]


def all_attacks(sharing: Sharing) -> list[str]:
    """The attacks of one input that mean something with a kind of sharing: a program that does not compile has no child."""
    return [name for name in ATTACKS if sharing is Sharing.FRESH or not name.startswith("compile: ")]


def all_series(sharing: Sharing) -> list[str]:
    """The attacks of several inputs that mean something with a kind of sharing."""
    return [name for name, series in SERIES.items() if series.ends(sharing)]
