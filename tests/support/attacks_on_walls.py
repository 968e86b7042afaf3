"""Programs that forge an end, look for secrets, reach for the kernel or break the compiler."""

from attack import COMPILE, CRASH, ERROR, MEMORY, OK, TIME, Attack, refused, tries

ENDS = {
    "early exit": Attack("import os\nprint('right', flush=True)\nos._exit(0)\nprint('more')", (OK,), b"right\n"),
    "right output, then failure": Attack("print('right')\nraise SystemExit(1)", (ERROR,), b"right\n"),
    "right output, then a number that no status holds": Attack("print('right')\nraise SystemExit(1 << 64)", (ERROR,), b"right\n"),
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
        "open('/etc/passwd')\nopen('/etc/shadow')\nopen('/proc/self/environ')\nopen('/proc/1/mem')\nopen('/root/.bashrc')\n"
        "open('/dev/mem')\n"
        "open('/dev/kmsg')\nopen('/dev/vda')\nos.listdir('/proc/self/fd')\nos.listdir('/home')\nos.listdir('/tmp')"
    ),
    "environment": Attack(
        "import os\nprint(sorted(k for k in os.environ if not k.endswith(('_NUM_THREADS', '_ALL')) "
        "and k not in ('PATH', 'LANG', 'HOME', 'PYTHONHASHSEED', 'MALLOC_ARENA_MAX')))",
        (OK,),
        b"[]\n",
    ),
    "open descriptors": Attack(
        "import os\nfound = []\nfor n in range(4096):\n    try: os.fstat(n)\n    except OSError: continue\n    found.append(n)\n"
        "print(found)",
        (OK,),
        b"[0, 1, 2, 3]\n",
    ),
    "way up": tries("os.chroot('..')\nos.chdir('/proc')\nos.open('/../../../etc/passwd', 0)\nos.readlink('/proc/self/exe')", needs="full"),
    "writing": tries(
        "open('forged', 'w')\nopen('/forged', 'w')\nopen('/tmp/forged', 'w')\nopen('/dev/shm/forged', 'w')\nos.mkdir('forged')\n"
        "os.mkdir('/forged')\n"
        "os.symlink('/etc/passwd', 'forged')\nos.link('/dev/null', 'forged')\nos.rename('/dev/null', '/forged')\nos.unlink('/dev/null')\n"
        "os.mkfifo('forged')\nos.chmod('/dev/null', 0)\nos.utime(os.__file__)\nos.truncate(os.__file__, 0)\n"
        "open(os.__file__, 'a')\nos.setxattr('.', 'user.x', b'')"
    ),
    "users": tries("os.setuid(0)\nos.setgid(0)\nos.setresuid(0, 0, 0)\nos.setgroups([0])"),
}
KERNEL = {
    "sockets": tries(
        "socket.socket(socket.AF_INET, socket.SOCK_STREAM)\nsocket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        "socket.socket(socket.AF_INET6)\n"
        "socket.socket(socket.AF_UNIX)\nsocket.socket(socket.AF_NETLINK, socket.SOCK_RAW)\nsocket.socket(socket.AF_VSOCK)\n"
        "socket.socket(socket.AF_ALG)\n"
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
