"""``gifmcts cwmb collect``: make sets of transitions from the installed environments."""

import shlex
import signal
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from cwmb_eval import catalog, dataset
from cwmb_eval.collection.trajectories import LADDER, STEPS, STRONGEST, Collector
from cwmb_eval.collection.truth import ceilings
from cwmb_eval.versions import versions
from gifmcts.cli.app import INTERRUPTED
from gifmcts.cli.run import say
from gifmcts.errors import GifmctsError, UsageError
from gifmcts.settings import LISTED


@dataclass(frozen=True)
class CollectOptions:
    """What is collected, and where it goes."""

    envs: Annotated[tuple[str, ...], LISTED] = (catalog.ALL,)
    """The environments, with or without a version, or all."""
    out: Path = Path("cwmb-data")
    """The folder for the files and their manifest; `gifmcts run cwmb --data` takes it."""
    seed: int = 0
    """Everything random is derived from it."""
    ladder: Annotated[tuple[int, ...], LISTED] = LADDER
    """The planner's effort, one number a trajectory: 1 is a random policy, 25 the planner of `gifmcts cwmb plan`."""
    strongest: int = STRONGEST
    """The same for the visited split."""
    steps: int = STEPS
    """Steps of a trajectory, at most."""


def collect(options: Annotated[CollectOptions, Parameter(name="*")] = CollectOptions()) -> int:
    """Collect seeded trajectories, split by trajectory into search and held-out, and two sets from elsewhere: visited and box."""
    if min(options.ladder, default=0) < 1 or options.strongest < 1 or options.steps < 1:
        raise UsageError("--ladder, --strongest and --steps need numbers of at least 1")
    left = catalog.entries(options.envs)
    failed, before = 0, signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        while left:
            try:
                told, where = _one(left[0], options), sys.stdout
            except GifmctsError as error:
                told, where, failed = f"{left[0].name}: {error}", sys.stderr, failed + 1
            left.pop(0)
            print(told, file=where, flush=True)
    except KeyboardInterrupt:
        _progress("")
        say("interrupted; the sets that were printed are kept. To collect the others:", "yellow")
        say(_command(replace(options, envs=tuple(entry.name for entry in left))))
        return INTERRUPTED
    finally:
        signal.signal(signal.SIGTERM, before)
    return 1 if failed else 0


def _command(options: CollectOptions) -> str:
    """The command of these options."""
    told = ((f"--{name}", ",".join(map(str, value)) if isinstance(value, tuple) else str(value)) for name, value in asdict(options).items())
    return shlex.join(["gifmcts", "cwmb", "collect", *(word for pair in told for word in pair)])


def _one(entry: catalog.Entry, options: CollectOptions) -> str:
    """Collect one environment; a line about it."""
    world = catalog.open_world(entry)
    splits = Collector(world, options.seed, options.ladder, options.strongest, options.steps, _progress).collect()
    known = {"seed": options.seed, "ceilings": ceilings(world, splits), "ladder": options.ladder, "versions": versions()}
    try:
        made = dataset.save(options.out, world.spec, splits, known)
    except OSError as error:
        raise UsageError(f"--out {options.out} cannot be written ({error.strerror}): give another folder") from error
    counts = ", ".join(f"{name} {count}" for name, count in made.counts.items())
    told = ", ".join(f"{name} {share:.3f}" for name, share in made.ceilings.items())
    return f"{world.spec.name}: {counts} transitions; ceilings: {told or 'by distribution'}; {options.out / made.file}"


def _progress(words: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{words}", end="", file=sys.stderr, flush=True)
