"""Programs that a judge must run as an interpreter would."""

from attack import ERROR, OK, Attack

from sandbox import Limits

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
        "import sys, io\nout = io.BytesIO()\nsys.stdout.write = lambda s: out.write(s.encode())\nprint(5)\nimport os\n"
        "os.write(1, out.getvalue())",
        (OK,),
        b"5\n",
    ),
    "open of descriptor 0": Attack("print(sum(map(int, open(0))))", (OK,), b"6\n", b"1\n2\n3\n"),
    "open of descriptor 1 without closing": Attack("f = open(1, 'w', closefd=False)\nf.write('kept')", (OK,), b"kept"),
    "binary streams": Attack("import sys\nsys.stdout.buffer.write(sys.stdin.buffer.read()[::-1])", (OK,), b"cba", b"abc"),
    "threads": Attack(
        "import threading\nr = []\nt = [threading.Thread(target=r.append, args=(n,)) for n in range(8)]\n[x.start() for x in t]\n"
        "[x.join() for x in t]\nprint(sorted(r))",
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
