"""What an ablation would do, said before anything is done."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from gifmcts.ablation import Arm
from gifmcts.manifest import flat
from gifmcts.store import RunFolder
from gifmcts.wording import counted, one_line


def finished(folder: RunFolder) -> bool:
    """Whether a run came to the end of its data and every tree of it is judged."""
    return folder.complete and all(row.end != "unjudged" for row in folder.summaries().values())


def print_arms(chosen: Sequence[Arm], seeds: Sequence[Mapping[str, RunFolder]], calls: str, as_object: bool) -> None:
    """Every arm with what it asks, what it changes and where its runs stand, one a seed, as text or as one JSON object.

    ``calls`` says how many calls a run has at most.
    """
    if as_object:
        found = [{"name": arm.name, "question": arm.question, "changes": arm.changes, "runs": _runs(arm, seeds)} for arm in chosen]
        sys.stdout.write(json.dumps({"arms": found}, default=str) + "\n")
        return
    runs = {folder.path: folder for folders in seeds for folder in folders.values()}
    ready = sum(finished(folder) for folder in runs.values())
    kept = f", {ready} of them finished already" if ready else ""
    print(f"{counted(len(chosen), 'arm', 'arms')} × {counted(len(seeds), 'seed', 'seeds')}: {len(runs)} runs{kept}, each {calls}")
    taken: dict[Path, str] = {}
    for arm in chosen:
        print(one_line(f"{arm.name}: {arm.question or 'asks nothing, as its file begins with no comment'}"))
        print(one_line(f"  changes {changes(arm) or 'nothing'}"))
        for folders in seeds:
            folder = folders[arm.name]
            other = f", the run of {taken[folder.path]}" if folder.path in taken else ""
            print(one_line(f"  {_state(folder)} {folder.path}{other}"))
            taken.setdefault(folder.path, arm.name)


def changes(arm: Arm) -> str:
    """What the arm's file says, in one line of TOML keys and values."""
    return ", ".join(f"{key} = {json.dumps(value, default=str, ensure_ascii=False)}" for key, value in flat(arm.changes).items())


def _runs(arm: Arm, seeds: Sequence[Mapping[str, RunFolder]]) -> list[str]:
    return [str(folders[arm.name].path) for folders in seeds]


def _state(folder: RunFolder) -> str:
    if finished(folder):
        return "is finished:"
    return "would continue" if (folder.path / "config.json").is_file() else "would run into"
