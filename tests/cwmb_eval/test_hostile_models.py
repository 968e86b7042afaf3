"""A program that fights whoever asks it is worth no more than its guesses without the fight."""

from functools import cache

import pytest
from jails import in_jail
from worlds import shipped

from cwmb_eval.checks import RUNS, checks
from cwmb_eval.judging.judge import Judge, Judged
from cwmb_eval.transitions import Split
from gifmcts.types import Verdict
from sandbox import Jail, Limits

GUESS = {"CliffWalking": "(self.seen, -1.0, False)", "CartPole": "(self.seen, 1.0, False)", "RTFM": "(self.seen, [0, 1], 0.0, False)"}
"""Of a program that knows nothing: the state stays, the commonest reward comes, nothing ends."""
LIMITS = Limits(cpu_seconds=0.5, wall_seconds=3.0, memory_bytes=256 << 20)


def guesses(name: str, head: str = "", act: str = "pass", answer: str = "") -> str:
    """The guessing program; ``head`` stands before it, ``act`` before each of its answers, ``answer`` in the place of each."""
    lines = [
        head,
        "class Environment:",
        "    def set_state(self, observation):",
        "        self.seen = observation",
        "    def step(self, action):",
        *(f"        {line}" for line in act.splitlines()),
        f"        return {answer or GUESS[name]}",
    ]
    return "\n".join(lines)


def fought(name: str, source: str) -> Judged:
    """What becomes of it on the split that rewards a search."""
    data = shipped(name)

    async def work(jail: Jail) -> Judged:
        return await Judge(jail, LIMITS).judge(data.spec, source, data.splits[Split.SEARCH])

    return in_jail(work)


@cache
def worth(name: str) -> float:
    """Of the guesses alone."""
    return fought(name, guesses(name)).reward


REMEMBERING = """
import json, sys

known = json.__dict__.setdefault("known", {"given": [], "after": {}, "built": 0})
known["built"] += 1

def after(state, action):
    asked = sys._getframe(2).f_locals
    given, played = asked["observations"].values, asked["actions"].values
    if known["given"] is not given:
        for before, did, now in zip(known["given"], known.get("played", []), given):
            known["after"][before, did] = now
        known.update(given=given, played=played)
    return known["after"].get((state, action), state)
"""
"""The k-th transitions of all stretches are one input, and the states after them the next: what a forgetful judge would let it use."""
EQUAL = "__eq__ = __ne__ = __lt__ = __gt__ = __contains__ = __bool__ = lambda *_: True\n    __hash__ = lambda _: 0"
ARRAY = f"""
import numpy as np

class Yes(np.ndarray):
    {EQUAL}
    def __array_finalize__(self, other): pass
    def __array_function__(self, *_): return True
    def __array_ufunc__(self, *_, **__): return self
    def tobytes(self, *_): return b""
    shape = property(lambda _: (4,))
"""
BUILTINS = """
import builtins, numpy

builtins.isinstance = lambda *_: True
builtins.len = lambda _: 3
numpy.isfinite = lambda value: numpy.ones(numpy.shape(value), dtype=bool)
numpy.asarray = lambda *_, **__: numpy.zeros(1)
"""
FORKING = """
import os
if not os.fork():
    while True:
        os.pwrite(3, b'{"at": "step", "row": 0, "count": 0}', 0)
"""
FRAMES = """
import sys
asked = sys._getframe(1).f_locals
asked["notes"].clear()
asked["table"][:, -1] = 0
for later in asked["shown"]:
    self.seen = later
"""
CLAIM = "import os, struct\nos.write(4, struct.pack('<BiQ', 1, 0, 0))"
NOTHING_FINITE = "(self.seen * float('nan'), float('nan'), False)"
ENDLESS = '{"at": "step", "row": 1e999, "count": ' + "9" * 1000 + "}"
PASSES, TIME, MEMORY = {Verdict.PASS}, {Verdict.TIME}, {Verdict.MEMORY}
ENDS = {Verdict.ERROR, Verdict.CRASH}

ATTACKS: dict[str, tuple[str, set[Verdict], dict[str, str]]] = {
    "remembers": ("CliffWalking", PASSES, {"head": REMEMBERING, "answer": "(after(self.seen, action), -1.0, False)"}),
    "remembers and stops before it is asked again": (
        "CliffWalking",
        TIME,
        {"head": REMEMBERING + "while known['built'] > 1: pass", "answer": "(after(self.seen, action), -1.0, False)"},
    ),
    "remembers and stops at its last answers": (
        "CliffWalking",
        TIME,
        {
            "head": REMEMBERING,
            "act": "known['asked'] = known.get('asked', 0) + 1\nwhile known['asked'] > 700: pass",
            "answer": "(after(self.seen, action), -1.0, False)",
        },
    ),
    "writes over the states to come": ("CartPole", PASSES, {"act": "self.seen.base[:] = 0.0"}),
    "arrays equal to everything": ("CartPole", PASSES | ENDS, {"head": ARRAY, "answer": "(np.zeros(4).view(Yes), 1.0, False)"}),
    "numbers equal to everything": (
        "CliffWalking",
        PASSES,
        {"head": f"class Yes(float):\n    {EQUAL}\nclass No(int):\n    {EQUAL}", "answer": "(No(3), Yes(3), Yes(3))"},
    ),
    "words equal to everything": (
        "RTFM",
        PASSES,
        {"head": f"class Yes(str):\n    {EQUAL}", "answer": "([[[Yes()] * 2] * 6] * 6, [Yes()], 0.0, False)"},
    ),
    "sleeps": ("CliffWalking", TIME, {"act": "import time; time.sleep(60)"}),
    "forks": ("CliffWalking", PASSES | ENDS, {"head": FORKING}),
    "a generator": ("CliffWalking", PASSES, {"answer": "(part for part in (self.seen, -1.0, False))"}),
    "a generator without end": ("RTFM", TIME | MEMORY, {"answer": "(iter(list, 0), [0, 1], 0.0, False)"}),
    "a thousand million numbers": ("CartPole", MEMORY, {"head": "import numpy", "answer": "(numpy.zeros(10**9), 1.0, False)"}),
    "a thousand million times one number": (
        "CartPole",
        PASSES,
        {"head": "import numpy", "answer": "(numpy.broadcast_to(numpy.float32(0), 10**9), 1.0, False)"},
    ),
    "no numbers": ("CartPole", PASSES, {"answer": NOTHING_FINITE}),
    "other builtins": ("CartPole", PASSES | ENDS, {"head": BUILTINS, "answer": NOTHING_FINITE}),
    "the frames above it": ("CliffWalking", PASSES, {"act": FRAMES}),
    "says that it has answered": ("CliffWalking", ENDS, {"act": CLAIM}),
    "cuts off its own output": ("CliffWalking", ENDS, {"act": "import os; os.ftruncate(1, 0)"}),
    "another report": ("CliffWalking", ENDS, {"head": "import json\njson.dumps = lambda _: '[' * 100000"}),
    "a number of answers beyond all numbers": ("CliffWalking", ENDS, {"head": f"import json\njson.dumps = lambda _: {ENDLESS!r}"}),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_fight_is_worth_more_than_the_guesses(attack: str) -> None:
    """Each ends with a verdict, and with at most the reward of the same guesses."""
    name, verdicts, changes = ATTACKS[attack]
    source = guesses(name, **changes)
    found = fought(name, source)
    assert found.reward <= worth(name) + 1e-12
    assert found.found.verdict in verdicts
    made = checks(Split.SEARCH, found, shipped(name).spec, source)
    assert made[0].name.endswith(RUNS)
    assert {check.verdict for check in made} != {Verdict.PASS}


@pytest.mark.parametrize("name", GUESS)
def test_the_guesses_are_worth_something(name: str) -> None:
    """Otherwise nothing could be worth less."""
    assert 0.2 < worth(name) < 1.0
