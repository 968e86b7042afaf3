"""Programs that use one input to change, learn or forge what becomes of another."""

from attack import CRASH, ERROR, LIMITS, OK, OUTPUT, TIME, End, Series

from sandbox import Limits

THREE = (b"1", b"2", b"3")
ECHO: tuple[End, ...] = (b"1\n", b"2\n", b"3\n")
FIRST: tuple[End, ...] = (b"1\n", (OK, ERROR), (OK, ERROR))
"""In one child an old handle may write over later outputs, which are the program's own; never over an earlier one."""
MANY = tuple(b"%d" % n for n in range(1, 41))
ECHOES: tuple[End, ...] = tuple(word + b"\n" for word in MANY)


def _echo(first: str, others: str = "pass") -> str:
    """An honest echo that does something more at its first input and at the others."""
    return (
        "import math, mmap, os, signal, sys, threading\nword = input()\nprint(word, flush=True)\n"
        f"if word == '1':\n{_indented(first)}\nelse:\n{_indented(others)}\n"
    )


def _indented(lines: str) -> str:
    return "\n".join(f"    {line}" for line in lines.splitlines())


SPIN = "def spin():\n    while True:\n        {}\nthreading.Thread(target=spin, daemon=True).start()"

STREAMS = {
    "input closed": Series(_echo("os.close(0)"), THREE, ECHO, ECHO),
    "input seeked": Series(_echo("os.lseek(0, 99, 0)"), THREE, ECHO, ECHO),
    "input truncated": Series(_echo("os.ftruncate(0, 0)"), THREE, ECHO, ECHO),
    "input overwritten": Series(_echo("os.pwrite(0, b'9' * 99, 0)"), THREE, ECHO, ECHO),
    "input replaced": Series(_echo("os.dup2(os.open('/dev/zero', 0), 0)"), THREE, ECHO, ECHO),
    "input object forged": Series(_echo("import io\nsys.stdin = sys.__stdin__ = io.StringIO('9\\n' * 99)"), THREE, ECHO, ECHO),
    "every stream closed": Series(_echo("os.closerange(0, 4)"), THREE, (b"1\n", b"2\n", b"3\n"), ((b"1\n", ERROR), b"2\n", b"3\n")),
    "streams set not to block, to append, to be direct": Series(
        _echo("import fcntl\nfor n in range(4): fcntl.fcntl(n, 4, os.O_APPEND | os.O_NONBLOCK)"), THREE, ECHO, ECHO
    ),
    "old input kept": Series(
        _echo("math.old = os.dup(0)", "os.pwrite(math.old, b'9', 0) and os.ftruncate(math.old, 0) if hasattr(math, 'old') else 0"),
        THREE,
        ECHO,
        ECHO,
    ),
    "old output kept, to change what was written": Series(
        _echo("math.old = os.dup(1)", "if hasattr(math, 'old'): os.pwrite(math.old, b'forged', 0); os.ftruncate(math.old, 3)"),
        THREE,
        ECHO,
        FIRST,
    ),
    "old output mapped, to change what was written": Series(
        _echo(
            "os.ftruncate(1, 4096)\nmath.old = mmap.mmap(1, 4096)\nos.ftruncate(1, 2)",
            "if hasattr(math, 'old'): math.old[:2] = b'9\\n'",
        ),
        THREE,
        ECHO,
        FIRST,
    ),
    "new input seen through the old": Series(
        _echo("math.old = os.dup(0)", "print(os.pread(math.old, 9, 0) if hasattr(math, 'old') else b'1')"),
        THREE,
        (b"1\n", b"2\nb'1'\n", b"3\nb'1'\n"),
        FIRST,
    ),
    "new output changed through the old mapping": Series(
        _echo(
            "os.ftruncate(1, 4096)\nmath.old = mmap.mmap(1, 4096)\nos.ftruncate(1, 2)",
            "print('kept', flush=True)\nif hasattr(math, 'old'): math.old[:9] = b'forged...'",
        ),
        THREE,
        (b"1\n", b"2\nkept\n", b"3\nkept\n"),
        FIRST,
    ),
    "old streams spoilt for ever by a thread": Series(
        _echo("old = [os.dup(n) for n in range(4)]\n" + SPIN.format("for n in old: os.pwrite(n, b'9' * 9, 0); os.ftruncate(n, 0)")),
        MANY,
        (OK, *ECHOES[1:]),
        ((OK, ERROR, CRASH),) * len(MANY),
        Limits(cpu_seconds=2.0, wall_seconds=5.0),
    ),
    "current output cut by a thread for ever": Series(
        _echo(SPIN.format("os.ftruncate(1, 1 << 19); os.ftruncate(1, 0)")),
        MANY[:20],
        (),
        (OK,) * 20,
        Limits(cpu_seconds=2.0, wall_seconds=5.0, output_bytes=1 << 20),
    ),
    "current output written by a thread for ever": Series(
        _echo(SPIN.format("os.write(1, b'forged' * 99)")), THREE, (), ((OK, OUTPUT, ERROR),) * 3, LIMITS
    ),
}
LEARN = """
import gc, os, sys
number = int(input())
print('seen by %d' % number, flush=True)
print('told by %d' % number, file=sys.stderr, flush=True)
words = [b'%s by %d' % (what, n) for n in range(1, number) for what in (b'seen', b'told', b'kept')]
frame, waiting = sys._getframe(1), []
while frame:
    waiting += [thing for name, thing in list(frame.f_locals.items())]
    frame = frame.f_back
seen = set(map(id, [words, *words]))
while waiting:
    thing = waiting.pop()
    if id(thing) in seen: continue
    seen.add(id(thing))
    if isinstance(thing, (bytes, bytearray)) and any(word in thing for word in words): print('LEARNT', bytes(thing[:40]))
    try: code = object.__getattribute__(thing, 'exit_code')
    except (AttributeError, TypeError): code = 0
    if code in range(41, 40 + number): print('LEARNT', code)
    waiting += gc.get_referents(thing)
os.write(3, b'kept by %d' % number)
sys.stdout.flush()
os._exit(40 + number if number < 3 else 0)
"""
"""Follows everything from the frames below its own."""
DIG = """
import ctypes, os, re, sys
number = int(input())
libc = ctypes.CDLL(None, use_errno=True)
libc.sbrk.restype = ctypes.c_void_p
libc.sbrk.argtypes = [ctypes.c_long]
libc.write.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t]
reader, writer = os.pipe()
def page(address):
    return os.read(reader, 4096) if libc.write(writer, address, 4096) == 4096 else None
def around(address):
    address &= ~4095
    for step in (4096, -4096):
        place = address if step > 0 else address - 4096
        while (found := page(place)) is not None:
            yield found
            place += step
def areas():
    yield from around(libc.sbrk(0) - 4096)
    yield from around(id(object()))
secret = bytes(b ^ 0x55 for b in WORDS[number - 1])
for mark in (MARKS if number > 1 else []):
    want = re.compile(b''.join(b'[%c]' % (b ^ 0x55) for b in mark))
    print(mark, any(want.search(found) for found in areas()))
for output in (1, 2, 3): os.write(output, secret * 40 * output)
os.ftruncate(1, 0)
os.lseek(1, 0, 0)
print(number)
"""
"""Reads all of the heap through a pipe, which refuses what is not mapped; words are kept altered so that it does not find its own."""
LEFT = """
import fcntl, os
word = os.pread(0, 9, 0)
state = [(os.lseek(n, 0, 1), fcntl.fcntl(n, 3) & (os.O_APPEND | os.O_NONBLOCK), os.fstat(n).st_size) for n in range(4)]
for n in range(4):
    os.ftruncate(n, 1 << 18)
    state.append(any(os.pread(n, 1 << 18, 1)))
    os.pwrite(n, b'left' * 999, 9)
    os.lseek(n, 77, 0)
    os.posix_fallocate(n, 0, 1 << 19)
for n in (1, 2, 3): os.ftruncate(n, 0)
os.pwrite(1, word + repr(state).encode(), 0)
for n in range(4): fcntl.fcntl(n, 4, os.O_APPEND | os.O_NONBLOCK)
"""
CLEAN = repr([(0, 0, 1), (0, 0, 0), (0, 0, 0), (0, 0, 0), False, False, False, False]).encode()
WORDS = (b"first-words-of-it", b"other-words-of-it")
MARKS = [bytes(byte ^ 0x55 for byte in WORDS[0])]
MEMORY = {
    "what was written before, in frames and objects": Series(LEARN, THREE, (ERROR, ERROR, b"seen by 3\n"), limits=Limits(cpu_seconds=4.0)),
    "what was written before, in memory that was given back": Series(
        DIG.replace("WORDS", repr([bytes(b ^ 0x55 for b in word) for word in WORDS])).replace("MARKS", repr(MARKS)),
        (b"1", b"2"),
        (b"1\n", repr(MARKS[0]).encode() + b" False\n2\n"),
        limits=Limits(cpu_seconds=4.0),
    ),
    "what was left in the streams": Series(LEFT, THREE, *((b"1" + CLEAN, b"2" + CLEAN, b"3" + CLEAN),) * 2),
    "what was left in modules": Series(
        "import math, builtins, sys, os\nword = input()\n"
        "print(word, [hasattr(m, 'x') for m in (math, builtins, sys, os)], 'X' in os.environ)\n"
        "math.x = builtins.x = sys.x = os.x = 1\nos.environ['X'] = '1'\nos.putenv('X', '1')",
        THREE,
        tuple(word + b" [False, False, False, False] False\n" for word in THREE),
    ),
    "what was left in the process": Series(
        "import os, resource, signal, socket\nword = input()\n"
        "print(word, os.umask(0o777), signal.getsignal(signal.SIGUSR1) is signal.SIG_DFL, signal.getitimer(signal.ITIMER_REAL)[0] == 0,\n"
        "      signal.pthread_sigmask(signal.SIG_BLOCK, [10]) == set(),\n"
        "      resource.getrlimit(resource.RLIMIT_NOFILE)[0], os.getcwd() != '/')\n"
        "signal.signal(signal.SIGUSR1, signal.SIG_IGN)\nsignal.setitimer(signal.ITIMER_REAL, 9)\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (9, 9))\nos.chdir('/')",
        THREE,
        tuple(word + b" 18 True True True 64 True\n" for word in THREE),
        needs="full",
    ),
    "a thread that goes on": Series(
        _echo(SPIN.format("os.write(1, b'forged')"), "print(threading.active_count())"), THREE, ((OK, OUTPUT), b"2\n1\n", b"3\n1\n")
    ),
}
LATE = {
    "stops itself at the second": Series(
        _echo("pass", "if word == '2': os.kill(os.getpid(), 19)"), THREE, (b"1\n", TIME, b"3\n"), (b"1\n", TIME, b"3\n")
    ),
}
