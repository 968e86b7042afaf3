"""MLflow: where ``MLFLOW_TRACKING_URI`` says, otherwise where MLflow keeps runs by itself."""

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from mlflow.entities import Metric, Param
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from gifmcts.publishing.tracking import PROJECT, Tracked, Tracker, refused

_FAILURES = (MlflowException, ValueError, OSError)


def send(run: Tracked) -> str:
    """Make a run of an experiment; the client is used rather than the current run, which would add the user's and the script's name.

    Raises:
        TrackerError: MLflow did not take it.
    """
    name = os.environ.get("MLFLOW_EXPERIMENT_NAME", PROJECT)
    now = int(time.time() * 1000)
    metrics = [Metric(_key(key), float(value), now, 0) for key, value in run.numbers.items()]
    metrics += [Metric(_key(key), value, now, calls) for calls, row in enumerate(run.curve, 1) for key, value in row.items()]
    try:
        client = MlflowClient()
        found = client.get_experiment_by_name(name)
        experiment = found.experiment_id if found else client.create_experiment(name)
        made = client.create_run(experiment, run_name=run.title, tags={f"gifmcts.{key}": value for key, value in run.tags.items()})
        with _whole(client, made.info.run_id):
            client.log_batch(made.info.run_id, metrics, [Param(_key(key), value) for key, value in run.config.items()], ())
            client.set_terminated(made.info.run_id)
    except _FAILURES as error:
        raise refused(Tracker.MLFLOW, error, "MLFLOW_TRACKING_URI") from error
    return f"run {made.info.run_id} of experiment {name}"


@contextmanager
def _whole(client: MlflowClient, made: str) -> Iterator[None]:
    """Take a run away again that MLflow did not take whole."""
    try:
        yield
    except _FAILURES:
        with suppress(*_FAILURES):
            client.delete_run(made)
        raise


def _key(text: str) -> str:
    """The key in the characters that MLflow allows."""
    return re.sub(r"[^\w./ :-]", "_", text)
