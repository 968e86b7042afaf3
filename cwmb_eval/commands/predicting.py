"""``gifmcts cwmb llm-as-model``: a language model as the world model, beside a program."""

import asyncio
import contextlib
import json as jsonlib
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from cwmb_eval import descriptions
from cwmb_eval.benchmark import Cwmb
from cwmb_eval.commands.judging import data_sets, judging
from cwmb_eval.commands.programs import REFERENCE, programs
from cwmb_eval.dataset import DataSet
from cwmb_eval.judging.judge import Judge
from cwmb_eval.metrics.scores import Metric
from cwmb_eval.predicting.questions import TEMPLATE, Asker, drawn, known, predict
from cwmb_eval.predicting.table import HEADER, Row, compare, means
from cwmb_eval.task import WorldTask
from cwmb_eval.transitions import Split
from gifmcts.errors import GifmctsError, ModelError, UsageError
from gifmcts.models.catalog import ModelSettings, open_model
from gifmcts.models.modelfile import describe
from gifmcts.prompting import Prompts
from gifmcts.settings import LISTED, SamplingPreset, SamplingSettings

_FLAT = Parameter(name="*")
_MODELS = ModelSettings()
_SAMPLING = SamplingSettings()


@dataclass(frozen=True)
class PredictOptions:
    """Who predicts what."""

    model: str = "simulated"
    """The language model: simulated, vllm/NAME_OR_PATH, transformers/NAME_OR_PATH, server/NAME, replay/FILE, or a model file FILE.toml."""
    envs: Annotated[tuple[str, ...], LISTED] = ()
    """The environments; by default those of the program."""
    samples: int = 20
    """Transitions of each environment, drawn from the held-out split."""
    concurrency: int = 1
    """Questions asked at the same time; with more, a step waits for others and takes longer."""
    seed: int = 0
    """Which transitions are drawn, and how the model draws tokens, is derived from it."""
    data: Path | None = None
    """A folder that `gifmcts cwmb collect` made; by default the small sets that come with the package."""
    prompts: Path | None = None
    """A directory whose templates replace the packaged ones of the same name."""
    record: Path | None = None
    """A file for all answers; `--model replay/FILE` gives them again."""
    runs: Path = Path("runs")
    """Where run folders stand."""
    unsafe_no_isolation: bool = False
    """Run programs even where this machine offers no isolation."""
    json: bool = False
    """Print one JSON object a line instead of the table."""


def llm_as_model(
    program: str = REFERENCE,
    /,
    *,
    options: Annotated[PredictOptions, _FLAT] = PredictOptions(),
    models: Annotated[ModelSettings, _FLAT] = _MODELS,
    sampling: Annotated[SamplingSettings, _FLAT] = _SAMPLING,
) -> int:
    """Ask a language model itself for next states, rewards and ends: accuracy, seconds and tokens of a step, beside those of a program.

    Parameters
    ----------
    program
        A file with a program, the name of a run (its chosen programs), or `reference`.
    """
    if options.samples < 1 or options.concurrency < 1:
        raise UsageError("--samples and --concurrency need at least 1")
    chosen = _chosen(program, options)
    if options.record is not None:
        _refuse_unwritable(options.record)
    if sampling.sampling is None and not options.model.endswith(".toml"):
        sampling = replace(sampling, sampling=SamplingPreset.GREEDY)
    rows, failed = asyncio.run(_predicted(chosen, options, models, sampling))
    if options.json:
        for row in rows:
            print(jsonlib.dumps(row.as_json()))
    elif rows:
        _print(rows)
    return 1 if failed else 0


def _refuse_unwritable(file: Path) -> None:
    """Find out before anything is asked that answers could not be kept.

    Raises:
        UsageError: the file cannot be written.
    """
    try:
        file.open("ab").close()
    except OSError as error:
        raise UsageError(f"--record {file}: {error.strerror}; choose another file") from error


def _chosen(program: str, options: PredictOptions) -> dict[str, tuple[DataSet, str]]:
    """Data and programs by environment.

    Raises:
        UsageError: nothing is left to predict.
    """
    sets = {data.spec.name: data for data in data_sets(options.envs, options.data)}
    for name in [name for name, data in sets.items() if data.spec.stochastic]:
        print(f"{name}: undefined, since single answers are compared and it is stochastic", file=sys.stderr)
        del sets[name]
    found = programs(program, options.runs, sets)
    if not found:
        raise UsageError("there is no environment left with a program to be set beside the model; name others by --envs")
    return {name: (sets[name], source) for name, source in found.items()}


async def _predicted(
    chosen: Mapping[str, tuple[DataSet, str]], options: PredictOptions, models: ModelSettings, sampling: SamplingSettings
) -> tuple[list[Row], bool]:
    """Rows, and whether the model left before the end; answers are written down whatever happens."""
    rows: list[Row] = []
    async with judging(Metric.ACCURACY, options.unsafe_no_isolation) as judge, _asker(chosen, options, models, sampling) as asker:
        try:
            for data, source in chosen.values():
                rows.append(await _row(judge, asker, data, source, options))
        except ModelError as error:
            print(f"error: {error}", file=sys.stderr)
            return rows, True
        finally:
            if options.record is not None and asker.answered:
                asker.keep(options.record)
    return rows, False


@asynccontextmanager
async def _asker(
    chosen: Mapping[str, tuple[DataSet, str]], options: PredictOptions, models: ModelSettings, sampling: SamplingSettings
) -> AsyncIterator[Asker]:
    """The opened model; only the simulated one is shown right answers."""
    described = describe(options.model, models, sampling)
    prompts = Prompts(Cwmb.prompts, options.prompts)
    prompts.check([TEMPLATE])

    def references(task: str) -> tuple[str, ...]:
        data, _ = chosen[task.rpartition(".")[0]]
        return (known(data.splits[_split(data)], data.spec, task),)

    model = open_model(described.model, described.settings, references, options.seed)
    try:
        await model.preflight()
        yield Asker(model, prompts, described.sampling, options.seed, options.concurrency)
    finally:
        with contextlib.suppress(ModelError):
            await model.close()


async def _row(judge: Judge, asker: Asker, data: DataSet, source: str, options: PredictOptions) -> Row:
    name, split = data.spec.name, _split(data)
    description = descriptions.describe(name)
    if description is None:
        raise GifmctsError(f"nothing describes {name} here: pip install 'gifmcts[cwmb]'")
    rows = drawn(data.splits[split], name, options.samples, options.seed)
    predicted = await predict(asker, WorldTask(data, description, lambda: judge), data.splits[split], rows)
    return await compare(judge, data, split, rows, predicted, source, asker.model.simulated)


def _split(data: DataSet) -> Split:
    return Split.HELD_OUT if Split.HELD_OUT in data.splits else Split.SEARCH


def _print(rows: list[Row]) -> None:
    console = Console()
    if any(row.simulated for row in rows):
        console.print(
            "SIMULATED: a stand-in wrote the right answers with faults; its numbers say nothing about any model",
            style="bold",
            soft_wrap=True,
        )
    table = Table(title="transitions predicted by a language model, and by a program in the jail", title_justify="left")
    for name in HEADER:
        table.add_column(name, justify="left" if name in ("environment", "by") else "right", no_wrap=name == HEADER[0])
    for row in rows:
        for cells in row.cells():
            table.add_row(*cells)
    console.print(table)
    for note in (note for row in rows for note in row.notes()):
        console.print(note, markup=False, highlight=False, soft_wrap=True)
    print(means(rows))
