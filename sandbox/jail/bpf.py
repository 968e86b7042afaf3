"""An assembler for the classic BPF programs that seccomp runs on every system call."""

from __future__ import annotations

import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

LOAD, AND, JUMP_EQUAL, JUMP_ABOVE, JUMP_SET, RETURN = 0x20, 0x54, 0x15, 0x25, 0x45, 0x06
ALLOW, KILL_PROCESS, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
NUMBER_OFFSET, ARCH_OFFSET = 0, 4
FARTHEST = 255
"""How many instructions a jump can pass over."""

Target = int | str
"""Where a test leads: to a verdict, to a label, or, with an empty label, to the next instruction."""
NEXT = ""


class When:
    """An argument's low 32 bits, masked, must be one of the values."""

    __slots__ = ("argument", "mask", "values")

    def __init__(self, argument: int, values: tuple[int, ...], mask: int = 0xFFFFFFFF) -> None:
        self.argument = argument
        self.values = values
        self.mask = mask


class Program:
    """A filter in the making; every verdict is returned in one place, at the end."""

    def __init__(self) -> None:
        """Nothing is in it."""
        self._steps: list[tuple[int, int, Target, Target]] = []
        self._labels: dict[Target, int] = {}
        self._checks: dict[tuple[When, int], str] = {}

    def place(self, label: str) -> None:
        """Let a label stand for the next instruction."""
        self._labels[label] = len(self._steps)

    def load(self, offset: int) -> None:
        """Read 32 bits of what is known of the call."""
        self._steps.append((LOAD, offset, NEXT, NEXT))

    def keep(self, mask: int) -> None:
        """Clear the bits that are not in the mask."""
        self._steps.append((AND, mask, NEXT, NEXT))

    def test(self, operation: int, constant: int, yes: Target, no: Target) -> None:
        """Compare, and go one way or the other."""
        self._steps.append((operation, constant, yes, no))

    def check(self, rule: When, otherwise: int) -> str:
        """The label of a check that admits the call when its rule holds; calls with the same rule share one."""
        return self._checks.setdefault((rule, otherwise), f"check {len(self._checks)}")

    def assemble(self) -> bytes:
        """Encode for the kernel (``struct sock_filter``).

        Raises:
            ValueError: a jump is too far.
        """
        for (rule, otherwise), label in self._checks.items():
            self.place(label)
            self._write(rule, otherwise)
        verdicts = dict.fromkeys(target for step in self._steps for target in step[2:] if isinstance(target, int))
        places = self._labels | {verdict: len(self._steps) + index for index, verdict in enumerate(verdicts)}
        encoded = [
            struct.pack("=HBBI", operation, *(_distance(index, places.get(target, index + 1)) for target in (yes, no)), constant)
            for index, (operation, constant, yes, no) in enumerate(self._steps)
        ]
        return b"".join([*encoded, *(struct.pack("=HBBI", RETURN, 0, 0, verdict) for verdict in verdicts)])

    def _write(self, rule: When, otherwise: int) -> None:
        self.load(16 + 8 * rule.argument)
        if rule.values == (rule.mask,) and rule.mask.bit_count() == 1:
            self.test(JUMP_SET, rule.mask, ALLOW, otherwise)
            return
        if rule.mask != 0xFFFFFFFF:
            self.keep(rule.mask)
        for value in rule.values[:-1]:
            self.test(JUMP_EQUAL, value, ALLOW, NEXT)
        self.test(JUMP_EQUAL, rule.values[-1], ALLOW, otherwise)


def _distance(index: int, place: int) -> int:
    distance = place - index - 1
    if not 0 <= distance <= FARTHEST:
        raise ValueError(f"instruction {index} of a filter cannot jump to {place}")
    return distance


def allow_list(arch: int, rules: Mapping[int, When | None], refusals: Mapping[int, int], known: int, denied: int, missing: int) -> bytes:
    """Admit the system calls that are named, some only with certain arguments.

    ``refusals`` maps a number to the error that is returned when its rule does not hold or it has none; what else is
    not named gets ``denied`` up to the number ``known`` and ``missing`` above it.
    Calls are compared in the order of ``rules``; those without a rule may come late, because the kernel remembers that they pass.
    """
    program = Program()
    program.load(ARCH_OFFSET)
    program.test(JUMP_EQUAL, arch, NEXT, KILL_PROCESS)
    program.load(NUMBER_OFFSET)
    for number, rule in rules.items():
        program.test(JUMP_EQUAL, number, ALLOW if rule is None else program.check(rule, ERRNO | refusals.get(number, denied)), NEXT)
    for number in refusals.keys() - rules.keys():
        program.test(JUMP_EQUAL, number, ERRNO | refusals[number], NEXT)
    program.test(JUMP_ABOVE, known, ERRNO | missing, ERRNO | denied)
    return program.assemble()


def deny_list(rules: Mapping[int, When | None], denied: int) -> bytes:
    """Refuse the system calls that are named unless their rule holds; short, because every child installs it anew."""
    program = Program()
    program.load(NUMBER_OFFSET)
    last = list(rules)[-1]
    for number, rule in rules.items():
        refused = ERRNO | denied if rule is None else program.check(rule, ERRNO | denied)
        program.test(JUMP_EQUAL, number, refused, ALLOW if number == last else NEXT)
    return program.assemble()
