"""Print what the official and the strict rules say of programs on which the reference scorer is known to be wrong.

For example ``python tools/rule_probes.py``. Ends with status 1 where a rule set says something else than is written down here.
The reference scorer's word is that of ``official``, but for the cases in which this package does not follow it: they are marked.
"""

import sys
from collections.abc import Iterable
from dataclasses import dataclass

from apps_eval import Submission, grade
from apps_eval.options import AppsOptions, Rules
from apps_eval.problem import Case, Problem

ADD = "a, b = map(int, input().split())\n"
PEEK = (
    "import re, sys\nframe = sys._getframe()\nwhile frame:\n    for value in [*frame.f_locals.values(), *frame.f_globals.values()]:\n"
    "        found = re.search('ex' + 'pected-[0-9]+', repr(value)[:10000])\n        if found: print(found[0])\n    frame = frame.f_back"
)
"""Looks for the expected output in every frame above."""
DEEP = "import sys\nsys.setrecursionlimit(5000)\ndef down(n): return n and 1 + down(n - 1)\nprint(down(%s))"


@dataclass(frozen=True, slots=True)
class Probe:
    """A program, one test, and the words of both rule sets: right to a judge, or not."""

    name: str
    source: str
    official: str
    strict: str
    given: str = "1 2\n"
    expected: str = "3\n"
    tests: int = 1
    apart: str = ""
    """What the reference scorer says instead, and why that is not followed."""


PROBES = (
    Probe("lines in another order", "print('c\\nb\\na')", "pass", "wrong", expected="a\nb\nc\n"),
    Probe("tokens in another order", "print('c b a')", "pass", "wrong", expected="a b c\n"),
    Probe("lines repeated", "print('a\\nb\\nb\\nb')", "pass", "wrong", expected="a\nb\n"),
    Probe("tokens repeated", "print('a b b b')", "pass", "wrong", expected="a b\n"),
    Probe("an integer of at least 1e5 plus one", "print(100001)", "pass", "wrong", expected="100000\n"),
    Probe("an integer below 1e5 plus one", "print(1001)", "wrong", "wrong", expected="1000\n"),
    Probe("tokens as floats of 3 places", "print('1.0001 2')", "pass", "wrong", expected="1.0004 2\n"),
    Probe("expected output read from a frame", PEEK, "wrong", "wrong", expected="expected-4711\n", apart="true: it shares the process"),
    Probe("exit() at the end", ADD + "print(a + b)\nexit()", "error", "pass"),
    Probe("global in a function", "n = 3\ndef f():\n    global n\n    n += 0\n    print(n)\nf()", "error", "pass"),
    Probe("if __name__ == '__main__'", ADD + "if __name__ == '__main__':\n    print(a + b)", "wrong", "pass"),
    Probe("sys.stdin.buffer", "import sys\nprint(sum(map(int, sys.stdin.buffer.read().split())))", "error", "pass"),
    Probe("sys.stdout.buffer", "import sys\nsys.stdout.buffer.write(b'3\\n')", "error", "pass"),
    Probe(
        "from sys import stdin; for line in stdin",
        "from sys import stdin\nfor line in stdin: print(sum(map(int, line.split())))",
        "wrong",
        "pass",
    ),
    Probe("import * after a statement", "n = 3\nfrom math import *\nprint(n)", "compile", "pass"),
    Probe(
        "recursion 990 deep, default limit",
        DEEP.split("\n", 2)[2] % 990,
        "pass",
        "pass",
        expected="990\n",
        apart="−1 where it has more frames of its own",
    ),
    Probe("recursion 1500 deep, default limit", DEEP.split("\n", 2)[2] % 1500, "error", "error", expected="1500\n"),
    Probe("recursion 3000 deep, limit raised", DEEP % 3000, "pass", "pass", expected="3000\n"),
    Probe(
        "fifteen tests of 1 s each",
        "import time\nend = time.process_time() + 1\nwhile time.process_time() < end: pass\nprint(3)",
        "time",
        "pass",
        tests=15,
    ),
)


def problem(number: int, probe: Probe) -> Problem:
    """The problem of a probe; its tests are all the same."""
    return Problem(str(number), probe.name, (Case(probe.given, probe.expected),) * probe.tests)


def main() -> int:
    """Grade all probes and print a line each."""
    problems = [problem(number, probe) for number, probe in enumerate(PROBES)]
    submissions = [Submission(str(number), probe.source) for number, probe in enumerate(PROBES)]
    found = grade(submissions, problems, options=AppsOptions(data="given", rules=Rules.STRICT))
    wrong = 0
    sys.stdout.write(f"{'program':<42} {'official':<10} {'strict':<10}\n")
    for probe, program in zip(PROBES, found.programs, strict=True):
        words = [
            _word(program.marks[rules][place].verdict.value for place in range(probe.tests)) for rules in (Rules.OFFICIAL, Rules.STRICT)
        ]
        note = f"the reference scorer says {probe.apart}" if probe.apart else ""
        if words != [probe.official, probe.strict]:
            wrong += 1
            note = f"UNEXPECTED: {probe.official} and {probe.strict} are written down"
        sys.stdout.write(f"{probe.name:<42} {words[0]:<10} {words[1]:<10} {note}".rstrip() + "\n")
    return 1 if wrong else 0


def _word(verdicts: Iterable[str]) -> str:
    """The one verdict of all tests, or all that there are."""
    return "/".join(sorted(set(verdicts)))


if __name__ == "__main__":
    sys.exit(main())
