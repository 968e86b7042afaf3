"""The APPS benchmark (arXiv 2105.09938): data, scoring rules and tasks.

``grade`` runs given programs on the tests of their problems; ``pass_at_k`` is the unbiased estimate from n independent samples.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apps_eval.grading.interface import grade
    from apps_eval.grading.programs import Submission
    from gifmcts.metrics import pass_at_k

__all__ = ["Submission", "grade", "pass_at_k"]

_PLACES = {"grade": "apps_eval.grading.interface", "Submission": "apps_eval.grading.programs", "pass_at_k": "gifmcts.metrics"}


def __getattr__(name: str) -> object:
    """Import what is asked for: most who import a part of this package do not grade."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_PLACES[name]), name)
