"""What the simulated model knows of one problem: the programs it aims at, and how well."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from random import Random

from gifmcts.models.faults import Fault, Kind, canonical, faults_in, with_faults
from gifmcts.seeds import derive

REACHABLE = 0.64
"""Share of the problems that can be solved at all."""
FAULTS = (0.35, 4.5)
"""Mean number of faults in a whole program written afresh, drawn log-uniformly for each problem."""
MENDS = (0.12, 0.45)
"""Probability that a rewriting mends a fault, drawn uniformly for each problem."""
_TARGETS = 6
_LONGEST = 60_000
_MISTAKES = 2
_WEIGHTS = {
    Kind.CONSTANT: 5,
    Kind.COMPARISON: 4,
    Kind.OPERATOR: 3,
    Kind.VARIABLE: 3,
    Kind.DROPPED: 3,
    Kind.OUTPUT: 2,
    Kind.SLIP: 2,
}
_STUB = "import sys\n\ndef main():\n    data = sys.stdin.read().split()\n    print(len(data))\nmain()"


@dataclass(frozen=True, slots=True)
class Target:
    """A program that the model aims at: its lines and every fault that it may make in them, by kind and line."""

    lines: list[str]
    faults: dict[Kind, list[Fault]]

    @classmethod
    def of(cls, source: str) -> "Target":
        """The target that is this canonical program."""
        found: dict[Kind, list[Fault]] = {}
        for fault in faults_in(source):
            found.setdefault(fault.kind, []).append(fault)
        return cls(source.splitlines(), found)

    def draw(self, rng: Random, start: int = 0, kinds: Sequence[Kind] = tuple(Kind)) -> Fault | None:
        """A fault at or after line ``start``; ``None`` where no fault can be made."""
        open_kinds = [kind for kind in kinds if kind in self.faults and self.faults[kind][-1].line >= start]
        if not open_kinds:
            return None
        kind = rng.choices(open_kinds, [_WEIGHTS[kind] for kind in open_kinds])[0]
        return rng.choice([fault for fault in self.faults[kind] if fault.line >= start])


@dataclass(frozen=True, slots=True)
class Knowledge:
    """The model's skill at one problem; out of reach, it aims at programs that are wrong and so never finds a right one."""

    targets: tuple[Target, ...]
    reachable: bool
    faults: float
    mends: float

    @classmethod
    def of(cls, task: str, references: Sequence[str], seed: int) -> "Knowledge":
        """The skill drawn for this problem from its name and the model's seed; without a reference it only has a stub."""
        rng = Random(derive("skill", seed, task))
        reachable = rng.random() < REACHABLE
        faults, mends = math.exp(rng.uniform(*map(math.log, FAULTS))), rng.uniform(*MENDS)
        texts = [text for text in dict.fromkeys(references) if len(text) <= _LONGEST]
        rng.shuffle(texts)
        sources: list[str] = []
        for text in texts:
            source = canonical(text)
            if source is not None and source not in sources:
                sources.append(source)
            if len(sources) == _TARGETS:
                break
        if not sources:
            return cls((Target.of(_STUB),), False, faults, mends)
        if not reachable:
            sources = [_mistaken(source, rng) for source in sources]
        return cls(tuple(Target.of(source) for source in sources), reachable, faults, mends)

    def continuing(self, settled: list[str], rng: Random) -> tuple[Target, int]:
        """The target that agrees best with the settled lines, and its first line after them; any target when nothing is settled."""
        if not settled:
            return rng.choice(self.targets), 0

        def agreement(target: Target) -> int:
            return sum(left == right for left, right in zip(settled, target.lines, strict=False))

        best = max(map(agreement, self.targets))
        target = rng.choice([target for target in self.targets if agreement(target) == best])
        return target, _place_after(settled, target.lines)

    def closest(self, lines: list[str]) -> tuple[Target, float]:
        """The target that shares most lines with a program, and the share of lines shared (0 to 1)."""
        shown = Counter(lines)

        def share(target: Target) -> float:
            return 2 * (shown & Counter(target.lines)).total() / max(1, len(lines) + len(target.lines))

        best = max(self.targets, key=share)
        return best, share(best)


def _place_after(settled: list[str], lines: list[str]) -> int:
    """Where to go on in ``lines`` after the settled ones, which may hold faults."""
    if settled == lines[: len(settled)]:
        return len(settled)
    window = lines[: len(settled) + 8]
    blocks = [block for block in SequenceMatcher(None, settled, window, autojunk=False).get_matching_blocks() if block.size]
    if not blocks:
        return min(len(settled), len(lines))
    last = blocks[-1]
    return min(last.b + len(settled) - last.a, len(lines))


def _mistaken(source: str, rng: Random) -> str:
    """The program under a lasting misconception: some faults that compile, and its last output withheld."""
    target = Target.of(source)
    semantic = [kind for kind in Kind if kind is not Kind.SLIP]
    drawn = [fault for fault in (target.draw(rng, kinds=semantic) for _ in range(_MISTAKES)) if fault is not None]
    mistakes = [*drawn, *target.faults.get(Kind.OUTPUT, [])[-1:]]
    return canonical("\n".join(with_faults(target.lines, mistakes))) or _STUB
