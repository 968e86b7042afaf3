"""trackio: on this machine, or in the Hugging Face Space that ``TRACKIO_SPACE_ID`` names."""

import os
import sqlite3
import sys
from contextlib import redirect_stdout

import trackio

from gifmcts.errors import UsageError
from gifmcts.publishing.tracking import PROJECT, Tracked, Tracker, refused


def send(run: Tracked) -> str:
    """Make a run of a project; a Space that does not exist yet is made private.

    Raises:
        UsageError: a Space is named and ``HF_TOKEN`` is not set.
        TrackerError: trackio did not take it.
    """
    if os.environ.get("TRACKIO_SPACE_ID") and not os.environ.get("HF_TOKEN"):
        raise UsageError("TRACKIO_SPACE_ID names a Space and HF_TOKEN is not set; set it, or unset TRACKIO_SPACE_ID to keep runs here")
    project = os.environ.get("TRACKIO_PROJECT", PROJECT)
    rows = [dict(row) for row in run.curve] or [{}]
    rows[-1] |= run.numbers
    try:
        with redirect_stdout(sys.stderr):
            made = trackio.init(
                project, run.title, config={**run.config, **run.tags}, private=True, embed=False, auto_log_gpu=False, auto_log_cpu=False
            )
            for calls, row in enumerate(rows, 1):
                trackio.log(row, step=calls)
            trackio.finish()
    except (ValueError, OSError, RuntimeError, sqlite3.Error) as error:
        raise refused(Tracker.TRACKIO, error, "TRACKIO_SPACE_ID, TRACKIO_SERVER_URL and TRACKIO_DIR") from error
    return f"run {made.name} of project {project}"
