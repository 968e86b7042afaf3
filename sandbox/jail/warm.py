"""Loads what candidate programs import, so that no child pays for it; nothing here may start a thread.

Every page and every mapping of a zygote is paid again by each fork below it: what nearly every program uses is loaded once,
what a program's text mentions is loaded by its runner, before the first child.
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import warnings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

ALWAYS = """
_bisect _collections_abc _heapq abc atexit bisect builtins codecs collections collections.abc contextlib copy encodings.ascii
encodings.latin_1 errno functools heapq io itertools keyword linecache math operator os posixpath re reprlib string struct sys
textwrap time tokenize traceback types warnings weakref
"""
_MENTIONED = """
__future__ array ast bisect calendar cmath concurrent ctypes dataclasses datetime decimal enum fractions inspect json numbers pprint
queue random resource select signal socket statistics stat threading timeit typing unicodedata zlib
"""
MENTIONED = tuple(_MENTIONED.split())
"""What a program's text makes its runner import where it occurs in it."""
LOADED_BYTES = 16 << 20
"""What all of it may map."""
SEED = 0


def load(packages: list[str]) -> None:
    """Import what every program gets, the packages too, lift the limit on digits, and make randomness the same in every child."""
    for category in (SyntaxWarning, DeprecationWarning):  # compiling a program has nobody to warn
        warnings.simplefilter("ignore", category)
    for name in [*ALWAYS.split(), *packages]:
        _import(name)
    sys.set_int_max_str_digits(0)
    import site  # which does nothing by itself under -S

    for complete in (site.setquit, site.setcopyright, site.sethelper):
        complete()
    _seed()


def load_mentioned(source: str) -> int:
    """Import what a program's text mentions; how many bytes of address space that may have taken."""
    names = [name for name in MENTIONED if name in source and name not in sys.modules]
    for name in names:
        _import(name)
    if names:
        _seed()
    return LOADED_BYTES if names else 0


def _import(name: str) -> None:
    with warnings.catch_warnings(), _without_fork_hooks(), contextlib.suppress(ImportError):
        warnings.simplefilter("ignore")
        __import__(name)


def _seed() -> None:
    if "random" in sys.modules:
        sys.modules["random"].seed(SEED)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(SEED)


def settle() -> None:
    """Collect now and never look at what is here again, so that children share its pages."""
    gc.collect()
    gc.freeze()
    gc.disable()


@contextlib.contextmanager
def _without_fork_hooks() -> Iterator[None]:
    """Keep ``random`` from drawing a new seed in every child, and ``threading`` from mending what one thread cannot have broken."""
    original = os.register_at_fork
    os.register_at_fork = lambda **_: None
    try:
        yield
    finally:
        os.register_at_fork = original
