"""An assembler for the classic BPF programs that seccomp runs on every system call."""

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

LOAD, AND, JUMP_EQUAL, JUMP_ABOVE, JUMP_SET, RETURN = 0x20, 0x54, 0x15, 0x25, 0x45, 0x06
ALLOW, KILL_PROCESS, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
NUMBER_OFFSET, ARCH_OFFSET = 0, 4

Instruction = tuple[int, int, int, int]
"""Operation, jump if true, jump if false, constant."""


@dataclass(frozen=True, slots=True)
class When:
    """An argument's low 32 bits, masked, must be one of the values."""

    argument: int
    values: tuple[int, ...]
    mask: int = 0xFFFFFFFF


def refuse(number: int) -> Instruction:
    """Return an error number to the caller."""
    return (RETURN, 0, 0, ERRNO | number)


def _argument(index: int) -> Instruction:
    return (LOAD, 0, 0, 16 + 8 * index)


def _admit(rule: When | None, otherwise: int) -> list[Instruction]:
    if rule is None:
        return [(RETURN, 0, 0, ALLOW)]
    body = [_argument(rule.argument)]
    if rule.mask != 0xFFFFFFFF:
        body.append((AND, 0, 0, rule.mask))
    for value in rule.values:
        body += [(JUMP_EQUAL, 0, 1, value), (RETURN, 0, 0, ALLOW)]
    return [*body, refuse(otherwise)]


def allow_list(
    arch: int, rules: Mapping[int, When | None], refusals: Mapping[int, int], known: int, denied: int, missing: int
) -> list[Instruction]:
    """Admit the system calls that are named, some only with certain arguments.

    ``refusals`` maps a number to the error that is returned when its rule does not hold or it has none; what else is
    not named gets ``denied`` up to the number ``known`` and ``missing`` above it.
    """
    program: list[Instruction] = [
        (LOAD, 0, 0, ARCH_OFFSET),
        (JUMP_EQUAL, 1, 0, arch),
        (RETURN, 0, 0, KILL_PROCESS),
        (LOAD, 0, 0, NUMBER_OFFSET),
    ]
    for number in sorted({*rules, *refusals}):
        error = refusals.get(number, denied)
        body = _admit(rules[number], error) if number in rules else [refuse(error)]
        program += [(JUMP_EQUAL, 0, len(body), number), *body]
    return [*program, (JUMP_ABOVE, 0, 1, known), refuse(missing), refuse(denied)]


def deny_list(rules: Mapping[int, When | None], sets: Mapping[int, tuple[int, int]], denied: int) -> list[Instruction]:
    """Refuse the system calls that are named unless their rule holds, or unless a bit of an argument is set (``sets``)."""
    program: list[Instruction] = [(LOAD, 0, 0, NUMBER_OFFSET)]
    for number, (argument, bit) in sets.items():
        program += [(JUMP_EQUAL, 0, 4, number), _argument(argument), (JUMP_SET, 0, 1, bit), (RETURN, 0, 0, ALLOW), refuse(denied)]
    for number, rule in rules.items():
        body = [refuse(denied)] if rule is None else _admit(rule, denied)
        program += [(JUMP_EQUAL, 0, len(body), number), *body]
    return [*program, (RETURN, 0, 0, ALLOW)]


def assemble(program: Iterable[Instruction]) -> bytes:
    """Encode for the kernel (``struct sock_filter``)."""
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)
