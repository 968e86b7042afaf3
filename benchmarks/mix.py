"""The programs of the endurance run: a fixed mix by number, one in ten of them hostile."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from sandbox import Sharing, Status

OK, ERROR, TIME, MEMORY = Status.OK, Status.ERROR, Status.TIME, Status.MEMORY
OUTPUT, CRASH, COMPILE = Status.OUTPUT, Status.CRASH, Status.COMPILE
TESTS = 20
"""Inputs of a program."""
SLOW_EVERY = 8
"""Of the hostile pairs, one in so many costs its whole time limit."""
MARK = "gifmcts-endurance"
"""What hostile programs call the files that they try to leave."""

Ends = tuple[Status, ...]


@dataclass(frozen=True, slots=True)
class Honest:
    """A program and what it must print."""

    name: str
    source: str
    answer: Callable[[list[int]], str]


@dataclass(frozen=True, slots=True)
class Hostile:
    """A program, how it may end on any input, and what it must have printed."""

    name: str
    source: str
    ends: Ends
    stdout: bytes | None = None
    shared: Ends | None = None
    """How it may end in a child that serves many inputs, where that differs; what it prints is then not looked at."""


def _tries(name: str, *lines: str) -> Hostile:
    """Every line must be refused."""
    body = "".join(f"try:\n    {line}\n    print('ADMITTED')\nexcept (OSError, ValueError):\n    pass\n" for line in lines)
    return Hostile(name, f"import os, socket, resource, sys\n{body}print('done')", (OK,), b"done\n")


def _calls(name: str, *calls: str) -> Hostile:
    """Every call of the C library must be refused."""
    body = "".join(f"if libc.{call} != -1: print('ADMITTED')\n" for call in calls)
    return Hostile(name, f"import ctypes\nlibc = ctypes.CDLL(None)\n{body}print('done')", (OK,), b"done\n")


NUMBERS = "import sys\na = list(map(int, sys.stdin.read().split()))\n"
HONEST = (
    Honest("sum", "input()\nprint(sum(map(int, input().split())))", lambda a: str(sum(a[1:]))),
    Honest("sort", "input()\na = [int(x) for x in input().split()]\na.sort()\nprint(*a)", lambda a: " ".join(map(str, sorted(a[1:])))),
    Honest(
        "heap",
        NUMBERS + "import heapq\nh = a[1:]\nheapq.heapify(h)\nprint(*[heapq.heappop(h) for _ in range(a[0])])",
        lambda a: " ".join(map(str, sorted(a[1:]))),
    ),
    Honest(
        "count",
        NUMBERS + "from collections import Counter\nprint(sorted(Counter(x % 7 for x in a[1:]).items()))",
        lambda a: str(sorted(Counter(x % 7 for x in a[1:]).items())),
    ),
    Honest(
        "recursion",
        NUMBERS + "sys.setrecursionlimit(10**6)\ndef f(n): return a[n] + f(n - 1) if n else 0\nprint(f(a[0]))",
        lambda a: str(sum(a[1:])),
    ),
    Honest("numpy", NUMBERS + "import numpy as np\nprint(int(np.cumsum(np.array(a[1:]))[-1]))", lambda a: str(sum(a[1:]))),
    Honest(
        "threads",
        NUMBERS + "import threading\nr = []\nt = threading.Thread(target=lambda: r.append(max(a[1:])))\nt.start()\nt.join()\nprint(r)",
        lambda a: str([max(a[1:])]),
    ),
    Honest(
        "state",
        "try:\n    seen\nexcept NameError:\n    seen = []\nseen.append(input())\nprint(len(seen), sum(map(int, input().split())))",
        lambda a: f"1 {sum(a[1:])}",
    ),
    Honest("exit", "import atexit\natexit.register(print, 'late')\nprint(input())\nraise SystemExit", lambda a: f"{a[0]}\nlate"),
)
FORK = "import os\nwhile True: "
QUICK = (
    Hostile("fork bomb", FORK + "os.fork()", (ERROR,)),
    Hostile(
        "thread bomb",
        "import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(9,), daemon=True).start()",
        (ERROR, MEMORY),
    ),
    Hostile("daemon thread left", "import threading, time\nthreading.Thread(target=time.sleep, args=(9,), daemon=True).start()", (OK,)),
    Hostile("list bomb", "x = []\nwhile True: x.append([0] * 100000)", (MEMORY, TIME)),
    Hostile("one allocation", "x = bytearray(1 << 40)", (MEMORY,)),
    Hostile("big integer", "x = 1 << (1 << 34)", (MEMORY,)),
    Hostile("flood by print", "while True: print('x' * 1000)", (OUTPUT,)),
    Hostile("flood by write", FORK + "os.write(1, b'x' * 65536)", (OUTPUT,)),
    Hostile("flood of errors", "import sys\nwhile True: sys.stderr.write('x' * 65536)", (OUTPUT,)),
    Hostile("flood of the result", FORK + "os.write(3, b'x' * 65536)", (OUTPUT,)),
    Hostile("stdout closed", "import sys\nprint(1)\nsys.stdout.close()", (OK,), b"1\n"),
    Hostile("descriptor closed", "import os\nprint(1)\nos.close(1)", (ERROR,), b""),
    Hostile("every descriptor closed", "import os\nos.closerange(0, 1024)", (OK,), b"", (ERROR,)),
    Hostile("terabyte of output", "import os\nos.ftruncate(1, 1 << 40)", (ERROR,)),
    Hostile("early exit", "import os\nprint('right', flush=True)\nos._exit(0)", (OK,), b"right\n"),
    Hostile("reserved exit status", "import os\nos._exit(251)", (MEMORY,)),
    Hostile("right output, then failure", "print('right')\nraise SystemExit(1)", (ERROR,), b"right\n"),
    Hostile("exception that cannot be shown", "class E(Exception):\n    def __str__(self): raise self\nraise E", (ERROR,)),
    Hostile("interpreter patched", "import builtins, sys\nbuiltins.print = builtins.open = sys.stdout = None", (OK, ERROR)),
    Hostile("hook on exceptions", "import sys\nsys.excepthook = lambda *_: print('forged')\n1 / 0", (ERROR,), b""),
    _tries("signals to others", *(f"os.kill({pid}, 9)" for pid in ("-1", "0", "1", "os.getppid()")), "os.kill(1, 19)"),
    Hostile("kills itself", "import os\nos.kill(os.getpid(), 9)", (CRASH,)),
    Hostile("segmentation fault", "import ctypes\nctypes.string_at(0)", (CRASH,)),
    Hostile("deep recursion", "def f(): f()\nf()", (ERROR,)),
    Hostile(
        "recursion without a limit",
        "import sys\nsys.setrecursionlimit(10**9)\ndef f(n): return f(n + 1)\nf(0)",
        (MEMORY, CRASH, TIME),
    ),
    Hostile(
        "junk to every descriptor",
        "import os\nfor n in range(3, 1024):\n    try: os.write(n, b'OK' * 9)\n    except OSError: pass\nprint('done')",
        (OK,),
        b"done\n",
        (ERROR,),
    ),
    Hostile("binary junk", "import os\nos.write(1, bytes(range(256)))", (OK,), bytes(range(256))),
    Hostile("list a hundred thousand deep", "x = []\nfor _ in range(10**5): x = [x]\nprint(x)", (ERROR, CRASH)),
    _tries("memory files", *["os.memfd_create('x')"] * 32),
    Hostile("many descriptors", FORK + "os.pipe()", (ERROR,)),
    _tries("sockets", *(f"socket.socket(socket.{family})" for family in ("AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK"))),
    _tries("files outside", *(f"open('{path}')" for path in ("/etc/passwd", "/etc/shadow", "/proc/self/environ", "/proc/1/mem"))),
    _tries("directories outside", *(f"os.listdir('{path}')" for path in ("/proc/self/fd", "/proc/1", "/home", "/tmp"))),
    _tries(
        "files written",
        *(f"open('{place}{MARK}', 'w')" for place in ("", "/", "/tmp/", "/var/tmp/", "/dev/shm/")),
        f"os.mkdir('/tmp/{MARK}')",
        f"os.mkfifo('{MARK}')",
    ),
    _tries("links", f"os.symlink('/etc/passwd', '{MARK}')", f"os.symlink('/', '/tmp/{MARK}')", f"os.link('/dev/null', '{MARK}')"),
    _tries(
        "other programs", "os.execv('/bin/sh', ['sh'])", "os.execv(sys.executable, ['python'])", "os.posix_spawn('/bin/sh', ['sh'], {})"
    ),
    Hostile("subprocess", "import subprocess\nsubprocess.run(['/bin/sh', '-c', 'id'])", (ERROR,)),
    _calls("ptrace", "ptrace(16, 1, 0, 0)", "ptrace(0, 0, 0, 0)", "process_vm_writev(1, 0, 0, 0, 0, 0)"),
    _calls("namespaces", "unshare(0x10000000)", "unshare(0x20000)", "setns(0, 0)", "mount(0, b'/', 0, 0, 0)", "chroot(b'/')"),
    Hostile("nested brackets", "[" * 100000 + "]" * 100000, (COMPILE,)),
    Hostile("folded repetition", "x = ((('a' * 4096,) * 256) * 256) * 4096", (OK, MEMORY, COMPILE)),
    Hostile("large literal", "x = [" + "1," * 700000 + "]", (OK, COMPILE)),
    Hostile("null byte", "print(1)\0", (COMPILE,)),
)
SLOW = (
    Hostile("infinite loop", "while True: pass", (TIME,)),
    Hostile("stops itself", "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)", (TIME,)),
    Hostile("fork bomb that goes on", FORK + "\n    try: os.fork()\n    except BaseException: pass", (TIME,)),
    Hostile("loop in a destructor", "class A:\n    def __del__(self):\n        while True: pass\na = A()", (OK, TIME)),
    Hostile("loop at the exit", "import atexit\n@atexit.register\ndef f():\n    while True: pass", (TIME,)),
    Hostile("loop that swallows everything", "while True:\n    try:\n        while True: pass\n    except BaseException: pass", (TIME,)),
    Hostile(
        "memory bomb that goes on", "x = []\nwhile True:\n    try: x.append(bytearray(1 << 20))\n    except MemoryError: pass", (TIME,)
    ),
    Hostile("thread that never ends", "import threading, time\nthreading.Thread(target=time.sleep, args=(99,)).start()", (TIME,)),
)


def program(number: int) -> tuple[Honest | Hostile, Sharing]:
    """What runs under this number: even ones have a child per input, and every hostile program runs in both ways."""
    sharing = Sharing.SHARED if number % 2 else Sharing.FRESH
    pair, place = divmod(number, 2 * 10)
    if place not in (0, 11):
        return HONEST[number % len(HONEST)], sharing
    rarely, turn = divmod(pair, SLOW_EVERY)
    if turn == SLOW_EVERY - 1:
        return SLOW[rarely % len(SLOW)], sharing
    return QUICK[(pair - rarely) % len(QUICK)], sharing


def numbers(program_number: int, test: int) -> list[int]:
    """An input: how many, and so many numbers."""
    seed = program_number * TESTS + test
    length = 1 + seed % 50
    return [length, *((seed * 7919 + place * 104729) % 2003 - 1000 for place in range(length))]


def written(values: list[int]) -> bytes:
    """The input as text of two lines."""
    return f"{values[0]}\n{' '.join(map(str, values[1:]))}\n".encode()
