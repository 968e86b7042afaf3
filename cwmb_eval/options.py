"""What a user chooses about world models."""

from dataclasses import dataclass
from typing import Annotated

from cwmb_eval.metrics.scores import Metric
from gifmcts.settings import LISTED


@dataclass(frozen=True)
class CwmbOptions:
    """Which environments are to be simulated and how programs are judged."""

    envs: Annotated[tuple[str, ...], LISTED] = ()
    """The environments, with or without a version, as CartPole-v1,Taxi,RTFM, or all; by default those that the data hold."""

    data: str | None = None
    """A folder that `gifmcts cwmb collect` made; by default the small sets that come with the package."""

    published: str | None = None
    """A folder with the published transitions of CWMB as npz files; they have no held-out split."""

    metric: Metric = Metric.ACCURACY
    """The reward: accuracy within a tolerance, or the released metric of 2024."""

    time_limit: float = 2.0
    """Processor seconds for each hundred transitions."""

    memory_mb: int = 1024
    """Memory in MiB, beyond the empty interpreter."""

    workers: int | None = None
    """Processes that run programs; by default one per core."""

    unsafe_no_isolation: bool = False
    """Run programs even where this machine offers no isolation."""
