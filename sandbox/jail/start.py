"""Where the bare interpreter begins: ``python -s -P -S start.py DESCRIPTOR SETTINGS``.

``SETTINGS`` is a table (``frames.write_table``): features that may be used, packages with their directories, whether none is enough.
"""

import os
import sys


def _load_jail() -> None:
    """Make this directory importable as a package named ``jail``, outside of ``sys.path``."""
    here = os.path.dirname(os.path.abspath(__file__))
    package = sys.modules["jail"] = type(sys)("jail")
    package.__path__ = [here]


def main() -> None:
    """Prepare the process for its next exec if it must, else become a zygote."""
    _load_jail()
    from jail import enter  # type: ignore[import-not-found]

    if len(sys.argv) == 3:  # a third argument says that it did
        enter.again(sys.argv)
    enter.begin(int(sys.argv[1]), sys.argv[2])


main()
