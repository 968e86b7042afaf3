"""Programs that ill-treat their own streams, in one input: descriptors, flags, mappings, locale."""

from attack import CRASH, ERROR, MEMORY, OK, OUTPUT, TIME, Attack, refused, tries

STDIN = {
    "closed": Attack("import os\nos.close(0)\nprint(1)", (OK,), b"1\n", b"x"),
    "closed, then read": Attack("import os\nos.close(0)\ninput()", (ERROR,), b"", b"x"),
    "seeked to the end": Attack("import os, sys\nos.lseek(0, 0, 2)\nprint(repr(sys.stdin.read()))", (OK,), b"''\n", b"x"),
    "seeked beyond the end": Attack("import os\nos.lseek(0, 1 << 62, 0)\nprint(os.read(0, 9))", (OK,), b"b''\n", b"x"),
    "opened again": Attack("a = open(0, closefd=False).read()\nprint(a, repr(open(0).read()))", (OK,), b"x ''\n", b"x"),
    "opened again for writing": Attack(
        "import os\nf = open(0, 'r+b', closefd=False)\nf.write(b'forged')\nf.flush()\nprint(os.pread(0, 9, 0))", (OK,), b"b'forged'\n", b"x"
    ),
    "replaced": Attack("import os\nos.dup2(os.open('/dev/null', 0), 0)\nprint(os.read(0, 9))", (OK,), b"b''\n", b"x"),
    "replaced by the output": Attack("import os\nos.dup2(1, 0)\nos.write(0, b'out')", (OK,), b"out", b"x"),
    "truncated": Attack("import os\nos.ftruncate(0, 0)\ninput()", (ERROR,), b"", b"x"),
    "truncated to a terabyte": Attack("import os\nos.ftruncate(0, 1 << 40)", (ERROR,), b"", b"x"),
    "flooded": Attack("import os\nos.lseek(0, 0, 2)\nwhile True: os.write(0, b'x' * 4096)", (ERROR,), b"", b"x"),
    "by its name": tries("open('/dev/stdin')\nopen('/dev/fd/0')\nopen('/proc/self/fd/0')\nopen('/dev/tty')", needs="full"),
}
FLAGS = """
import fcntl, os
for n in range(4):
    fcntl.fcntl(n, fcntl.F_SETFL, FLAG)
    fcntl.fcntl(n, fcntl.F_SETFD, 1)
os.write(1, b'abc')
os.write(2, b'def')
os.write(3, b'ghi')
"""
MAPPINGS = {
    "shared by a thread and a truncation": Attack(
        "import mmap, os, threading\nos.ftruncate(1, 1 << 16)\nm = mmap.mmap(1, 1 << 16)\n"
        "def f():\n    for _ in range(500): os.ftruncate(1, 0); os.ftruncate(1, 1 << 16)\n"
        "t = threading.Thread(target=f)\nt.start()\nfor _ in range(500): m[60000] = 65\nt.join()\nos.ftruncate(1, 0)\n"
        "os.pwrite(1, b'end', 0)",
        (OK, CRASH),
    ),
    "grown with the file": Attack(
        "import mmap, os\nos.ftruncate(1, 4096)\nm = mmap.mmap(1, 4096)\nm.resize(8192)\nm[8191] = 65\nm[:2] = b'ok'\nos.ftruncate(1, 2)",
        (OK,),
        b"ok",
    ),
    "grown beyond the limit": Attack("import mmap, os\nos.ftruncate(1, 4096)\nm = mmap.mmap(1, 4096)\nm.resize(1 << 30)", (ERROR,)),
    "of the input, for writing": Attack(
        "import mmap, os\nm = mmap.mmap(0, 0)\nm[0] = 66\nprint(os.read(0, 9), m[:])", (OK,), b"b'B' b'B'\n", b"x"
    ),
    "of the output, to be executed": Attack(
        "import mmap, os\nos.ftruncate(1, 4096)\nm = mmap.mmap(1, 4096, prot=7)\nm[:1] = b'x'\nos.ftruncate(1, 1)", (OK, ERROR)
    ),
    "never given back": Attack(
        "import mmap, os\nos.ftruncate(1, 1 << 19)\nx = []\nwhile True: x.append(mmap.mmap(1, 1 << 19))", (ERROR, MEMORY, TIME)
    ),
    "still dirty at the end": Attack(
        "import mmap, os\nos.ftruncate(1, 8192)\nm = mmap.mmap(1, 8192)\nm[:] = b'y' * 8192\nos._exit(0)", (OK,), b"y" * 8192
    ),
    "dirty at a kill": Attack(
        "import mmap, os\nos.ftruncate(1, 8192)\nm = mmap.mmap(1, 8192)\nm[:] = b'y' * 8192\nos.kill(os.getpid(), 9)", (CRASH,), b"y" * 8192
    ),
}
DESCRIPTORS = {
    "appending": Attack(FLAGS.replace("FLAG", "os.O_APPEND"), (OK,), b"abc"),
    "not blocking": Attack(FLAGS.replace("FLAG", "os.O_NONBLOCK"), (OK,), b"abc"),
    "direct": Attack(FLAGS.replace("FLAG", "os.O_DIRECT"), (OK, ERROR)),
    "asynchronous": Attack(FLAGS.replace("FLAG", "os.O_ASYNC"), (OK,), b"abc"),
    "sealed": tries(
        "import fcntl; fcntl.fcntl(0, 1033, 15)\nimport fcntl; fcntl.fcntl(1, 1033, 1)\nimport fcntl; fcntl.fcntl(1, 1033, 2)\n"
        "import fcntl; fcntl.fcntl(1, 1033, 16)\nimport fcntl; fcntl.fcntl(3, 1033, 8)"
    ),
    "leased, owned, watched": tries(
        "import fcntl; fcntl.fcntl(1, 1024, 1)\nimport fcntl; fcntl.fcntl(1, 8, 1)\nimport fcntl; fcntl.fcntl(1, 10, 9)\n"
        "import fcntl; fcntl.fcntl(os.open('.', 0), 1026, 0x80000000)\nimport fcntl; fcntl.fcntl(1, 1031, 1 << 30)"
    ),
    "many memory files": refused(
        "[call(319, 0, 0) for _ in range(99)]; [call(319, 0, flag) for flag in (1, 2, 3, 4, 8, 16)]; call(447, 0)"
    ),
    "duplicated to the last": Attack(
        "import os\ntry:\n    while True: os.dup(1)\nexcept OSError as e: print(e.errno)", (OK, ERROR), b"24\n"
    ),
    "put in the place of one another": Attack("import os\nos.dup2(2, 1)\nprint('lost')", (OK,), b""),
    "copied onto themselves": Attack(
        "import os\nos.write(1, b'ab')\nos.lseek(1, 0, 0)\n"
        "for f in (lambda: os.sendfile(1, 1, 0, 9), lambda: os.copy_file_range(1, 1, 9, 0, 0)):\n    try: f()\n    except OSError: pass\n"
        "os.ftruncate(1, 2)",
        (OK,),
    ),
    "endless copy": Attack("import os\nz = os.open('/dev/zero', 0)\nwhile True: os.sendfile(1, z, None, 1 << 30)", (OUTPUT, ERROR)),
    "in flight": Attack(
        "import array, os, socket\na, b = socket.socketpair()\nn = 0\ntry:\n    while True:\n"
        "        a.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [1] * 200))], socket.MSG_DONTWAIT)\n"
        "        n += 1\n"
        "except OSError: pass\nprint(n < 9)",
        (OK,),
        b"True\n",
    ),
    "in flight through itself": Attack(
        "import array, socket\nfor _ in range(20):\n    a, b = socket.socketpair()\n"
        "    try: a.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [a.fileno(), b.fileno()]))])\n"
        "    except OSError: pass\n    a.close(); b.close()\nprint('done')",
        (OK,),
        b"done\n",
    ),
}
LOCALES = {
    "set to all": Attack(
        "import locale\nfor name in ('de_DE.UTF-8', 'tr_TR', 'C', 'POSIX', 'C.UTF-8', '', 'en_US.ISO-8859-1', '../../etc/passwd'):\n"
        "    for kind in (locale.LC_ALL, locale.LC_NUMERIC, locale.LC_CTYPE):\n"
        "        try: locale.setlocale(kind, name)\n        except locale.Error: pass\nprint(1.5, 'é', f'{1.5:n}')",
        (OK,),
        "1.5 é 1.5\n".encode(),
    ),
    "set by the environment": Attack(
        "import locale, os\n"
        "os.environ.update(LC_ALL='de_DE', LC_NUMERIC='de_DE', LANG='tr_TR', LOCPATH='/tmp', PYTHONIOENCODING='latin-1')\n"
        "try: locale.setlocale(locale.LC_ALL, '')\nexcept locale.Error: pass\nprint('é', float('1.5'))",
        (OK,),
        "é 1.5\n".encode(),
    ),
    "set in C": Attack(
        "import ctypes\nl = ctypes.CDLL(None)\nprint(l.setlocale(6, b'de_DE.UTF-8'), 1.5, 'é')", (OK,), "0 1.5 é\n".encode()
    ),
}
