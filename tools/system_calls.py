"""Write a machine's table of system calls from the kernel's headers.

For example ``python tools/system_calls.py aarch64 > sandbox/jail/numbers_aarch64.py``.

Needs a C compiler and the headers of Linux 5.17 or later (Debian: ``gcc`` and ``linux-libc-dev``).
"""

import argparse
import re
import shutil
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

LAST_KNOWN = "set_mempolicy_home_node"
"""The last call that the filters know (Linux 5.17); a table ends there whatever the headers offer beyond."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Where a machine's numbers are defined."""

    arch: str
    headers: tuple[str, ...]
    defines: tuple[str, ...] = ()


KINDS = {
    "x86_64": Kind("0xC000003E", ("/usr/include/x86_64-linux-gnu/asm/unistd_64.h",)),
    "aarch64": Kind(  # defines: arch/arm64/include/uapi/asm/unistd.h of Linux 6.1
        "0xC00000B7",
        ("/usr/include/asm-generic/unistd.h",),
        ("RENAMEAT", "NEW_STAT", "SET_GET_RLIMIT", "TIME32_SYSCALLS", "SYS_CLONE3", "MEMFD_SECRET"),
    ),
}


def numbers(kind: Kind) -> dict[str, int]:
    """Every system call up to the last known one, by number; exits where compiler or headers are missing."""
    header = next((path for path in kind.headers if Path(path).exists()), None)
    compiler = shutil.which("cc")
    if header is None or compiler is None:
        raise SystemExit(f"this needs a C compiler and {' or '.join(kind.headers)}: install gcc and linux-libc-dev")
    defines = [f"-D__ARCH_WANT_{name}" for name in kind.defines]
    macros = subprocess.run([compiler, "-E", "-dM", *defines, header], capture_output=True, text=True, check=True).stdout
    found: dict[str, str] = dict(re.findall(r"^#define (__NR\w*) (\w+)$", macros, re.MULTILINE))
    resolved = {name.removeprefix("__NR_"): found.get(value, value) for name, value in found.items() if name.startswith("__NR_")}
    if LAST_KNOWN not in resolved:
        raise SystemExit(f"{header} is older than Linux 5.17: install newer headers")
    last = int(resolved[LAST_KNOWN])
    known = {name: int(number) for name, number in resolved.items() if int(number) <= last and name != "arch_specific_syscall"}
    return dict(sorted(known.items(), key=lambda item: item[1]))


def module(machine: str) -> str:
    """The text of the table's module."""
    kind = KINDS[machine]
    entries = " ".join(f'"{name}":\0{number},' for name, number in numbers(kind).items())
    lines = textwrap.fill(entries, 136, initial_indent="    ", subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)
    return (
        f'"""The system calls of {machine}, as tools/system_calls.py wrote them from the kernel\'s headers."""\n\n'
        f'AUDIT_ARCH = {kind.arch}\n"""How a filter tells this machine\'s calls."""\n'
        f"NUMBERS = {{\n{lines}\n}}  # fmt: skip\n"
    ).replace("\0", " ")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("machine", choices=sorted(KINDS))
    sys.stdout.write(module(parser.parse_args().machine))
