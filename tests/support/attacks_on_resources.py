"""Programs that starve: processes, time, space, output."""

from attack import CRASH, ERROR, MEMORY, OK, OUTPUT, TIME, Attack, refused, tries

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
    "thread bomb with small stacks": Attack(
        "import threading, time\nthreading.stack_size(32768)\nn = 0\ntry:\n"
        "    while n < 500: threading.Thread(target=time.sleep, args=(9,)).start(); n += 1\n"
        "except RuntimeError: pass\nimport os\nos.write(1, b'%d' % (n > 40))\nos._exit(0)",
        (OK,),
        b"0",
        needs="full",
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
        "    s, h = resource.getrlimit(k)\n    try: resource.setrlimit(k, (h * 2, h * 2))\n"
        "    except (ValueError, OSError): continue\n    print('ADMITTED')\n"
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
