"""Programs that look for a place to leave something in, or read what lies outside."""

from attack import OK, Attack, tries

TREE = """
import os, stat, sys
PLACES = ["/", ".", "..", "/tmp", "/var/tmp", "/dev", "/dev/shm", "/dev/mqueue", "/run", "/proc", "/proc/self", "/proc/self/fd",
          "/proc/self/task", "/box", "/home", "/root", "/etc", "/sys", "/sys/fs/cgroup", "/mnt", "/opt", "/usr", "/usr/lib", "/lib",
          os.path.dirname(os.__file__)]
LENGTH = len(PLACES)
for root, directories, names in os.walk("/"):
    PLACES.append(root)
PLACES += [place for place in sys.path if place]
PLACES = list(dict.fromkeys(PLACES))
"""
"""Defines ``PLACES``: well-known directories, and all that can be seen."""

CREATE = (
    TREE
    + """
for place in PLACES:
    new = os.path.join(place, "forged")
    for attempt in (
        lambda: os.open(new, os.O_CREAT | os.O_WRONLY), lambda: os.open(new, os.O_CREAT | os.O_EXCL | os.O_RDWR),
        lambda: os.open(place, os.O_TMPFILE | os.O_RDWR), lambda: os.mkdir(new), lambda: os.symlink("/etc/passwd", new),
        lambda: os.link(os.__file__, new), lambda: os.link("/dev/null", new), lambda: os.rename(os.__file__, new),
        lambda: os.rename(place, new), lambda: os.mkfifo(new), lambda: os.mknod(new, 0o100644), lambda: os.mknod(new, 0o020666, 0x103),
        lambda: os.chmod(place, 0o777), lambda: os.utime(place), lambda: os.setxattr(place, "user.x", b""),
        lambda: os.chown(place, -1, -1), lambda: os.mkdir("forged", dir_fd=os.open(place, os.O_RDONLY)),
    ):
        try:
            attempt()
            print("ADMITTED", place, attempt.__code__.co_consts)
        except (OSError, AttributeError):
            pass
print("done", len(PLACES) > LENGTH)
"""
)
WRITE = (
    TREE
    + """
for place in PLACES:
    try: names = os.listdir(place)
    except OSError: continue
    for name in names:
        path = os.path.join(place, name)
        try: kind = os.stat(path).st_mode
        except OSError: continue
        if stat.S_ISDIR(kind): continue
        for flags in (os.O_WRONLY, os.O_RDWR, os.O_WRONLY | os.O_APPEND):
            try: os.close(os.open(path, flags | os.O_NONBLOCK))
            except OSError: continue
            if path != "/dev/null": print("ADMITTED", path, flags)
print("done")
"""
)
NUMBERS = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
name = ctypes.c_char_p(b"forged")
how = (ctypes.c_uint64 * 3)(os.O_CREAT | os.O_WRONLY, 0o644, 0)
null = ctypes.c_char_p(b"/dev/null")
here = ctypes.c_long(-100)
for number, arguments in (
    (85, (name, 0o644)), (2, (name, 0o102, 0o644)), (257, (here, name, 0o102, 0o644)), (437, (here, name, how, 24)), (83, (name, 0o755)),
    (258, (here, name, 0o755)), (88, (null, name)), (266, (null, here, name)), (86, (null, name)), (265, (here, null, here, name, 0)),
    (82, (null, name)), (264, (here, null, here, name)), (316, (here, null, here, name, 0)), (133, (name, 0o100644, 0)),
    (259, (here, name, 0o100644, 0)), (87, (null,)), (263, (here, null, 0)), (84, (null,)), (76, (null, 0)), (90, (null, 0o777)),
    (268, (here, null, 0o777)), (452, (here, null, 0o777, 0)), (91, (1, 0o777)), (93, (1, 0, 0)), (92, (null, 0, 0)), (94, (null, 0, 0)),
    (260, (here, null, 0, 0, 0)), (132, (null, 0)), (235, (null, 0)), (280, (here, null, 0, 0)), (188, (null, name, name, 1, 0)),
    (190, (1, name, name, 1, 0)), (463, (here, null, 0, name, 0, 0)), (303, (here, null, how, how, 0)), (304, (-100, how, 0)),
    (165, (null, null, 0, 0, 0)), (429, (0, here, null, here, 4)), (161, (null,)),
):
    arguments = [a if not isinstance(a, int) else ctypes.c_long(a) for a in arguments]
    if libc.syscall(ctypes.c_long(number), *arguments) != -1:
        print("ADMITTED", number)
print("done")
"""
PLACES = {
    "nothing can be created": Attack(CREATE, (OK,), b"done True\n"),
    "nothing can be opened for writing": Attack(WRITE, (OK,), b"done\n"),
    "nothing can be written by number": Attack(NUMBERS, (OK,), b"done\n"),
    "home, history, keys": tries(
        "open(os.path.expanduser('~/.bash_history'))\nopen('/root/.ssh/id_rsa')\nopen('/etc/hostname')\nopen('/etc/machine-id')\n"
        "open('/proc/cpuinfo')\nopen('/proc/mounts')\nopen('/proc/self/mountinfo')\nopen('/proc/self/maps')\n"
        "open('/proc/self/mem', 'r+b')\n"
        "open('/proc/self/comm', 'w')\nopen('/proc/self/oom_score_adj', 'w')\nopen('/proc/self/coredump_filter', 'w')\n"
        "open('/proc/sys/kernel/core_pattern', 'w')\nopen('/proc/sysrq-trigger', 'w')\nopen('/sys/power/state', 'w')\n"
        "open('/dev/ptmx', 'r+b')\nopen('/dev/tty', 'r+b')\nopen('/dev/fuse', 'r+b')\nopen('/dev/kvm', 'r+b')\n"
        "open('/dev/net/tun', 'r+b')\n"
        "open('/dev/userfaultfd')\nopen('/dev/vsock')\nopen('/dev/loop-control')\nos.listdir('/proc')\nos.listdir('/dev/shm')"
    ),
    "devices for writing": tries(
        "os.open('/dev/zero', 1)\nos.open('/dev/full', 1)\nos.open('/dev/urandom', 1)\nos.open('/dev/random', 2)\n"
        "os.mknod('forged', 0o020666, 259)"
    ),
}
