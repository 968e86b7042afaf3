"""Transitions in JSON, as a language model reads and writes them."""

import json
import re
from typing import Final

import msgspec
import numpy as np

from cwmb_eval.environment import EnvironmentSpec, Form
from cwmb_eval.judging.session import EXTRA
from cwmb_eval.transitions import Array, Floats

_BLOCK: Final = re.compile(r"^[ \t]*```[^\n`]*\n(.*?)^[ \t]*```[ \t]*$", re.MULTILINE | re.DOTALL)


def shown(row: Array, spec: EnvironmentSpec) -> str:
    """An observation with as many digits as tell its numbers apart."""
    seen = spec.observations
    if seen.form is Form.VECTOR:
        return json.dumps([float(str(value)) for value in row])
    numbers = [int(value) for value in row]
    if seen.form is not Form.WORDS:
        return json.dumps(numbers[0] if seen.form is Form.INTEGER else numbers)
    parts, place = {}, 0
    for block in seen.blocks:
        size = int(np.prod(block.shape))
        parts[block.name] = np.array(seen.words)[numbers[place : place + size]].reshape(block.shape).tolist()
        place += size
    return json.dumps(parts if len(parts) > 1 else next(iter(parts.values())))


def acted(action: Array, spec: EnvironmentSpec) -> str:
    """An action."""
    return json.dumps(int(action[0]) if spec.actions.discrete else [float(str(value)) for value in action])


def form(spec: EnvironmentSpec) -> str:
    """What an answer consists of, in its order: as a program's, see ``interface``."""
    return "[observation, valid_actions, reward, done]" if spec.valid_actions else "[observation, reward, done]"


def answer(row: Array, valid: int, reward: float, done: bool, spec: EnvironmentSpec) -> str:
    """A right answer; of valid actions each bit is one."""
    known = [json.dumps([action for action in range(spec.actions.count) if valid >> action & 1])] if spec.valid_actions else []
    return f"[{', '.join([shown(row, spec), *known, json.dumps(reward), json.dumps(done)])}]"


def read(text: str, spec: EnvironmentSpec) -> Floats:
    """An answer as a row of predictions; it is the last fenced block, or else the whole text.

    Raises:
        ValueError: it is not JSON of the form that was asked for; says why.
    """
    blocks = _BLOCK.findall(text)
    try:
        parts = msgspec.json.decode(blocks[-1] if blocks else text, type=list[object])
        if len(parts) != 3 + spec.valid_actions:
            raise ValueError(f"{len(parts)} items instead of {form(spec)}")
        row = np.zeros(spec.observations.width + EXTRA)
        row[: spec.observations.width] = _observation(parts[0], spec)
        row[-EXTRA] = msgspec.convert(parts[-2], float)
        row[1 - EXTRA] = msgspec.convert(parts[-1], bool)
        row[2 - EXTRA] = sum(1 << action for action in _valid(parts[1], spec)) if spec.valid_actions else 0
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError, OverflowError) as error:
        raise ValueError(str(error)) from error
    return row


def _observation(value: object, spec: EnvironmentSpec) -> Floats:
    """The numbers of an observation; a word that does not exist is −1."""
    seen = spec.observations
    if seen.form is Form.WORDS:
        named = {seen.blocks[0].name: value} if len(seen.blocks) == 1 else msgspec.convert(value, dict[str, object])
        words = [word for block in seen.blocks for word in _flat(named.get(block.name))]
        numbers = [float(seen.words.index(word)) if word in seen.words else -1.0 for word in words]
    elif seen.form is Form.VECTOR:
        numbers = msgspec.convert(value, list[float])
    else:
        numbers = [float(number) for number in msgspec.convert([value] if seen.form is Form.INTEGER else value, list[int])]
    if len(numbers) != seen.width:
        raise ValueError(f"an observation of {len(numbers)} instead of {seen.width}")
    return np.array(numbers)


def _flat(value: object) -> list[str]:
    if isinstance(value, list):
        return [word for item in value for word in _flat(item)]
    return [msgspec.convert(value, str)]


def _valid(value: object, spec: EnvironmentSpec) -> set[int]:
    actions = set(msgspec.convert(value, list[int]))
    if not actions <= set(range(spec.actions.count)):
        raise ValueError(f"valid actions beyond 0 to {spec.actions.count - 1}")
    return actions
