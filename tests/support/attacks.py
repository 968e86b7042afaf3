"""Programs that try to get out, to forge, to starve or to hurt, each with the ends that are right for it.

Standard library and ``sandbox`` only: the table also runs under an interpreter that has nothing else.
"""

from dataclasses import dataclass, field

from sandbox import Limits, Status

OK, ERROR, TIME, MEMORY = Status.OK, Status.ERROR, Status.TIME, Status.MEMORY
OUTPUT, CRASH, COMPILE = Status.OUTPUT, Status.CRASH, Status.COMPILE
LIMITS = Limits(cpu_seconds=0.3, wall_seconds=1.0, memory_bytes=256 << 20, output_bytes=1 << 20, compile_seconds=1.0, threads=32)

REFUSED = """
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    if libc.syscall(ctypes.c_long(number), *map(ctypes.c_long, arguments)) != -1:
        print("ADMITTED", number)
"""
"""Defines ``call``: a raw system call that must be refused."""


@dataclass(frozen=True, slots=True)
class Attack:
    """A program, how it may end, and what its output must be where that says whether the attack failed."""

    source: str
    ends: tuple[Status, ...] = (OK,)
    stdout: bytes | None = None
    data: bytes = b""
    limits: Limits = field(default=LIMITS)
    needs: str = ""
    """``full`` for what only the full jail stops in the way described."""


def refused(body: str) -> Attack:
    """An attack by raw system calls, every one of which is to be refused and none of which is to end the program."""
    return Attack(REFUSED + body + "\nprint('done')", (OK,), b"done\n")


def tries(body: str, needs: str = "") -> Attack:
    """An attack through Python: each line must raise ``OSError``."""
    lines = [f"try:\n    {line}\n    print('ADMITTED', {line!r})\nexcept OSError:\n    pass" for line in body.strip().splitlines()]
    return Attack("import os, socket, signal, resource, sys\n" + "\n".join(lines) + "\nprint('done')", (OK,), b"done\n", needs=needs)


PROCESSES = {
    "fork bomb": Attack("import os\nwhile True:\n    os.fork()", (ERROR,)),
    "fork bomb that goes on": Attack("import os\nwhile True:\n    try: os.fork()\n    except BaseException: pass", (TIME,)),
    "vfork, fork, clone and clone3 by number": refused(
        "call(58); call(57); call(56, 17, 0, 0, 0, 0); call(56, 0x4111, 0, 0, 0, 0); call(435, 0, 0)"
    ),
    "clone into new namespaces": refused("[call(56, 17 | flag, 0, 0, 0, 0) for flag in (0x20000, 0x10000000, 0x20000000, 0x40000000)]"),
    "daemonised grandchild": Attack("import os\nif os.fork() == 0:\n    os.setsid()\n    os.fork()", (ERROR,)),
    "subprocess": Attack("import subprocess\nsubprocess.run(['/bin/sh', '-c', 'id'])", (ERROR,)),
    "execve of everything": tries(
        "os.execv('/bin/sh', ['sh'])\nos.execv(sys.executable, ['python'])\nos.posix_spawn('/bin/sh', ['sh'], {})"
    ),
    "multiprocessing": Attack("import multiprocessing as m\nm.get_context('fork').Process(target=print).start()", (ERROR,)),
    "thread bomb": Attack(
        "import threading, time\nwhile True:\n    threading.Thread(target=time.sleep, args=(9,)).start()", (ERROR, TIME, MEMORY)
    ),
    "thread that never ends": Attack("import threading, time\nthreading.Thread(target=time.sleep, args=(99,)).start()\nprint(1)", (TIME,)),
    "daemon thread that never ends": Attack(
        "import threading, time\nthreading.Thread(target=time.sleep, args=(99,), daemon=True).start()\nprint(1)", (OK,), b"1\n"
    ),
    "signals to others": tries(
        "os.kill(os.getppid(), 9)\nos.kill(-1, 9)\nos.kill(0, 9)\nos.kill(1, 9)\nos.kill(1, 19)\nos.killpg(0, 9)\nos.kill(2**22 - 9, 0)"
    ),
    "signals by number": refused("call(129, 1, 9, 0); call(297, 1, 1, 9, 0); call(200, 1, 9); call(234, 1, 1, 9); call(424, 0, 9, 0, 0)"),
    "stops itself": Attack("import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)", (TIME,)),
    "kills itself": Attack("import os\nos.kill(os.getpid(), 9)", (CRASH,)),
    "aborts": Attack("import os\nos.abort()", (CRASH,)),
    "segmentation fault": Attack("import ctypes\nctypes.string_at(0)", (CRASH,)),
    "profiling timer": Attack("import signal\nsignal.setitimer(signal.ITIMER_PROF, 0.01)\nwhile True: pass", (CRASH,)),
}
TIMES = {
    "infinite loop": Attack("while True: pass", (TIME,)),
    "loop that swallows everything": Attack(
        "import signal\nfor s in range(1, 65):\n    try: signal.signal(s, signal.SIG_IGN)\n    except (OSError, ValueError): pass\n"
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        (TIME,),
    ),
    "sleep": Attack("import time\ntime.sleep(99)", (TIME,)),
    "loop in a destructor": Attack("class A:\n    def __del__(self):\n        while True: pass\na = A()\nprint(1)", (OK, TIME), b"1\n"),
    "loop at the exit": Attack("import atexit\n@atexit.register\ndef f():\n    while True: pass\nprint(1)", (TIME,)),
    "loop in C": Attack("sum(range(10**12))", (TIME,)),
    "big power": Attack("x = 3 ** (10 ** 9)", (TIME, MEMORY)),
    "exponential regular expression": Attack("import re\nre.match('(a+)+$', 'a' * 64 + 'b')", (TIME,)),
    "faked clock": Attack("import time\ntime.time = time.monotonic = lambda: 0\nwhile True: pass", (TIME,)),
}
SPACES = {
    "list bomb": Attack("x = []\nwhile True: x.append([0] * 100000)", (MEMORY, TIME)),
    "one allocation": Attack("x = bytearray(1 << 40)", (MEMORY,)),
    "big integer": Attack("x = 1 << (1 << 34)", (MEMORY,)),
    "memory bomb that goes on": Attack("x = []\nwhile True:\n    try: x.append(bytearray(1 << 20))\n    except MemoryError: pass", (TIME,)),
    "anonymous mapping": Attack("import mmap\nx = [mmap.mmap(-1, 1 << 26) for _ in range(99)]", (ERROR, MEMORY)),
    "deep recursion": Attack("def f(): f()\nf()", (ERROR,)),
    "deep recursion without a limit": Attack(
        "import sys\nsys.setrecursionlimit(10**9)\ndef f(n): return f(n + 1)\nf(0)", (MEMORY, CRASH, TIME)
    ),
    "deep recursion in C": Attack(
        "import sys, functools\nsys.setrecursionlimit(10**9)\nclass A:\n    def __repr__(self): return repr(self)\nrepr(A())",
        (MEMORY, CRASH, TIME, ERROR),
    ),
    "raised limits": Attack(
        "import resource\nfor k in (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE):\n"
        "    s, h = resource.getrlimit(k)\n    try: resource.setrlimit(k, (h * 2, h * 2))\n    except (ValueError, OSError): continue\n    print('ADMITTED')\n"
        "print('done')",
        (OK,),
        b"done\n",
    ),
    "limits of the runner": tries(
        "resource.prlimit(1, resource.RLIMIT_CPU, (0, 0))\nresource.prlimit(os.getppid(), resource.RLIMIT_NOFILE, (0, 0))"
    ),
    "memory files": tries("os.memfd_create('x')\nos.memfd_create('y', 0)"),
    "many descriptors": Attack("import os\nwhile True: os.pipe()", (ERROR,)),
    "core dump": Attack("import resource, os\nresource.setrlimit(resource.RLIMIT_CORE, (0, 0))\nos.abort()", (CRASH,)),
}
OUTPUTS = {
    "flood by print": Attack("while True: print('x' * 1000)", (OUTPUT,)),
    "flood by write": Attack("import os\nwhile True: os.write(1, b'x' * 4096)", (OUTPUT,)),
    "flood that goes on": Attack("import os\nwhile True:\n    try: os.write(1, b'x' * 4096)\n    except OSError: pass", (TIME, OUTPUT)),
    "flood of the error stream": Attack("import sys\nwhile True: sys.stderr.write('x' * 1000)", (OUTPUT,)),
    "flood of the result": Attack("import os\nwhile True: os.write(3, b'x' * 4096)", (OUTPUT,)),
    "truncation to a terabyte": Attack("import os\nos.ftruncate(1, 1 << 40)", (ERROR,)),
    "hole at the end": Attack("import os\nos.lseek(1, 1 << 40, 0)\nos.write(1, b'x')", (ERROR,)),
    "allocation of output": tries("os.posix_fallocate(1, 0, 1 << 40)"),
    "mapped output": Attack(
        "import mmap, os\nos.ftruncate(1, 4096)\nm = mmap.mmap(1, 4096)\nm[:5] = b'hello'\nos.ftruncate(1, 5)", (OK,), b"hello"
    ),
    "mapping beyond the output's end": Attack(
        "import mmap, os\nos.ftruncate(1, 4096)\nm = mmap.mmap(1, 4096)\nos.ftruncate(1, 0)\nm[0]", (CRASH,), b""
    ),
    "closed output": Attack("import sys\nprint(1)\nsys.stdout.close()", (OK,), b"1\n"),
    "closed descriptor": Attack("import os\nprint(1)\nos.close(1)", (ERROR,), b""),
    "every descriptor closed": Attack("import os\nos.closerange(0, 1024)\nx = 1", (OK,), b""),
    "junk to every descriptor": Attack(
        "import os\nfor n in range(3, 1024):\n    try: os.write(n, b'OK' * 9)\n    except OSError: pass\nprint('done')", (OK,), b"done\n"
    ),
    "bytes that are no text": Attack("import os\nos.write(1, bytes(range(256)))", (OK,), bytes(range(256))),
    "lone surrogates": Attack("print('\\udcff\\udc80')", (OK,), b"\xff\x80\n"),
    "surrogates that no byte stands for": Attack("print('\\ud800')", (ERROR,)),
    "locks between jails": tries("import fcntl; fcntl.flock(1, fcntl.LOCK_EX)\nimport fcntl; fcntl.lockf(1, fcntl.LOCK_EX)"),
}
ENDS = {
    "early exit": Attack("import os\nprint('right', flush=True)\nos._exit(0)\nprint('more')", (OK,), b"right\n"),
    "right output, then failure": Attack("print('right')\nraise SystemExit(1)", (ERROR,), b"right\n"),
    "right output, then an exception": Attack("print('right')\n1 / 0", (ERROR,), b"right\n"),
    "reserved exit status": Attack("import os\nos._exit(251)", (MEMORY,)),
    "exception that cannot be shown": Attack(
        "class E(Exception):\n    def __str__(self): raise self\n    __repr__ = __str__\nraise E", (ERROR,)
    ),
    "exception that loops when shown": Attack("class E(Exception):\n    def __str__(self):\n        while True: pass\nraise E", (TIME,)),
    "patched interpreter": Attack(
        "import builtins, json, sys, os, io\nfor n in ('print', 'open', 'exec', 'isinstance', 'len'): setattr(builtins, n, None)\n"
        "json.dumps = json.loads = os.write = None\nsys.stdout = sys.stderr = None",
        (OK, ERROR),
    ),
    "always equal": Attack(
        "class E(str):\n    def __eq__(self, o): return True\n    def __str__(self): return 'x'\nprint(E('y'))", (OK,), b"x\n"
    ),
    "hooks on exit": Attack("import sys\nsys.excepthook = lambda *a: print('forged')\nsys.settrace(lambda *a: None)\n1 / 0", (ERROR,), b""),
}
SECRETS = {
    "files outside": tries(
        "open('/etc/passwd')\nopen('/etc/shadow')\nopen('/proc/self/environ')\nopen('/proc/1/mem')\nopen('/root/.bashrc')\nopen('/dev/mem')\n"
        "open('/dev/kmsg')\nopen('/dev/vda')\nos.listdir('/proc/self/fd')\nos.listdir('/home')\nos.listdir('/tmp')"
    ),
    "environment": Attack(
        "import os\nprint(sorted(k for k in os.environ if not k.endswith(('_NUM_THREADS', '_ALL')) "
        "and k not in ('PATH', 'LANG', 'HOME', 'PYTHONHASHSEED', 'MALLOC_ARENA_MAX')))",
        (OK,),
        b"[]\n",
    ),
    "open descriptors": Attack(
        "import os\nfound = []\nfor n in range(4096):\n    try: os.fstat(n)\n    except OSError: continue\n    found.append(n)\nprint(found)",
        (OK,),
        b"[0, 1, 2, 3]\n",
    ),
    "frames and every object": Attack(
        "import gc, sys\nf = sys._getframe()\nseen = []\nwhile f: seen.append(repr(f.f_locals)[:1000] if f.f_back is not None else ''); f = f.f_back\n"
        "word = 'EXPEC' + 'TED'\nprint(any(word in s for s in seen), any(isinstance(o, (str, bytes)) and o == word for o in gc.get_objects()))",
        (OK,),
        b"False False\n",
    ),
    "way up": tries("os.chroot('..')\nos.chdir('/proc')\nos.open('/../../../etc/passwd', 0)\nos.readlink('/proc/self/exe')", needs="full"),
    "writing": tries(
        "open('forged', 'w')\nopen('/forged', 'w')\nopen('/tmp/forged', 'w')\nopen('/dev/shm/forged', 'w')\nos.mkdir('forged')\nos.mkdir('/forged')\n"
        "os.symlink('/etc/passwd', 'forged')\nos.link('/dev/null', 'forged')\nos.rename('/dev/null', '/forged')\nos.unlink('/dev/null')\n"
        "os.mkfifo('forged')\nos.chmod('/dev/null', 0)\nos.utime(os.__file__)\nos.truncate(os.__file__, 0)\nopen(os.__file__, 'a')\nos.setxattr('.', 'user.x', b'')"
    ),
    "users": tries("os.setuid(0)\nos.setgid(0)\nos.setresuid(0, 0, 0)\nos.setgroups([0])"),
}
KERNEL = {
    "sockets": tries(
        "socket.socket(socket.AF_INET, socket.SOCK_STREAM)\nsocket.socket(socket.AF_INET, socket.SOCK_DGRAM)\nsocket.socket(socket.AF_INET6)\n"
        "socket.socket(socket.AF_UNIX)\nsocket.socket(socket.AF_NETLINK, socket.SOCK_RAW)\nsocket.socket(socket.AF_VSOCK)\nsocket.socket(socket.AF_ALG)\n"
        "socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)\nsocket.create_connection(('127.0.0.1', 80))"
    ),
    "abstract sockets from a pair": tries("socket.socketpair()[0].connect('\\0gifmcts')\nsocket.socketpair()[0].bind('\\0gifmcts')"),
    "ptrace and memory of others": refused(
        "call(101, 16, 1, 0, 0); call(101, 0, 0, 0, 0); call(310, 1, 0, 0, 0, 0, 0); call(311, 1, 0, 0, 0, 0, 0)"
    ),
    "namespaces": refused(
        "[call(272, flag) for flag in (0x20000, 0x10000000, 0x20000000, 0x40000000)]; call(308, 0, 0); call(308, 3, 0x20000000)"
    ),
    "mounts": refused(
        "call(165, 0, 0, 0, 0, 0); call(155, 0, 0); call(428, 0, 0, 0); call(430, 0, 0); call(442, 0, 0, 0, 0, 0); call(161, 0)"
    ),
    "bpf, perf, userfaultfd": refused("call(321, 0, 0, 0); call(298, 0, 0, 0, 0, 0); call(323, 0)"),
    "keys": refused("call(248, 0, 0, 0, 0, 0); call(249, 0, 0, 0, 0); call(250, 0, -3, 1)"),
    "io_uring and aio": refused("call(425, 1, 0); call(426, 0, 0, 0, 0, 0); call(427, 0, 0, 0, 0); call(206, 1, 0)"),
    "pidfd": refused("call(434, 1, 0); call(438, 0, 0, 0); call(440, 0, 0, 0, 0, 0)"),
    "system V and message queues": refused("call(29, 0, 4096, 0o1600); call(64, 0, 1, 0o1600); call(68, 0, 0o1600); call(240, 0, 0, 0, 0)"),
    "filters and capabilities": refused(
        "call(317, 1, 0, 0); call(157, 22, 2, 0, 0, 0); call(157, 4, 1, 0, 0, 0); call(126, 0, 0); call(157, 1, 0, 0, 0, 0)"
    ),
    "scheduling of others": refused("call(203, 1, 8, 0); call(144, 1, 0, 0); call(141, 0, 1, -20); call(251, 1, 1, 0)"),
    "other architectures": Attack(
        "import ctypes, mmap\nm = mmap.mmap(-1, 4096, prot=7)\nm.write(bytes.fromhex('b814000000cd80c3'))\n"
        "f = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(m)))\nprint(f() > 0)",
        (CRASH,),
        b"",
    ),
    "system calls of x32": refused("call(0x40000000 + 39); call(0x40000000 + 57)"),
    "odd system calls": refused(
        "call(167, 0, 0); call(169, 0, 0, 0, 0); call(175, 0, 0, 0); call(304, 0, 0, 0); call(154, 0, 0, 0); call(135, 0x0040000)"
    ),
}
COMPILES = {
    "nested brackets": Attack("[" * 100000 + "]" * 100000, (COMPILE,)),
    "nested unary operators": Attack("x = " + "-" * 200000 + "1", (COMPILE, OK, ERROR, MEMORY)),
    "nested attributes": Attack("a" + ".b" * 300000, (COMPILE, ERROR)),
    "null byte": Attack("print(1)\0", (COMPILE,)),
    "constant folding": Attack("x = " + "(" * 50 + "1" + "<<4096)*3" * 50, (OK, COMPILE)),
    "folded repetition": Attack("x = ((('a' * 4096,) * 256) * 256) * 4096", (OK, MEMORY, COMPILE)),
    "large literal": Attack("x = [" + "1," * 700000 + "]", (OK, COMPILE)),
    "lone surrogate": Attack("x = '\ud800'", (COMPILE,)),
    "syntax error": Attack("def f(:\n    pass", (COMPILE,)),
    "return outside": Attack("return 1", (COMPILE,)),
    "future that is none": Attack("from __future__ import forged", (COMPILE,)),
    "long integer": Attack("x = " + "9" * 100000, (OK, COMPILE)),
    "many functions": Attack("\n".join(f"def f{n}(): return {n}" for n in range(60000)), (OK, COMPILE)),
}
HONEST = {
    "control": Attack("print(sum(map(int, input().split())))", (OK,), b"3\n", b"1 2\n"),
    "recursion of 100,000": Attack(
        "import sys\nsys.setrecursionlimit(10**6)\ndef f(n): return 0 if n == 0 else 1 + f(n - 1)\nprint(f(10**5))", (OK,), b"100000\n"
    ),
    "recursion in a thread of 128 MB": Attack(
        "import sys, threading\nsys.setrecursionlimit(10**6)\nthreading.stack_size(1 << 27)\n"
        "def f(n): return 0 if n == 0 else 1 + f(n - 1)\nt = threading.Thread(target=lambda: print(f(10**5)))\nt.start()\nt.join()",
        (OK,),
        b"100000\n",
        limits=Limits(cpu_seconds=2.0, threads=32),
    ),
    "exit after output": Attack("import sys\nprint(1)\nsys.exit()", (OK,), b"1\n"),
    "exit in the middle": Attack("print(1)\nexit(0)\nprint(2)", (OK,), b"1\n"),
    "output at the exit": Attack("import atexit\natexit.register(print, 'late')\nprint('early')", (OK,), b"early\nlate\n"),
    "fast input": Attack(
        "import os, sys, io\ninput = io.BytesIO(os.read(0, os.fstat(0).st_size)).readline\nprint(int(input()) + 1)", (OK,), b"2\n", b"1\n"
    ),
    "fast output": Attack(
        "import sys, io\nout = io.BytesIO()\nsys.stdout.write = lambda s: out.write(s.encode())\nprint(5)\nimport os\nos.write(1, out.getvalue())",
        (OK,),
        b"5\n",
    ),
    "open of descriptor 0": Attack("print(sum(map(int, open(0))))", (OK,), b"6\n", b"1\n2\n3\n"),
    "open of descriptor 1 without closing": Attack("f = open(1, 'w', closefd=False)\nf.write('kept')", (OK,), b"kept"),
    "binary streams": Attack("import sys\nsys.stdout.buffer.write(sys.stdin.buffer.read()[::-1])", (OK,), b"cba", b"abc"),
    "threads": Attack(
        "import threading\nr = []\nt = [threading.Thread(target=r.append, args=(n,)) for n in range(8)]\n[x.start() for x in t]\n[x.join() for x in t]\nprint(sorted(r))",
        (OK,),
        b"[0, 1, 2, 3, 4, 5, 6, 7]\n",
    ),
    "thread pool left open": Attack("import concurrent.futures as c\np = c.ThreadPoolExecutor(2)\np.submit(print, 'x')", (OK,), b"x\n"),
    "asynchronous program": Attack(
        "import asyncio\nasync def f():\n    await asyncio.sleep(0)\n    print(1)\nasyncio.run(f())", (OK,), b"1\n"
    ),
    "integers of 10,000 digits": Attack("print(len(str(int(input()) * 10)))", (OK,), b"10001\n", b"9" * 10000),
    "integers written with many digits": Attack("x = " + "9" * 10000 + "\nprint(x % 9)", (OK,), b"0\n"),
    "main guard": Attack("def main():\n    global x\n    x = 1\n    print(x)\nif __name__ == '__main__':\n    main()", (OK,), b"1\n"),
    "pickle of its own class": Attack(
        "import pickle, copy\nclass A:\n    x = 1\nprint(pickle.loads(pickle.dumps(A())).x, copy.deepcopy(A()).x)", (OK,), b"1 1\n"
    ),
    "large input": Attack(
        "import sys\nprint(len(sys.stdin.read()))",
        (OK,),
        str(50 << 20).encode() + b"\n",
        b"x" * (50 << 20),
        Limits(cpu_seconds=4.0, wall_seconds=20),
    ),
    "input that is not read": Attack("print(1)", (OK,), b"1\n", b"x" * (4 << 20)),
    "input read twice": Attack(
        "import sys\na = sys.stdin.read()\nsys.stdin.seek(0)\nprint(a == sys.stdin.read(), len(a))", (OK,), b"True 3\n", b"abc"
    ),
    "closed input": Attack("import sys\nsys.stdin.close()\nprint(1)", (OK,), b"1\n"),
    "end of input": Attack("input()", (ERROR,), b""),
    "locale": Attack("import locale\nlocale.setlocale(locale.LC_ALL, '')\nprint('é')", (OK,), "é\n".encode()),
    "rare modules": Attack(
        "import sqlite3, bz2, lzma, zlib, hashlib, decimal, ctypes, xml.etree.ElementTree, csv, unicodedata\nprint(1)", (OK,), b"1\n"
    ),
    "null device": Attack("open('/dev/null', 'w').write('x')\nprint(len(open('/dev/urandom', 'rb').read(3)))", (OK,), b"3\n"),
    "reproducible randomness": Attack("import random\nprint(random.random(), hash('a'))", (OK,)),
}
SHARED_ENDS: dict[str, tuple[tuple[Status, ...], bytes | None]] = {
    "output: every descriptor closed": ((ERROR,), None),
    "output: junk to every descriptor": ((ERROR,), None),
    "secrets: open descriptors": ((OK,), b"[0, 1, 2, 3, 4]\n"),
}
"""What ends otherwise in a child that serves many inputs, because it holds the socket over which they come."""
ATTACKS = {
    f"{group}: {name}": attack
    for group, table in (
        ("processes", PROCESSES),
        ("time", TIMES),
        ("space", SPACES),
        ("output", OUTPUTS),
        ("end", ENDS),
        ("secrets", SECRETS),
        ("kernel", KERNEL),
        ("compile", COMPILES),
        ("honest", HONEST),
    )
    for name, attack in table.items()
}
