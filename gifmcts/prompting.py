"""Chats from templates: the words stand in ``prompts/``, what they are filled with comes from the task and the node."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from random import Random

from jinja2 import BaseLoader, Environment, StrictUndefined, Template, TemplateError, TemplateNotFound

from gifmcts.errors import ConfigError
from gifmcts.seams import Task
from gifmcts.tree import Node
from gifmcts.types import Broken, Chat, Check, Message, Role, Verdict

_ROOMS: tuple[int | None, ...] = (None, 200, 0)
"""How many characters of each feedback text are shown, from the fullest form to the barest."""


@dataclass(frozen=True, slots=True)
class Situation:
    """All that a template may know of a node, taken when the move is selected: a later commit changes nothing of it."""

    prefix: str
    """The settled lines, each with its end."""
    program: str
    broken: Broken | None
    check: Check | None
    """One failing search-visible test, drawn evenly."""
    case: Mapping[str, str]
    """What that test gives and expects."""


def situation(task: Task, node: Node, rng: Random) -> Situation:
    """What is shown of a node; the failing test is the generator's only draw."""
    checks = node.evaluation.checks if node.evaluation else ()
    failing = [check for check in checks if check.verdict not in (Verdict.PASS, Verdict.SKIPPED)]
    check = rng.choice(failing) if failing else None
    return Situation(
        prefix="".join(f"{line}\n" for line in node.prefix),
        program=node.program.source if node.program else "",
        broken=node.evaluation.broken if node.evaluation else None,
        check=check,
        case=task.cases.get(check.name, {}) if check else {},
    )


class Prompts:
    """A benchmark's templates; each defines the blocks ``user`` and, if wanted, ``system`` and ``assistant`` (an open prefill)."""

    def __init__(self, benchmark: str, override: Path | None = None) -> None:
        """Load the templates of a benchmark.

        Args:
            benchmark: The directory below ``prompts/``.
            override: A directory whose templates are taken before the packaged ones of the same name.

        Raises:
            ConfigError: there is no such directory.
        """
        if override is not None and not override.is_dir():
            raise ConfigError(f"--prompts {override}: there is no such directory; give one with templates such as generate.jinja")
        packaged = {entry.name for entry in (files("prompts") / benchmark).iterdir()}
        if override is not None and not any(entry.name in packaged and entry.is_file() for entry in override.iterdir()):
            raise ConfigError(f"--prompts {override} replaces nothing: it has no file of the names {', '.join(sorted(packaged))}")
        self._loader = _Loader(files("prompts") / benchmark, override)
        self._environment = Environment(
            loader=self._loader, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False, auto_reload=False
        )

    def digest(self) -> str:
        """A hash over all templates: two runs with the same digest asked in the same words."""
        digest = blake2b(digest_size=8)
        for name in sorted(self._loader.list_templates()):
            digest.update(f"{name}\0{self._loader.read(name)}\0".encode())
        return digest.hexdigest()

    def check(self, names: Iterable[str]) -> None:
        """Find out before a run what it would miss in its middle.

        Raises:
            ConfigError: one of these templates is missing.
        """
        known = [Path(name).stem for name in self._loader.list_templates()]
        for name in names:
            if name not in known:
                raise ConfigError(f"there is no template {name!r} here: there are {', '.join(sorted(known))}")

    def render(self, name: str, task: Task, shown: Situation, room: int = 0) -> Chat:
        """The chat of a template; ``room`` counts how often its feedback was already shortened because it did not fit.

        Raises:
            ConfigError: the template is missing, or names something that does not exist.
        """
        shown = _shorten(shown, _ROOMS[room])
        feedback = {**shown.case, **(shown.check.detail if shown.check else {})}
        context = {
            "task": task.fields,
            "prefix": shown.prefix,
            "program": shown.program,
            "broken": shown.broken,
            "check": shown.check,
            "feedback": feedback,
        }
        try:
            template = self._environment.get_template(f"{name}.jinja")
            texts = _texts(template, context)
        except TemplateNotFound as error:
            raise ConfigError(f"the prompt template {error.name} does not exist; a benchmark needs one for each action") from error
        except TemplateError as error:
            raise ConfigError(f"the prompt template {name}.jinja cannot be filled in: {error}; correct it or drop --prompts") from error
        if Role.USER not in texts:
            raise ConfigError(f"the prompt template {name}.jinja has no block `user`; write {{% block user %}} … {{% endblock %}}")
        return Chat(tuple(Message(role, text) for role, text in texts.items() if text), task.id)

    @property
    def rooms(self) -> int:
        """How many forms a chat has, from the fullest to the one without feedback."""
        return len(_ROOMS)


def _texts(template: Template, context: Mapping[str, object]) -> dict[Role, str]:
    """What each role says; nothing where the template has no such block."""
    filled = template.new_context(dict(context))
    return {role: "".join(template.blocks[role.value](filled)) for role in Role if role.value in template.blocks}


def _shorten(shown: Situation, room: int | None) -> Situation:
    """The situation with every feedback text cut to ``room`` characters."""
    if room is None or shown.check is None:
        return shown
    if room == 0:
        return replace(shown, check=None, case={})
    check = replace(shown.check, detail={key: _cut(text, room) for key, text in shown.check.detail.items()})
    return replace(shown, check=check, case={key: _cut(text, room) for key, text in shown.case.items()})


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[: room // 2]} … {text[-(room // 2) :]}"


class _Loader(BaseLoader):
    """Reads templates from the package, or from a directory of the user's first."""

    def __init__(self, package: Traversable, override: Path | None) -> None:
        self._package, self._override = package, override

    def read(self, name: str) -> str:
        mine = self._override / name if self._override else None
        return mine.read_text(encoding="utf-8") if mine and mine.is_file() else (self._package / name).read_text(encoding="utf-8")

    def get_source(self, environment: Environment, template: str) -> tuple[str, str | None, None]:
        try:
            return self.read(template), template, None
        except FileNotFoundError as error:
            raise TemplateNotFound(template) from error
        except UnicodeDecodeError as error:
            raise ConfigError(f"the prompt template {template} is not UTF-8: {error}") from error

    def list_templates(self) -> list[str]:
        places = [self._package, *([self._override] if self._override else [])]
        return sorted({entry.name for place in places for entry in place.iterdir() if entry.name.endswith(".jinja")})
