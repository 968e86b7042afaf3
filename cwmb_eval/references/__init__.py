"""World models written by hand: they prove the metrics, and the simulated model writes them with faults. No prompt sees them."""

from pathlib import Path

_HERE = Path(__file__).parent


def reference(name: str) -> str | None:
    """The program for an environment with or without a version; ``None`` where there is none."""
    path = _HERE / f"{name.partition('-v')[0].lower().replace('-', '_')}.py"
    return path.read_text(encoding="utf-8") if path.is_file() else None
