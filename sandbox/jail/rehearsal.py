"""Runs a harmless program in the zygote as children will run theirs: what that fills and specialises, no child has to fill again."""

from __future__ import annotations

import os
import sys

from . import child

TIMES = 10
"""Executions after which the interpreter has specialised the code."""
INPUT = b"3\n1 2 3\nab cd\n"
PROGRAM = """
import sys, math, heapq, itertools, functools, collections, bisect, re, string
from collections import defaultdict, deque, Counter
class Node:
    def __init__(self, value): self.value = value
    def get(self): return self.value
def solve(numbers):
    best = {}
    for place, number in enumerate(numbers):
        best[number] = max(best.get(number, 0), place + 1)
    return sorted(best.items(), key=lambda pair: (-pair[1], pair[0]))
def main():
    n = int(input())
    numbers = list(map(int, input().split()))
    text = input().strip().lower().replace("a", "b")
    counts = defaultdict(int)
    for letter in text: counts[letter] += 1
    queue = deque([n]); queue.append(1); queue.popleft()
    heap = []; heapq.heappush(heap, 2); heapq.heappop(heap)
    print(sum(numbers), min(numbers), len(set(numbers)), solve(numbers), math.gcd(4, 6), Node(3).get(), *numbers, sep=" ")
    print("%d %s" % (n, text), f"{n / 2:.2f}", "".join(reversed(text)), [x * 2 for x in numbers if x % 2], ord("a"), chr(98), end="\\n")
    sys.stdout.write(" ".join(map(str, numbers)) + "\\n")
    try: [].pop()
    except IndexError: pass
    print(Counter(text).most_common(1), abs(-1), round(2.5), divmod(7, 2), 10 ** 20, list(zip(numbers, numbers)))
    while n: n -= 1
    sys.stdin.readline(), sys.stdin.read()
if __name__ == "__main__":
    main()
"""
NAME = "solution.py"


def rehearse() -> None:
    """Run the program a few times on memory files in the places of the standard streams, and leave new streams behind."""
    kept = [os.dup(descriptor) for descriptor in range(3)]
    program = child.Program(PROGRAM, compile(PROGRAM, NAME, "exec", dont_inherit=True), NAME, "fresh")
    for _ in range(TIMES):
        for target in range(3):
            descriptor = os.memfd_create("rehearsal")
            os.dup2(descriptor, target)
            os.close(descriptor)
        os.pwrite(0, INPUT, 0)
        child.open_streams()
        child.finish(program, lambda _: program.run(), INPUT)
    for target, descriptor in enumerate(kept):
        os.dup2(descriptor, target)
        os.close(descriptor)
    child.open_streams()
    del sys.modules["__main__"]
