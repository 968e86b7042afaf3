"""What a set holds is looked at before anything is judged by it: numbers, description and manifest, each refused in one line."""

import hashlib
import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from command import gifmcts

from cwmb_eval.dataset import MANIFEST, SHIPPED, load, read_manifest
from gifmcts.errors import UsageError

Columns = dict[str, np.ndarray]


def copied(place: Path, name: str, change: Callable[[Columns], Mapping[str, np.ndarray]]) -> None:
    """A shipped set in a folder of its own, changed, with the checksum that it then has."""
    place.mkdir()
    with np.load(SHIPPED / f"{name}.npz") as archive:
        columns = {key: archive[key] for key in archive.files}
    content = io.BytesIO()
    np.savez(content, **change(columns))
    (place / f"{name}.npz").write_bytes(content.getvalue())
    entry = json.loads((SHIPPED / MANIFEST).read_text())["entries"][name]
    entry["sha256"] = hashlib.sha256(content.getvalue()).hexdigest()
    (place / MANIFEST).write_text(json.dumps({"entries": {name: entry}, "format": 1}))


def at(column: str, row: int, value: float) -> Callable[[Columns], Columns]:
    """One number of the held-out split replaced, in a kind that can hold it."""

    def change(columns: Columns) -> Columns:
        wide = columns[f"held-out.{column}"].astype(np.float64)
        wide.reshape(len(wide), -1)[row, -1] = value
        return {**columns, f"held-out.{column}": wide}

    return change


@pytest.mark.parametrize(
    ("name", "column", "value", "message"),
    [
        ("Pendulum-v1", "reward", np.nan, "nan is no finite number"),
        ("Pendulum-v1", "reward", -np.inf, "-inf is no finite number"),
        ("Pendulum-v1", "observation", 1e300, "1e+300 is no finite number"),
        ("Pendulum-v1", "next_observation", np.inf, "inf is no finite number"),
        ("Pendulum-v1", "action", 2.5, "2.5 is no action within the bounds"),
        ("RTFM", "terminated", np.nan, "nan is no truth value"),
        ("RTFM", "exact", np.inf, "inf is no truth value"),
        ("RTFM", "truncated", 2, "2.0 is no truth value"),
        ("RTFM", "action", 5, "5.0 is no action from 0 to 4"),
        ("RTFM", "action", -1, "-1.0 is no action from 0 to 4"),
        ("RTFM", "action", 0.5, "0.5 is no whole number"),
        ("RTFM", "observation", 250, "250.0 is no word"),
        ("RTFM", "next_observation", -1, "-1.0 is no whole number"),
        ("RTFM", "trajectory", 1e9, "1000000000.0 is no number of a trajectory"),
        ("RTFM", "step", -1, "-1.0 is no number of a step"),
        ("RTFM", "valid", 32, "32.0 is no set of valid actions of 5 bits"),
        ("CliffWalking-v1", "valid", 1, "1.0 is no set of valid actions of 0 bits"),
    ],
)
def test_a_number_that_no_transition_has_is_refused(tmp_path: Path, name: str, column: str, value: float, message: str) -> None:
    """The line names file, split, column and row."""
    copied(tmp_path / "sets", name, at(column, 7, value))
    entry = read_manifest(tmp_path / "sets").entries[name]
    with pytest.raises(UsageError) as raised:
        load(tmp_path / "sets", entry)
    assert str(raised.value).startswith(f"{tmp_path / 'sets' / name}.npz: held-out: column {column}, row 7: {message}")


@pytest.mark.parametrize("split", ["search", "held-out"])
@pytest.mark.parametrize("empty", [True, False])
def test_a_set_without_a_needed_split_is_refused(tmp_path: Path, split: str, empty: bool) -> None:
    """Neither absent nor of no rows: nothing could be searched with, or reported."""
    copied(
        tmp_path / "sets",
        "RTFM",
        lambda columns: {
            key: column[:0] if key.startswith(split) else column for key, column in columns.items() if empty or not key.startswith(split)
        },
    )
    with pytest.raises(UsageError, match=f"no transitions of the split {split}"):
        load(tmp_path / "sets", read_manifest(tmp_path / "sets").entries["RTFM"])


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("format",), 2, "is of format 2, this version knows format 1"),
        (("entries", "RTFM", "spec", "limit"), -5, "a limit of -5 steps"),
        (("entries", "RTFM", "spec", "name"), "../x", "under RTFM it describes '../x'"),
        (("entries", "RTFM", "spec", "observations", "dtype"), "O", "not the numbers"),
        (("entries", "RTFM", "spec", "observations", "dtype"), "nothing", "no such dtype"),
        (("entries", "RTFM", "spec", "observations", "form"), "vector", "not the numbers"),
        (("entries", "RTFM", "spec", "observations", "width"), -1, "-1 numbers wide"),
        (("entries", "RTFM", "spec", "actions", "dtype"), "O", "not the numbers"),
        (("entries", "RTFM", "spec", "actions", "count"), -1, "neither -1 integers nor"),
        (("entries", "RTFM", "spec", "actions", "count"), 63, "1 to 62 have a bit each"),
        (("entries", "RTFM", "file"), "../RTFM.npz", "no name in the folder"),
        (("entries", "RTFM", "ceilings"), {"search": 2}, "from 0 to 1"),
    ],
)
def test_a_manifest_that_no_collection_writes_is_refused(tmp_path: Path, path: tuple[str, ...], value: object, message: str) -> None:
    """Format, limits, kinds of numbers and names; the line names the manifest."""
    copied(tmp_path / "sets", "RTFM", lambda columns: columns)
    whole = json.loads((tmp_path / "sets" / MANIFEST).read_text())
    inner = whole
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    (tmp_path / "sets" / MANIFEST).write_text(json.dumps(whole))
    with pytest.raises(UsageError, match=message) as raised:
        read_manifest(tmp_path / "sets")
    assert str(raised.value).startswith(str(tmp_path / "sets" / MANIFEST))


def test_a_set_is_refused_with_status_two(tmp_path: Path) -> None:
    """One line of the command, with no traceback and no warning."""
    copied(tmp_path / "sets", "RTFM", at("terminated", 3, np.nan))
    done = gifmcts(tmp_path, "cwmb", "score", "reference", "--data", "sets")
    assert done.returncode == 2
    assert "held-out: column terminated, row 3: nan is no truth value" in done.stderr
    assert not any(word in done.stderr for word in ("Traceback", "Warning"))


def test_a_set_that_is_as_collected_is_loaded(tmp_path: Path) -> None:
    """The copy that the other tests damage is whole before it is."""
    copied(tmp_path / "sets", "RTFM", lambda columns: columns)
    data = load(tmp_path / "sets", read_manifest(tmp_path / "sets").entries["RTFM"])
    assert len(data.splits) == 4
