"""The text that runs beside a program in the jail, as untrusted as the program: it knows no right answer."""

from pathlib import Path
from typing import Final

_HERE: Final = Path(__file__).parent
_FORMS: Final = (_HERE / "forms.py").read_text(encoding="utf-8")
_ANSWERS: Final = (_HERE / "answers.py").read_text(encoding="utf-8").replace("from cwmb_eval.drivers.forms import flatten\n", _FORMS)

STEPPER: Final = (
    (_HERE / "stepper.py")
    .read_text(encoding="utf-8")
    .replace("from cwmb_eval.drivers.answers import MUTATED, checker, collector, mark_infinite, note, text\n", _ANSWERS)
    .replace("from cwmb_eval.drivers.forms import given\n", "")
)
"""Builds the model once and steps it through the transitions of each input."""
