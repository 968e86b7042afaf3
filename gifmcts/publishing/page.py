"""A report as one file: tables and figures of runs, readable without a network."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from gifmcts.metrics import Share
from gifmcts.publishing.figures import Picture
from gifmcts.publishing.measures import Published, horizon
from gifmcts.seams import Literature
from gifmcts.types import Label, Scoring
from gifmcts.wording import printed

MEANING = {
    Label.HELD_OUT: "scored by tests that the search did not see",
    Label.ORACLE: "ORACLE: the search was rewarded by the very tests that score it",
    Label.ORACLE_ONLY: "too few tests to hold any out; never part of the held-out number",
}


def page(runs: Sequence[Published], pictures: Sequence[Picture], literature: Sequence[Literature] = ()) -> str:
    """The report of runs, each number with its label; nothing in it depends on when or where it is made."""
    templates = Environment(
        loader=PackageLoader("gifmcts.publishing"),
        autoescape=True,
        finalize=printed,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = templates.get_template("report.css").render()
    return templates.get_template("report.html").render(
        runs=runs,
        pictures=[(picture, b64encode(picture.svg).decode()) for picture in pictures],
        labels=[label for label in Label if any(label in run.report.shares for run in runs)],
        meaning=MEANING,
        horizons=_horizons(runs),
        settings=_settings(runs),
        scoring=_scoring(runs),
        same_problems=len({run.tasks for run in runs}) == 1,
        shared=len(frozenset.intersection(*(run.tasks for run in runs))),
        literature=literature,
        gap=[Share(run.report.gap[1], run.report.gap[0]) for run in runs],
        style=Markup(style),
        digest=b64encode(sha256(style.encode()).digest()).decode(),
    )


def _horizons(runs: Sequence[Published]) -> Mapping[Label, int]:
    """Up to how many tokens the curves of a label are compared."""
    return {label: horizon(run.by_tokens[label] for run in runs if label in run.by_tokens) for label in Label}


def _scoring(runs: Sequence[Published]) -> Scoring:
    """What the scores of all runs are called."""
    found = {run.report.manifest.scoring for run in runs}
    names = sorted({one.reward for one in found}), sorted({one.solved for one in found})
    return Scoring(*(" or ".join(some) for some in names))


def _settings(runs: Sequence[Published]) -> list[tuple[str, list[str], bool]]:
    """Every setting and version with its value in each run, and whether they differ."""
    tables = [_flat(run) for run in runs]
    rows = []
    for key in sorted({key for table in tables for key in table}):
        values = [table.get(key, "–") for table in tables]
        rows.append((key, values, len(set(values)) > 1))
    return rows


def _flat(run: Published) -> dict[str, str]:
    manifest, flat = run.report.manifest, dict[str, str]()
    for key, value in manifest.config.items():
        flat |= {f"{key}.{name}": str(item) for name, item in value.items()} if isinstance(value, dict) else {key: str(value)}
    host = {key: text for key, text in manifest.host.items() if key not in ("host", "started")}
    return flat | host | {"digest of the trees": run.report.digest}
