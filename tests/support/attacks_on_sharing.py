"""Programs that know how a shared child is spoken to and speak for it: all they may gain is to hide an exception after their output."""

from dataclasses import replace

from attack import CRASH, ERROR, LIMITS, MEMORY, OK, TIME, End, Series

from sandbox import Limits

THREE = (b"1", b"2", b"3")
ECHO: tuple[End, ...] = (b"1\n", b"2\n", b"3\n")
OWN: tuple[End, ...] = ((b"1\n", b"", ERROR), (b"2\n", b"", ERROR), (b"3\n", b"", ERROR))
"""No input ever gets the output that belongs to another."""
SHORT = replace(LIMITS, wall_seconds=0.5)
SPEAK = """
import array, math, os, socket, struct, sys, threading, time
def claim(goes_on=1, code=0, peak=0):
    try: return os.write(4, struct.pack("<BiQ", goes_on, code, peak))
    except OSError: return 0
def hear(flags=0):
    control = socket.socket(fileno=os.dup(4))
    message, rights, _, _ = control.recvmsg(64, 1024, flags)
    return message, list(array.array("i", rights[0][2])) if rights else [os.dup(n) for n in range(4)] if message else []
"""
"""Defines ``claim``, which says how an input ended, and ``hear``, which takes the next input."""


def _speak(body: str, *ends: End, inputs: tuple[bytes, ...] = THREE, limits: Limits = SHORT) -> Series:
    """A program that speaks over the control socket; in a child of its own there is none."""
    return Series(SPEAK + body, inputs, (), ends, limits)


ECHO_FIRST = "word = input()\nprint(word, flush=True)\n"
CLAIMS = {
    "right output, then an exception that is hidden": _speak(ECHO_FIRST + "claim(); sys.stdin = None; 1 / 0", *OWN),
    "claimed once more": _speak(ECHO_FIRST + "claim()", *OWN),
    "claimed many times": _speak("for _ in range(50): claim()\n" + ECHO_FIRST, *OWN),
    "claimed before the output": _speak("word = input()\nclaim()\ntime.sleep(0.02)\nprint(word, flush=True)", *((OK, ERROR),) * 3),
    "claimed as memory, crash, anything": _speak(
        "word = input()\nclaim(1, {'1': 251, '2': -11, '3': -2147483648}[word], 2**64 - 1)", *((OK, ERROR, MEMORY),) * 3
    ),
    "claimed to be at its end": _speak(ECHO_FIRST + "claim(0, 0, 0)\ntime.sleep(0.5)", *ECHO),
    "claimed, then killed": _speak(ECHO_FIRST + "claim()\nos.kill(os.getpid(), 9)", b"1\n", (b"2\n", b"", CRASH), (b"3\n", b"", CRASH)),
    "claimed, then stopped": _speak(ECHO_FIRST + "claim()\nif word == '1': os.kill(os.getpid(), 19)", b"1\n", TIME, b"3\n"),
    "claimed, then spinning": _speak(ECHO_FIRST + "claim()\nwhile word == '1': pass", b"1\n", TIME, b"3\n"),
    "claimed, then crashed": _speak(ECHO_FIRST + "claim()\nif word == '1': os.abort()", b"1\n", (b"", CRASH), b"3\n"),
    "claimed too short": _speak(ECHO_FIRST + "os.write(4, b'x')", ERROR, ERROR, ERROR),
    "claimed too long": _speak(ECHO_FIRST + "os.write(4, b'x' * 100000)", ERROR, ERROR, ERROR),
    "claimed with nothing": _speak(ECHO_FIRST + "socket.socket(fileno=os.dup(4)).send(b'')", *((one, ERROR, TIME, OK) for one in ECHO)),
    "claimed with descriptors": _speak(
        ECHO_FIRST
        + "rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [0, 1, 2, 3, 4]))]\n"
        + "socket.socket(fileno=os.dup(4)).sendmsg([struct.pack('<BiQ', 1, 0, 0)], rights)",
        *OWN,
    ),
}
NEVER_HEARS = SPEAK + "while True: claim()"
"""Answers for ever and takes no input."""
SERVE = """
word = input()
print(word, flush=True)
while True:
    claim()
    message, streams = hear()
    if not message: os._exit(0)
    for target, descriptor in enumerate(streams): os.dup2(descriptor, target)
    for descriptor in streams: os.close(descriptor)
    os.write(1, os.read(0, 99) + b"\\n")
"""
INPUTS = {
    "served by the program itself": _speak(SERVE, *ECHO),
    "served by a thread": _speak(
        ECHO_FIRST
        + "if word == '1':\n    def serve():\n        while True:\n            message, streams = hear()\n"
        + "            os.write(streams[1], os.pread(streams[0], 99, 0) + b'\\n'); claim()\n"
        + "            for descriptor in streams: os.close(descriptor)\n"
        "    threading.Thread(target=serve, daemon=True).start()\n    time.sleep(0.05)",
        (b"1\n", b"", ERROR),
        *((OK, ERROR, TIME),) * 2,
    ),
    "looked for before its turn": _speak(
        ECHO_FIRST
        + "time.sleep(0.1)\ntry: print('PEEKED', hear(socket.MSG_DONTWAIT))\nexcept OSError: pass\n"
        + "for n in range(64):\n    try: text = os.pread(n, 99, 0)\n    except OSError: continue\n"
        + "    if any(other in text for other in (b'1', b'2', b'3') if other != word.encode()): print('PEEKED', n, text)",
        *ECHO,
    ),
    "looked for in the output of the next": _speak(
        "word = input()\nif word == '1':\n    print('1', flush=True); claim(); message, streams = hear()\n"
        "    print('PEEKED', os.pread(streams[0], 9, 0), flush=True); os.write(streams[1], b'2\\n'); claim()\n"
        "else: print(word, flush=True)",
        b"1\n",
        (OK, ERROR),
        (OK, ERROR),
    ),
    "thrown away": _speak(ECHO_FIRST + "if word == '1': claim(); hear()", b"1\n", (b"", b"2\n", ERROR), (b"3\n", b"", ERROR, TIME)),
    "answered with the streams of another": _speak(
        "word = input()\nif word == '1':\n    math.old = os.dup(1)\n"
        "os.write(math.old if hasattr(math, 'old') else 1, word.encode() + b'\\n')\n",
        b"1\n",
        (b"2\n", b""),
        (b"3\n", b""),
    ),
}
SOCKETS = {
    "closed": _speak(ECHO_FIRST + "os.close(4)", *((one, ERROR) for one in ECHO)),
    "closed by a thread, later": _speak(
        ECHO_FIRST + "if word == '1': threading.Timer(0.05, os.close, [4]).start()\ntime.sleep(0.1)", *((one, ERROR) for one in ECHO)
    ),
    "shut for reading": _speak(ECHO_FIRST + "socket.socket(fileno=os.dup(4)).shutdown(0)", b"1\n", (b"", b"2\n"), (b"3\n", b"")),
    "shut for writing": _speak(ECHO_FIRST + "socket.socket(fileno=os.dup(4)).shutdown(1)", *((one, ERROR, TIME) for one in ECHO)),
    "shut": _speak(ECHO_FIRST + "socket.socket(fileno=os.dup(4)).shutdown(2)", *((one, ERROR, TIME) for one in ECHO)),
    "replaced": _speak(
        ECHO_FIRST + "a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)\nos.dup2(a.fileno(), 4)\nmath.b = b",
        *((one, ERROR, TIME) for one in ECHO),
    ),
    "set not to block": _speak(ECHO_FIRST + "os.set_blocking(4, False)", b"1\n", (b"2\n", b"", ERROR), (b"3\n", b"", ERROR)),
    "left without a free descriptor": _speak(
        ECHO_FIRST + "try:\n    while True: os.dup(0)\nexcept OSError: pass", b"1\n", (b"2\n", b"", ERROR), (b"3\n", b"", ERROR)
    ),
    "left with two free descriptors": _speak(
        ECHO_FIRST + "try:\n    while True: last = os.dup(0)\nexcept OSError: os.closerange(last - 1, last + 1)",
        b"1\n",
        (b"2\n", b"", ERROR),
        (b"3\n", b"", ERROR),
    ),
    "flooded by threads": _speak(
        ECHO_FIRST + "def flood():\n    while True: claim()\nif word == '1':\n"
        "    for _ in range(4): threading.Thread(target=flood, daemon=True).start()",
        *OWN,
    ),
    "filled with junk by threads": _speak(
        ECHO_FIRST + "def flood():\n    while True: os.write(4, os.urandom(50))\nthreading.Thread(target=flood, daemon=True).start()\n"
        "time.sleep(0.01)",
        *((one, ERROR, OK) for one in ECHO),
    ),
}
HOARD = """
import math, os
kept = math.__dict__.setdefault("kept", [])
for n in (0, 1, 3):
    if len(kept) < 52:
        file = os.dup(n)
        kept.append(file)
        try: os.ftruncate(file, 8 << 20); os.pwrite(file, bytes(8 << 20), 0)
        except OSError: pass
held = sum({status.st_ino: status.st_blocks * 512 for status in map(os.fstat, kept)}.values())
os.ftruncate(1, 0)
if held > (64 << 20): print("HOARDED", held >> 20)
"""
HOARDS = {
    "streams of earlier inputs kept and filled": Series(
        HOARD, (b"",) * 20, (), (b"",) * 20, Limits(cpu_seconds=4.0, memory_bytes=64 << 20, output_bytes=8 << 20)
    ),
}
