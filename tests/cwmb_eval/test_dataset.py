"""Sets of transitions: the same seeds make the same bytes, files are checked, and no trajectory is in two splits."""

import hashlib
import io
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path

import msgspec
import numpy as np
import pytest
from worlds import shipped

from cwmb_eval import dataset
from cwmb_eval.collection.trajectories import Collector
from cwmb_eval.collection.truth import ceilings
from cwmb_eval.dataset import SHIPPED, load, read_arrays, read_manifest, save
from cwmb_eval.descriptions import clean, describe
from cwmb_eval.environment import Block, Form, Observations
from cwmb_eval.transitions import Split
from cwmb_eval.worlds.rtfm import Rtfm
from gifmcts.errors import UsageError

NAMES = ("Blackjack", "CliffWalking", "Taxi", "CartPole", "MountainCar", "Acrobot", "Pendulum", "RTFM", "RTFM-full")


def collected(folder: Path, seed: int = 0) -> dataset.Entry:
    """A small set of the fixed game."""
    world = Rtfm()
    splits = Collector(world, seed, ladder=(1, 3), strongest=4, steps=15).collect()
    return save(folder, world.spec, splits, {"seed": seed, "ceilings": ceilings(world, splits), "ladder": (1, 3), "versions": {}})


def test_the_same_seed_makes_the_same_file(tmp_path: Path) -> None:
    """Byte by byte; another seed another one."""
    first, second, other = (collected(tmp_path / name, seed) for name, seed in (("a", 0), ("b", 0), ("c", 1)))
    assert first == second
    assert (tmp_path / "a" / first.file).read_bytes() == (tmp_path / "b" / second.file).read_bytes()
    assert other.sha256 != first.sha256


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    """All four splits, with the counts and ceilings of the manifest."""
    made = collected(tmp_path)
    entry = read_manifest(tmp_path).entries["RTFM"]
    assert entry == made
    data = load(tmp_path, entry)
    assert set(data.splits) == set(Split)
    assert {split.value: len(some) for split, some in data.splits.items()} == dict(entry.counts)
    assert set(data.ceilings.values()) == {1.0}


SAVING = """
import sys
from dataclasses import replace
from pathlib import Path

from cwmb_eval.dataset import SHIPPED, load, read_manifest, save

data = load(SHIPPED, read_manifest(SHIPPED).entries["CliffWalking-v1"])
print("ready", flush=True)
sys.stdin.readline()
for number in range(30):
    save(Path(sys.argv[1]), replace(data.spec, name=f"{sys.argv[2]}{number}"), data.splits, {"seed": 0, "ceilings": {}})
"""


def test_two_collections_into_one_folder_lose_nothing(tmp_path: Path) -> None:
    """Thirty sets of each of two processes that begin together are all in the manifest, and no draft is left."""
    command = [sys.executable, "-c", SAVING, str(tmp_path / "sets")]
    both = [subprocess.Popen([*command, who], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for who in "ab"]
    for process in both:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in both:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    for process in both:
        process.communicate()
    assert [process.returncode for process in both] == [0, 0]
    assert set(read_manifest(tmp_path / "sets").entries) == {f"{who}{number}" for who in "ab" for number in range(30)}
    assert not [path for path in (tmp_path / "sets").iterdir() if path.suffix not in (".npz", ".json", ".lock")]


def test_a_shipped_set_is_what_the_command_makes() -> None:
    """Number by number: whoever changes a planner or a policy collects the sets of the package anew."""
    made, data = Collector(Rtfm(), seed=0).collect(), shipped("RTFM")
    assert set(made) == set(data.splits)
    for split, some in made.items():
        for name, column in some.columns().items():
            assert np.array_equal(column, data.splits[split].columns()[name]), (split, name)


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    """Its checksum is not the manifest's."""
    made = collected(tmp_path)
    with (tmp_path / made.file).open("ab") as stream:
        stream.write(b"x")
    with pytest.raises(UsageError, match="another checksum"):
        load(tmp_path, made)
    (tmp_path / made.file).unlink()
    with pytest.raises(UsageError, match="collect the sets again"):
        load(tmp_path, made)


def test_pickles_are_never_read(tmp_path: Path) -> None:
    """Neither as a file nor as an array of objects inside one; the message is for a user."""
    path = tmp_path / "bad.npz"
    np.savez(path, column=np.array([{"a": 1}], dtype=object))
    for content in (path.read_bytes(), pickle.dumps([1]), b""):
        with pytest.raises(UsageError, match="no npz file of plain arrays"):
            read_arrays(content, path)


def test_a_damaged_archive_is_refused_with_words(tmp_path: Path) -> None:
    """A broken stream, an encrypted member, an unknown compression and a header that claims terabytes are no tracebacks."""
    path = tmp_path / "bad.npz"
    np.savez_compressed(path, column=np.random.default_rng(0).random(1000))
    whole = path.read_bytes()
    listed = whole.rindex(b"PK\x01\x02")
    broken = whole[:200] + b"\xff" * 200 + whole[400:]
    encrypted = whole[:6] + b"\x01" + whole[7 : listed + 8] + b"\x01" + whole[listed + 9 :]
    unknown = whole[:8] + b"\x63" + whole[9 : listed + 10] + b"\x63" + whole[listed + 11 :]
    header, file = io.BytesIO(), io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (1 << 50,)})
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("column.npy", header.getvalue())
    for content in (broken, encrypted, unknown, file.getvalue()):
        with pytest.raises(UsageError, match="no npz file of plain arrays"):
            read_arrays(content, path)


def test_arrays_that_fill_the_memory_together_are_refused(tmp_path: Path) -> None:
    """Each may be small enough alone; what the archive says of its members decides, before anything is unpacked."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number in range(5):
            archive.writestr(f"{number}.npy", bytes(dataset.MOST_BYTES // 4))
    with pytest.raises(UsageError, match="larger than 1 GiB together"):
        read_arrays(file.getvalue(), tmp_path / "bomb.npz")


def test_a_file_of_the_wrong_shape_is_refused(tmp_path: Path) -> None:
    """A column that is missing is named."""
    path = tmp_path / "RTFM.npz"
    np.savez(path, **{"search.reward": np.zeros(3)})
    entry = read_manifest(SHIPPED).entries["RTFM"]
    changed = msgspec.convert({**msgspec.to_builtins(entry), "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}, dataset.Entry)
    with pytest.raises(UsageError, match="no column action"):
        load(tmp_path, changed)


@pytest.mark.parametrize("name", NAMES)
def test_the_shipped_sets_are_whole(name: str) -> None:
    """Four splits with enough in them, a description beside them, and nothing both terminated and truncated."""
    data = shipped(name)
    assert set(data.splits) == set(Split)
    assert all(len(some) >= 90 for some in data.splits.values())
    assert not any((some.terminated & some.truncated).any() for some in data.splits.values())
    assert (SHIPPED / f"{data.spec.name.partition('-v')[0]}.md").is_file()
    assert describe(data.spec.name)
    starts = {split: some.observation[some.step == 0].tobytes() for split, some in data.splits.items()}
    assert name in ("CliffWalking",) or starts[Split.SEARCH] != starts[Split.HELD_OUT]


def test_the_shipped_sets_are_small() -> None:
    """A wheel is not a data set."""
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) < 1 << 20


@pytest.mark.parametrize("name", ["Pendulum", "Taxi", "CliffWalking", "CartPole"])
def test_the_quality_of_trajectories_rises(name: str) -> None:
    """The planner's last trajectories earn more than random ones, and so do those of the visited split."""
    returns = {}
    for split in (Split.SEARCH, Split.VISITED):
        some = shipped(name).splits[split]
        returns[split] = [some.reward[some.trajectory == number].sum() for number in range(some.trajectory.max() + 1)]
    chance = np.mean(returns[Split.SEARCH][:5])
    assert np.mean(returns[Split.SEARCH][7:]) > chance
    assert np.mean(returns[Split.VISITED]) > chance


def test_a_description_that_contradicts_itself_is_refused() -> None:
    """Blocks must make up the width."""
    with pytest.raises(ValueError, match="do not make up"):
        Observations(Form.WORDS, "|u1", 5, ("a",), (Block("grid", (2, 2)),))


def test_docstrings_are_cleaned() -> None:
    """Figures, anchors, and what says nothing of the dynamics go; the rest stays."""
    document = """
    ## Description
    A cart <a href="#x">[1]</a>.

    ```{figure} cart.png
    :name: cart
    ```

    ## Arguments
    ```python
    # import gymnasium
    ```
    Many.

    ## Rewards
    One a step.

    ## References
    [1] Somebody.

    ### Version History
    * v1
    """
    assert clean(document) == "## Description\nA cart [1].\n\n## Rewards\nOne a step."
