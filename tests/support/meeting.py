"""A program that runs in two workers at the same time and looks for itself by everything that a kernel shares."""

MEETING = r"""
import ctypes, fcntl, os, signal, socket, struct, sys, time
libc = ctypes.CDLL(None, use_errno=True)
mine, other, when, until = (int(word) for word in input().split())
heard = set()
def hear(way, attempt):
    try:
        if attempt(): heard.add(way)
    except (OSError, ValueError, IndexError, AttributeError): pass
def number(call, *arguments):
    return libc.syscall(ctypes.c_long(call), *(a if isinstance(a, bytes) else ctypes.c_long(a) for a in arguments))
def abstract(kind):
    path = b"\0gifmcts-%d"
    for pair in (socket.socketpair, socket.socket):
        ends = pair(socket.AF_UNIX, kind)
        end = ends[0] if isinstance(ends, tuple) else ends
        try: end.bind(path % mine)
        except OSError: pass
        try: return end.sendto(b"hello", path % other) if kind == socket.SOCK_DGRAM else end.connect(path % other) is None
        except OSError: pass
def internet():
    end = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    end.bind(("127.0.0.1", 20000 + mine))
    return end.sendto(b"hello", ("127.0.0.1", 20000 + other))
def lock(path):
    descriptor = os.open(path, os.O_RDONLY)
    for way in (lambda: fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB) is None,
                lambda: fcntl.lockf(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB) is None,
                lambda: fcntl.fcntl(descriptor, 36, struct.pack("hhqqi4x", 0, 0, 0, 0, 0)) is not None,
                lambda: fcntl.fcntl(descriptor, 1024, 0) == 0,
                lambda: fcntl.fcntl(descriptor, 1026, 0x8000001F) == 0):
        hear("lock " + path, way)
    os.close(descriptor)
def drop(path):
    try: os.close(os.open(path % mine, os.O_CREAT | os.O_RDWR, 0o666))
    except OSError: pass
    return os.open(path % other, os.O_RDONLY)
shared = [os.__file__, "/dev/null", "/dev/zero", os.path.dirname(os.__file__), ".", sys.executable]
files = ["/tmp/forged-%d", "/dev/shm/forged-%d", "/dev/mqueue/forged-%d", "forged-%d", "/forged-%d", "/run/forged-%d", "/var/tmp/forged-%d"]
while time.monotonic_ns() < when: pass
rounds = 0
while time.monotonic_ns() < until:
    rounds += 1
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET): hear("abstract socket", lambda: abstract(kind))
    hear("internet", internet)
    for path in shared: hear("file", lambda: lock(path))
    for path in files: hear("file " + path, lambda: drop(path))
    hear("shared memory", lambda: number(29, 4711, 4096, 0o1666) >= 0)
    hear("semaphores", lambda: number(64, 4711, 1, 0o1666) >= 0)
    hear("message queue", lambda: number(68, 4711, 0o1666) >= 0)
    hear("named message queue", lambda: number(240, b"/forged\0", 0o102, 0o666, 0) >= 0)
    hear("key", lambda: number(248, b"user\0", b"forged\0", b"x", 1, -4) >= 0)
    hear("inotify", lambda: number(294, 0) >= 0)
    hear("fanotify", lambda: number(300, 0, 0) >= 0)
    for pid in range(2, 400):
        if pid != os.getpid(): hear("signal %d" % pid, lambda: os.kill(pid, 0) is None)
    hear("group", lambda: os.kill(0, 0) is None)
    hear("everybody", lambda: os.kill(-1, 0) is None)
print(rounds > 0, sorted(heard), flush=True)
"""
"""Input: its own number, the other's number, and two instants of the monotonic clock in nanoseconds."""
