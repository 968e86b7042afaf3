"""``gifmcts report`` and ``gifmcts export``: runs made ready for others."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter, Token

from gifmcts.cli.listing import find
from gifmcts.errors import UsageError
from gifmcts.publishing.exporting import Form, card
from gifmcts.publishing.exporting import export as write_rows
from gifmcts.publishing.figures import pictures
from gifmcts.publishing.literature import literature
from gifmcts.publishing.measures import published
from gifmcts.publishing.page import page
from gifmcts.publishing.rows import rows
from gifmcts.publishing.tracking import Tracker, send, tracked
from gifmcts.report import report as numbers
from gifmcts.store import write_whole


def report(
    *names: str,
    output: Annotated[Path, Parameter(name=["--output", "-o"])] = Path("report.html"),
    figures: Path | None = None,
    runs: Path = Path("runs"),
) -> int:
    """Write one page with the numbers and figures of runs; it needs no network to be read.

    Parameters
    ----------
    names
        The runs' names, or the paths of their folders.
    output
        The file that is written.
    figures
        A folder into which every figure is written as SVG and as PDF, for a paper.
    runs
        Where run folders stand.
    """
    if not names:
        raise UsageError("name at least one run: gifmcts report RUN; `gifmcts runs` lists them")
    folders = [find(name, runs) for name in dict.fromkeys(names)]
    shown = [published(folder) for folder in folders]
    drawn = pictures(shown)
    _write(output, page(shown, drawn, literature(folders)).encode())
    for picture in drawn if figures is not None else ():
        for kind, data in (("svg", picture.svg), ("pdf", picture.pdf)):
            _write((figures or Path()) / f"{picture.name}.{kind}", data)
    return 0


def _kind(_: object, tokens: Sequence[Token]) -> Form | Tracker:
    """What ``--to`` names."""
    kinds: list[Form | Tracker] = [*Form, *Tracker]
    for kind in kinds:
        if kind == tokens[0].value:
            return kind
    raise ValueError(f'"{tokens[0].value}" is none of {", ".join(kinds)}')


def export(
    run: str,
    /,
    *,
    to: Annotated[Form | Tracker, Parameter(converter=_kind)] = Form.JSONL,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    runs: Path = Path("runs"),
) -> int:
    """Write every attempt of a run as a row: prompt, answer, program, reward, verdicts, grade, tokens and time; or send its numbers.

    Parameters
    ----------
    run
        The run's name, or the path of its folder.
    to
        jsonl, csv, parquet, or hf: a folder that Hugging Face's datasets loads. mlflow, trackio or wandb: headline numbers, curve and
        configuration are sent there, with keys from the environment, and no row.
    output
        The file or folder that is written; jsonl and csv go to standard output by default.
    runs
        Where run folders stand.
    """
    folder = find(run, runs)
    if isinstance(to, Tracker):
        if output is not None:
            raise UsageError(f"--to {to} writes no file: leave out -o, or choose jsonl, csv, parquet or hf")
        print(f"{folder.name} sent to {to}: {send(tracked(numbers(folder)), to)}")
        return 0
    count = write_rows(rows(folder), to, output, card(folder.name, folder.manifest()))
    if output is not None:
        print(f"{count} attempts in {output}")
    return 0


def _write(file: Path, data: bytes) -> None:
    """Write a file and say so.

    Raises:
        UsageError: it cannot be written.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.exists() and not file.is_file():
            file.write_bytes(data)
        else:
            write_whole(file.resolve(), data)
    except OSError as error:
        raise UsageError(f"{file} cannot be written ({error.strerror}); choose another place") from error
    print(file)
