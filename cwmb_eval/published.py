"""The published transitions of CWMB as npz files: one folder, one file an environment, no split, ``done`` with truncation in it."""

import hashlib
from pathlib import Path
from typing import Final

import numpy as np

from cwmb_eval import catalog
from cwmb_eval.contents import refuse
from cwmb_eval.dataset import DataSet, read_arrays
from cwmb_eval.environment import Actions, EnvironmentSpec, Form, Observations
from cwmb_eval.transitions import Array, Split, Transitions, transitions
from gifmcts.errors import UsageError

_DISCRETE: Final = {"Blackjack": 2, "CliffWalking": 4, "Taxi": 6, "CartPole": 2, "MountainCar": 3, "Acrobot": 3}
_COLUMNS: Final = {"observation", "action", "next_observation", "reward", "done", "trajectory_start"}


def find(folder: Path) -> dict[str, Path]:
    """The files of a folder by environment.

    Raises:
        UsageError: there is no folder, or nothing in it.
    """
    known = {f"{entry.name}-v{version}" for entry in catalog.ENTRIES for version in range(6)}
    found = {path.stem: path for path in sorted(folder.glob("*.npz")) if path.stem in known}
    if not found:
        raise UsageError(f"--published {folder}: there is no file such as CartPole-v1.npz in it")
    return found


def load(path: Path) -> DataSet:
    """A published set, all of it for the search.

    Raises:
        UsageError: it is no npz file of plain arrays, or lacks a column, or a column holds what no transition has.
    """
    content = path.read_bytes()
    arrays = read_arrays(content, path)
    if not set(arrays) >= _COLUMNS:
        raise UsageError(f"{path} has no column {', '.join(sorted(_COLUMNS - set(arrays)))}")
    try:
        spec, some = _read(path.stem, {name: arrays[name] for name in sorted(_COLUMNS)})
    except ValueError as error:
        raise UsageError(f"{path}: {error}") from error
    return DataSet(spec, {Split.SEARCH: some}, hashlib.sha256(content).hexdigest())


def _read(name: str, arrays: dict[str, Array]) -> tuple[EnvironmentSpec, Transitions]:
    """Description and transitions.

    Raises:
        ValueError: a column does not hold one row of numbers a transition, or numbers that no transition has.
    """
    count = arrays["reward"].shape[0] if arrays["reward"].ndim else 0
    for label, column in arrays.items():
        if column.dtype.kind not in "biuf" or not count or column.shape[:1] != (count,):
            raise ValueError(f"column {label} is {column.dtype} of shape {column.shape}: one row of numbers is needed for each transition")
    given, here = arrays["trajectory_start"].reshape(-1), np.arange(count)
    with np.errstate(invalid="ignore"):
        firsts = given.astype(np.int64)
    if len(firsts) != count or ((firsts < 0) | (firsts > here) | (firsts != given)).any():
        raise ValueError("trajectory_start must name, for each transition, the first one of its trajectory")
    spec = _spec(name, arrays)
    columns = {
        **{name: arrays[name] for name in ("observation", "action", "next_observation", "reward")},
        "terminated": arrays["done"],
        "truncated": np.zeros(count, dtype=bool),
        "trajectory": np.unique(firsts, return_inverse=True)[1],
        "step": here - firsts,
        "exact": np.ones(count, dtype=bool),
        "valid": np.zeros(count, dtype=np.int64),
    }
    some = transitions(columns, spec)
    refuse(columns, some, spec)
    return spec, some


def _spec(name: str, arrays: dict[str, Array]) -> EnvironmentSpec:
    """The description that the arrays themselves give; the bounds of continuous actions are those that occur."""
    plain = name.partition("-v")[0]
    seen, actions = arrays["observation"], arrays["action"]
    width = int(np.prod(seen.shape[1:], dtype=np.int64))
    if seen.dtype.kind == "f":
        observations = Observations(Form.VECTOR, seen.dtype.str, width)
    else:
        observations = Observations(Form.INTEGER if seen.ndim == 1 else Form.TUPLE, "<i8", width)
    if plain in _DISCRETE:
        possible = Actions(_DISCRETE[plain])
    else:
        rows = actions.reshape(len(actions), -1).astype(np.float64)
        possible = Actions(0, tuple(rows.min(axis=0).tolist()), tuple(rows.max(axis=0).tolist()), actions.dtype.str)
    return EnvironmentSpec(name, observations, possible, stochastic=plain == "Blackjack")
