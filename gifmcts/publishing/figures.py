"""The figures of a report, as SVG for a page and as SVG and PDF for a paper; the same runs give the same bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import cycle
from typing import TYPE_CHECKING

from gifmcts.errors import UsageError
from gifmcts.metrics import wilson
from gifmcts.publishing.measures import Curve, Published, horizon
from gifmcts.types import Action, Label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.typing import RcKeyType

# Okabe and Ito's colours, which can be told apart without seeing red or green; each line has a form of its own besides.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
_FORMS = ("solid", "dashed", "dashdot", "dotted")
_SIZE = (6.4, 3.6)
_LONGEST = 50
"""Characters of a run's name in a figure; its words have all."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure: what its file is called, what it shows, and its bytes."""

    name: str
    title: str
    words: str
    """What a reader who does not see it must know."""
    svg: bytes
    pdf: bytes


def pictures(runs: Sequence[Published]) -> list[Picture]:
    """Every figure that the runs have numbers for.

    Raises:
        UsageError: matplotlib is not installed.
    """
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError as error:
        raise UsageError("a report draws with matplotlib: install it by `pip install 'gifmcts[report]'`") from error
    made = []
    style: dict[RcKeyType, object] = {"svg.hashsalt": "gifmcts", "svg.fonttype": "path", "font.family": "DejaVu Sans", "font.size": 9}
    style["text.parse_math"] = False
    style |= {"axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.alpha": 0.3}
    with matplotlib.rc_context(style):
        for label in (label for label in Label if any(label in run.by_calls for run in runs)):
            known = [run for run in runs if label in run.by_calls]
            for by, curves in (("calls", [run.by_calls[label] for run in known]), ("tokens", [run.by_tokens[label] for run in known])):
                drawn = list(zip([run.name for run in known], curves, strict=True))
                made.append(_curves(Figure(_SIZE, layout="constrained"), label, by, drawn))
        made += [_actions(Figure(_SIZE, layout="constrained"), run, number) for number, run in enumerate(runs, 1) if run.layers]
        if any(run.report.verdicts for run in runs):
            made.append(_verdicts(Figure((_SIZE[0], 1.2 + 0.45 * len(runs)), layout="constrained"), runs))
    return made


def _curves(figure: "Figure", label: Label, by: str, curves: Sequence[tuple[str, Curve]]) -> Picture:
    axes = figure.subplots()
    end = max(curve.at[-1] for _, curve in curves)
    for (name, curve), colour, form in zip(curves, cycle(_COLOURS), cycle(_FORMS), strict=False):
        shares = [solved / curve.n for solved in curve.solved]
        bands = [wilson(solved, curve.n) for solved in curve.solved]
        low, high = [band[0] for band in bands], [band[1] for band in bands]
        axes.step(curve.at, shares, where="post", color=colour, linestyle=form, label=f"{_drawn(name)}, n = {curve.n}")
        axes.fill_between(curve.at, low, high, step="post", color=colour, alpha=0.12, linewidth=0)
    axes.set(xlabel=f"{by} a problem", ylabel=f"solved ({label.value})", ylim=(0, 1), xlim=(0, max(1, end)))
    if by == "tokens" and len(curves) > 1:
        axes.axvline(horizon(curve for _, curve in curves), color="#808080", linewidth=0.8, linestyle=":")
    axes.legend(loc="upper left", fontsize=8)
    words = "; ".join(f"{name}: {curve.solved[-1]} of {curve.n} in the end" for name, curve in curves)
    return _picture(figure, f"solved-within-{by}-{label.value}", f"Solved within a number of {by} a problem, {label.value}", words)


def _actions(figure: "Figure", run: Published, number: int) -> Picture:
    from matplotlib.ticker import MaxNLocator

    axes = figure.subplots()
    depths, below = [layer.depth for layer in run.layers], [0] * len(run.layers)
    for action, colour, hatch in zip(Action, _COLOURS, ("", "//", ".."), strict=False):
        counts = [layer.actions[action] for layer in run.layers]
        if any(counts):
            axes.bar(depths, counts, bottom=below, color=colour, hatch=hatch, edgecolor="white", label=action.value)
            below = [one + other for one, other in zip(below, counts, strict=True)]
    axes.set(xlabel="depth of the new node", ylabel="calls", xlim=(0.4, max(5, depths[-1]) + 0.6))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    other: Axes = axes.twinx()
    other.plot(depths, [layer.better / layer.calls for layer in run.layers], color="black", marker="o", label="yield")
    other.set(ylabel="yield: share that became best so far", ylim=(0, 1))
    other.grid(visible=False)
    other.spines["right"].set_visible(True)
    figure.legend(loc="outside upper center", ncols=4, fontsize=8)
    words = ", ".join(f"{layer.calls} calls at depth {layer.depth}" for layer in run.layers[:6])
    return _picture(figure, f"actions-by-depth-{number}", f"Actions and yield by depth: {run.name}", words)


def _verdicts(figure: "Figure", runs: Sequence[Published]) -> Picture:
    axes = figure.subplots()
    left, places = [0.0] * len(runs), range(len(runs))
    names = sorted({name for run in runs for name in run.report.verdicts}, key=lambda name: (name != "pass", name))
    totals = [max(1, sum(run.report.verdicts.values())) for run in runs]
    for name, colour, hatch in zip(names, cycle(_COLOURS), cycle(("", "//", "..", "xx", "\\\\")), strict=False):
        shares = [run.report.verdicts.get(name, 0) / total for run, total in zip(runs, totals, strict=True)]
        axes.barh(places, shares, left=left, color=colour, hatch=hatch, edgecolor="white", label=name)
        left = [one + other for one, other in zip(left, shares, strict=True)]
    axes.set(xlabel="share of the tests of the chosen programs", xlim=(0, 1))
    axes.set_yticks(places, [_drawn(run.name) for run in runs])
    axes.invert_yaxis()
    figure.legend(loc="outside upper center", ncols=5, fontsize=8)
    words = "; ".join(f"{run.name}: " + ", ".join(f"{count} {name}" for name, count in run.report.verdicts.items()) for run in runs)
    return _picture(figure, "verdicts", "Test verdicts of the chosen programs", words)


def _drawn(name: str) -> str:
    """A run's name where there is little room; a legend leaves out what begins with an underscore."""
    short = name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
    return f" {short}" if short.startswith("_") else short


def _picture(figure: "Figure", name: str, title: str, words: str) -> Picture:
    svg, pdf = BytesIO(), BytesIO()
    figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": None})
    figure.savefig(pdf, format="pdf", metadata={"CreationDate": None, "Creator": None, "Producer": None})
    return Picture(name, title, words, svg.getvalue(), pdf.getvalue())
