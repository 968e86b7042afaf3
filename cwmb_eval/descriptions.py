"""What a model is told of an environment: the installed package's own docstring, cleaned, or a short text of ours where it is absent."""

import re
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from inspect import cleandoc
from pathlib import Path
from typing import Final

_OWN: Final = Path(__file__).with_name("data")
_DROPPED: Final = ("version history", "arguments", "references", "information", "vectorized environment", "credits")
"""Sections that say nothing of the dynamics."""
_FIGURE: Final = re.compile(r"^```\{.*?^```\n?", re.MULTILINE | re.DOTALL)
_ANCHOR: Final = re.compile(r"</?a\b[^>]*>")


def describe(name: str) -> str | None:
    """The description of an environment by its name with version; ``None`` where nothing is known of it here."""
    document = _document(name)
    if document:
        return clean(document)
    own = _OWN / f"{name.partition('-v')[0]}.md"
    return own.read_text(encoding="utf-8").strip() if own.is_file() else None


def source() -> str:
    """Where descriptions come from on this machine: it decides what a model is asked."""
    try:
        return f"docstrings of gymnasium {version('gymnasium')}"
    except PackageNotFoundError:
        return "short texts (gymnasium is not installed)"


def clean(document: str) -> str:
    """A docstring without figures, anchors and the sections that say nothing of the dynamics."""
    text = _ANCHOR.sub("", _FIGURE.sub("", cleandoc(document)))
    kept, keeping, fenced = [], True, False
    for line in text.splitlines():
        fenced ^= line.lstrip().startswith("```")
        if line.startswith("#") and not fenced:
            keeping = line.lstrip("# ").strip().lower() not in _DROPPED
        if keeping:
            kept.append(line.rstrip())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def _document(name: str) -> str:
    """The docstring of the class that gymnasium registers; empty where it cannot be imported."""
    if find_spec("gymnasium") is None:
        return ""
    import gymnasium

    if name not in gymnasium.registry:
        return ""
    module, _, kind = str(gymnasium.registry[name].entry_point).partition(":")
    try:
        return getattr(import_module(module), kind).__doc__ or ""
    except (ImportError, gymnasium.error.DependencyNotInstalled):
        return ""
