"""Loads what candidate programs import, once, so that no child pays for it; nothing here may start a thread."""

import contextlib
import gc
import importlib
import os
import sys
import warnings
from collections.abc import Iterator

STANDARD = """
__future__ abc array ast atexit bisect builtins calendar cmath codecs collections collections.abc contextlib copy dataclasses
datetime decimal enum fractions functools gc heapq inspect io itertools json linecache math numbers operator os pprint queue
random re resource select signal socket stat statistics string struct sys textwrap threading time timeit tokenize traceback
types typing unicodedata warnings weakref zlib encodings.ascii encodings.latin_1 encodings.utf_8_sig
"""
"""Names of modules, separated by white space. Every mapped library makes every fork dearer: those with large ones are left out."""
SEED = 0


def load(packages: list[str]) -> None:
    """Import the modules, the packages too, lift the limit on digits, and make randomness the same in every child."""
    with warnings.catch_warnings(), _without_fork_hooks():
        warnings.simplefilter("ignore")
        for name in [*STANDARD.split(), *packages]:
            with contextlib.suppress(ImportError):
                importlib.import_module(name)
    sys.set_int_max_str_digits(0)
    site = importlib.import_module("site")  # which does nothing by itself under -S
    for complete in (site.setquit, site.setcopyright, site.sethelper):
        complete()
    import random

    random.seed(SEED)
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
