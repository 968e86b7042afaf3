"""The tree that a jailed program can see: the standard library, its shared libraries, named packages, nothing else."""

from __future__ import annotations

import os
import sys

from . import kernel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

MS_BIND, MS_REC, MS_PRIVATE, MNT_DETACH = 0x1000, 0x4000, 0x40000, 2
AT_RECURSIVE, AT_FDCWD = 0x8000, -100
RDONLY_NOSUID = 0x1 | 0x2
HIDDEN = ("site-packages", "dist-packages", "test", "idlelib", "ensurepip", "turtledemo", "pydoc_data")
"""What may hold answers, or is of no use, inside the standard library's directory."""
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/urandom", "/dev/random")
MOUNT_POINTS = ("/sys", "/mnt", "/media", "/opt", "/tmp")
SKIPPED_EXTENSIONS = ("_tkinter", "_test", "xx", "_ctypes_test", "_xx")
LOCALES = ("/usr/lib/locale/C.utf8", "/usr/lib/locale/C.UTF-8")
"""The locale that programs are started in."""
HOME = "/box"
"""The empty directory in which programs start."""


class Contents:
    """What is bound into the tree."""

    def __init__(self, directories: tuple[str, ...], files: tuple[str, ...], hidden: tuple[str, ...]) -> None:
        self.directories = directories
        self.files = files
        self.hidden = hidden

    def entries(self) -> list[str]:
        """The readable paths one by one, with what is hidden left out: for rules that cannot mask."""
        found = [*self.files]
        for directory in self.directories:
            inside = [path for path in self.hidden if path.startswith(directory + "/")]
            found += [entry.path for entry in os.scandir(directory) if entry.path not in inside] if inside else [directory]
        return found


def contents(packages: list[str]) -> Contents:
    """Find what this interpreter needs; ``packages`` are directories to be bound alone."""
    library = os.path.dirname(os.__file__)
    dynamic = next((path for path in sys.path if path.endswith("lib-dynload")), os.path.join(library, "lib-dynload"))
    directories = [library, *packages, *filter(os.path.isdir, LOCALES)]
    if os.path.isdir(dynamic) and not dynamic.startswith(library + "/"):
        directories.append(dynamic)
    hidden = [os.path.join(library, name) for name in HIDDEN]
    hidden += [entry.path for entry in os.scandir(library) if entry.name.startswith("config-")]
    for package in packages:
        hidden += [root for root, _, _ in os.walk(package) if os.path.basename(root) == "tests"]
    inside = tuple(f"{directory}/" for directory in directories)
    files = [path for path in _libraries(dynamic) if not path.startswith(inside)]
    files += [path for path in ("/etc/ld.so.cache", *DEVICES) if os.path.exists(path)]
    return Contents(tuple(directories), tuple(files), tuple(path for path in hidden if os.path.isdir(path)))


def _libraries(dynamic: str) -> list[str]:
    """The shared libraries of this process and of every extension module that it has not loaded yet."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        try:
            _load_all(dynamic)
            with open(writer, "w") as stream:
                stream.write("\n".join(_mapped()))
        finally:
            os._exit(0)
    os.close(writer)
    with open(reader) as stream:
        found = stream.read().split("\n")
    os.waitpid(pid, 0)
    return sorted({*found, *_mapped()} - {""})


def _load_all(dynamic: str) -> None:
    import ctypes

    for entry in os.scandir(dynamic):
        if entry.name.endswith(".so") and not entry.name.startswith(SKIPPED_EXTENSIONS):
            try:
                ctypes.CDLL(entry.path)
            except OSError:
                continue


def _mapped() -> Iterator[str]:
    with open("/proc/self/maps") as stream:
        for line in stream:
            path = line.rstrip("\n").partition("/")
            if path[1] and (".so" in path[2]) and " (deleted)" not in path[2]:
                yield "/" + path[2]


def build(what: Contents) -> None:
    """Make the tree and move into it; needs a mount namespace of its own. What was there before is gone.

    Raises:
        OSError: a mount was refused.
    """
    point = next(path for path in MOUNT_POINTS if os.path.isdir(path) and not any(_below(source, path) for source in what.directories))
    kernel.mount("none", "/", None, MS_REC | MS_PRIVATE)
    kernel.mount("tmpfs", point, "tmpfs", 2, "size=4m,nr_inodes=16k,mode=755")
    empty = os.path.join(point, HOME[1:])
    os.mkdir(empty, 0o755)
    for directory in what.directories:
        _bind(directory, _make(point, directory, is_directory=True), recursive=True)
    for path in what.hidden:
        _bind(empty, point + path)
    for path in what.files:
        if not os.path.lexists(point + path):
            _bind(path, _make(point, path, is_directory=False))
        _link_names(point, path)
    _link_roots(point)
    os.chdir(point)
    kernel.syscall("pivot_root", b".", b".")
    kernel.umount(".", MNT_DETACH)
    os.chdir(HOME)
    kernel.syscall("mount_setattr", AT_FDCWD, b"/", AT_RECURSIVE, _attributes(), 32)


def _attributes() -> bytes:
    return RDONLY_NOSUID.to_bytes(8, sys.byteorder) + bytes(24)


def _below(path: str, directory: str) -> bool:
    return os.path.realpath(path).startswith(directory + "/") or path.startswith(directory + "/")


def _bind(source: str, target: str, *, recursive: bool = False) -> None:
    kernel.mount(source, target, None, MS_BIND | (MS_REC if recursive else 0))


def _make(root: str, path: str, *, is_directory: bool) -> str:
    target = root + path
    os.makedirs(target if is_directory else os.path.dirname(target), 0o755, exist_ok=True)
    if not is_directory:
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))
    return target


def _link_names(root: str, path: str) -> None:
    """Repeat the shorter names under which the dynamic linker asks for a library (libz.so.1 for libz.so.1.2.13)."""
    stem, mark, version = path.partition(".so.")
    pieces = version.split(".") if mark else []
    for count in range(1, len(pieces)):
        name = f"{stem}.so.{'.'.join(pieces[:count])}"
        if os.path.islink(name) and not os.path.lexists(root + name):
            os.symlink(os.path.basename(path), root + name)


def _link_roots(root: str) -> None:
    for name in ("lib", "lib64", "lib32"):
        if os.path.islink(f"/{name}") and not os.path.lexists(f"{root}/{name}"):
            os.symlink(os.readlink(f"/{name}"), f"{root}/{name}")
