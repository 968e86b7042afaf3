"""Integers of any length, read and written where the data needs it and nowhere else."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

# The limit belongs to the whole process: two threads that lifted it at once could restore each other's "no limit" for good.
_lock = RLock()


@contextmanager
def unlimited_digits() -> Iterator[None]:
    """Lift Python's limit on the digits of an integer for the time of a ``with`` block, which may not suspend itself."""
    with _lock:
        limit = sys.get_int_max_str_digits()
        sys.set_int_max_str_digits(0)
        try:
            yield
        finally:
            sys.set_int_max_str_digits(limit)
