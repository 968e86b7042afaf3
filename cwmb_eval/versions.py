"""What true environments depend on, as it is installed."""

from importlib.metadata import PackageNotFoundError, version


def versions() -> dict[str, str]:
    """Packages and their versions; one that is missing is left out."""
    found = {}
    for name in ("gymnasium", "mujoco", "numpy"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
