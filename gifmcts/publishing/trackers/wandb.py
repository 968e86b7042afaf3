"""Weights & Biases: online by ``WANDB_API_KEY``, or into a folder by ``WANDB_MODE=offline``."""

import os

import wandb

from gifmcts.errors import UsageError
from gifmcts.publishing.tracking import PROJECT, Tracked, Tracker, refused

_WITHOUT_KEY = ("offline", "dryrun", "disabled")


def send(run: Tracked) -> str:
    """Make a run of a project; of this machine and its checkout nothing is told.

    Raises:
        UsageError: there is no key, and none may be asked for.
        TrackerError: Weights & Biases did not take it.
    """
    if os.environ.get("WANDB_MODE") not in _WITHOUT_KEY and not os.environ.get("WANDB_API_KEY"):
        raise UsageError("WANDB_API_KEY is not set; set it, or WANDB_MODE=offline to write a folder that `wandb sync` sends later")
    project = os.environ.get("WANDB_PROJECT", PROJECT)
    try:
        with wandb.init(project=project, name=run.title, config={**run.config, **run.tags}, settings=_settings()) as made:
            for calls, row in enumerate(run.curve, 1):
                made.log(dict(row), step=calls)
            made.summary.update(dict(run.numbers))
    except (wandb.Error, ValueError, OSError) as error:
        raise refused(Tracker.WANDB, error, "WANDB_API_KEY, WANDB_BASE_URL and WANDB_MODE") from error
    return f"run {made.id} of project {project}"


def _settings() -> wandb.Settings:
    """Quiet, and of this machine and its checkout nothing."""
    return wandb.Settings(
        silent=True,
        console="off",
        save_code=False,
        disable_code=True,
        disable_git=True,
        x_disable_stats=True,
        x_disable_meta=True,
        x_disable_machine_info=True,
        x_save_requirements=False,
        host=PROJECT,
    )
