"""The checks of an evaluation: one for each component and class of reward, and one for each way to be no simulator at all.

A search shows the model one failing check, drawn evenly. Checks are strata, not transitions, so that a rare failure is seen as
often as a common one; each shows one of its failing transitions.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from cwmb_eval.environment import EnvironmentSpec
from cwmb_eval.feedback import acted, shorten, written
from cwmb_eval.judging.judge import Judged
from cwmb_eval.metrics.laws import chance, drawn_law, exact_law
from cwmb_eval.metrics.scores import Component, Metric
from cwmb_eval.transitions import Array, Split
from gifmcts.seeds import derive
from gifmcts.types import Check, Verdict

RUNS: Final = "runs to the end"
HIDDEN: Final = "no hidden state"
FORMS: Final[Mapping[str, int]] = {
    "answers have the right form": 2 | 16 | 32 | 64,
    "answers are finite numbers": 4,
    "done is a boolean": 8,
    "the given observation is left as it is": 1,
}
"""Names of checks, and the driver's flags that fail them."""
SHOWN_ANSWERS: Final = 5
"""How many of a law's answers are written out, the likeliest first."""


def checks(split: Split, judged: Judged, spec: EnvironmentSpec, source: str, metric: Metric = Metric.ACCURACY) -> list[Check]:
    """Every check of a split; those that could not be made are skipped."""
    run = Check(f"{split.value}: {RUNS}", judged.found.verdict, {} if judged.runs else _stopped(judged, spec))
    rest = [*_forms(judged, spec), *_strata(judged, spec, source, metric)]
    return [run, *(Check(f"{split.value}: {check.name}", check.verdict, check.detail) for check in rest)]


def _stopped(judged: Judged, spec: EnvironmentSpec) -> dict[str, str]:
    """The exception or limit, and where it came."""
    found = judged.found
    told = {"error": str(found.fault)}
    if found.fault is None or found.fault.at == "build" or found.verdict is Verdict.COMPILE:
        return told
    return {**told, **_given(judged, found.at, spec)}


def _given(judged: Judged, row: int, spec: EnvironmentSpec) -> dict[str, str]:
    return {"state": written(judged.some.observation[row], spec), "action": acted(judged.some.action[row], spec)}


def _forms(judged: Judged, spec: EnvironmentSpec) -> list[Check]:
    """Whether answers have the form that the contract asks for, and stay the same in another order."""
    made = []
    for name, flags in FORMS.items():
        notes = [note for flag, note in sorted(judged.found.notes.items()) if flag & flags]
        detail = {}
        if notes:
            row, what = notes[0]
            detail = {"problem": _PROBLEMS[name], **_given(judged, row, spec), "predicted": shorten(what)}
        made.append(Check(name, _verdict(judged, not notes), detail if judged.runs else {}))
    if not spec.stochastic:
        made.append(Check(HIDDEN, _verdict(judged, not len(judged.found.unsteady)), _unsteady(judged, spec) if judged.runs else {}))
    return made


_PROBLEMS: Final[Mapping[str, str]] = {
    "answers have the right form": "step returned something else than the interface asks for.",
    "answers are finite numbers": "step returned a number that is not finite.",
    "done is a boolean": "step returned a done that is neither True nor False.",
    "the given observation is left as it is": "the observation that was given to set_state was changed; copy it before changing it.",
}


def _unsteady(judged: Judged, spec: EnvironmentSpec) -> dict[str, str]:
    found = judged.found
    if not len(found.unsteady):
        return {}
    row = int(found.unsteady[0])
    first = found.table[np.flatnonzero(found.rows == row)[0]]
    return {
        "problem": "a newly built environment answered the same state and action otherwise when it was asked in another order, "
        f"at {len(found.unsteady)} of {len(found.rows)} transitions: set_state must set everything that step depends on.",
        **_given(judged, row, spec),
        "predicted": _answer(first, spec),
        "predicted the second time": _answer(found.other[row], spec),
    }


def _answer(row: Array, spec: EnvironmentSpec) -> str:
    width = spec.observations.width
    done = {1.0: "True", 0.0: "False"}.get(float(row[width + 1]), "(no boolean)")
    return f"({written(row[:width], spec)}, {row[width]:.7g}, {done})"


def _strata(judged: Judged, spec: EnvironmentSpec, source: str, metric: Metric) -> list[Check]:
    """A check for each component and class; it fails where the true environment, seeing no more, would have been right."""
    scores, made = judged.scores, []
    # The released metric has no ceiling: it counts every transition as it was recorded.
    exact = judged.some.exact[scores.rows] | (metric is Metric.CWM2024)
    for component, right in scores.right.items():
        for index, name in enumerate(scores.names):
            among = np.flatnonzero((scores.classes == index) & scores.counts[component] & exact)
            if not len(among):
                continue
            failing = among[~right[among]]
            detail = _detail(judged, component, failing, len(among), spec, source, metric) if len(failing) and judged.runs else {}
            made.append(Check(f"{component.value}, {name}", _verdict(judged, not len(failing)), detail))
    return made


def _verdict(judged: Judged, passed: bool) -> Verdict:
    if not judged.runs:
        return Verdict.SKIPPED
    return Verdict.PASS if passed else Verdict.WRONG


def _detail(
    judged: Judged, component: Component, failing: Sequence[int] | Array, among: int, spec: EnvironmentSpec, source: str, metric: Metric
) -> dict[str, str]:
    """One failing transition: another one for another program; the released metric shows the first."""
    chosen = 0 if metric is Metric.CWM2024 else derive("cwmb", "shown", source, component.value) % len(failing)
    place = int(failing[chosen])
    row = int(judged.scores.rows[place])
    told = {"wrong": f"{component.value}, at {len(failing)} of {among} such transitions", **_given(judged, row, spec)}
    if component is Component.LAW:
        return told | _laws(judged, row, spec)
    some, width = judged.some, spec.observations.width
    answer = judged.found.table[place]
    ended = bool(some.terminated[row])
    told["expected"] = f"({written(some.next_observation[row], spec)}, {some.reward[row]:.7g}, {ended})"
    told["predicted"] = _answer(answer, spec)
    if component is Component.VALID:
        told["expected valid actions"] = _valid(int(some.valid[row]))
        told["predicted valid actions"] = _valid(int(answer[width + 2])) if 0 <= answer[width + 2] < 1 << 16 else "(no list of integers)"
    return told


def _valid(bits: int) -> str:
    return str([action for action in range(bits.bit_length()) if bits >> action & 1])


def _laws(judged: Judged, row: int, spec: EnvironmentSpec) -> dict[str, str]:
    """The likeliest answers by the exact law, and how often the program drew them."""
    exact = exact_law(chance(spec).law(judged.some.observation[row], int(judged.some.action[row][0])), spec)
    drawn = drawn_law(judged.found.table[judged.found.table[:, -2] == row], spec)
    return {"expected": _law(exact, spec), "predicted": _law(drawn, spec)}


def _law(law: Mapping[tuple[float, ...], float], spec: EnvironmentSpec) -> str:
    likeliest = sorted(law.items(), key=lambda item: (-item[1], item[0]))[:SHOWN_ANSWERS]
    return shorten("; ".join(f"{share:.1%}: {_told(key, spec)}" for key, share in likeliest))


def _told(key: tuple[float, ...], spec: EnvironmentSpec) -> str:
    reward, ended, *rest = key
    if ended:
        return f"reward {reward:g}, done"
    if len(rest) < spec.observations.width + 1:
        return f"reward {reward:g}, nothing of the right form"
    return f"{written(np.array(rest[1 : 1 + spec.observations.width]), spec)}, reward {reward:g}, not done"
