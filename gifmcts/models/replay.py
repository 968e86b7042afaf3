"""A recorded model: the answers of an earlier run or of a pool, given again to exactly the same questions."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gifmcts.errors import ConfigError, ContextOverflow, ModelRefused
from gifmcts.models.catalog import ModelSettings, References
from gifmcts.models.recent import Recent
from gifmcts.models.recording import Recording, recording
from gifmcts.seeds import chat_key, completion_seed
from gifmcts.types import Chat, Completion, Finish, Sampling

_REMEMBERED = 128


@dataclass(frozen=True, slots=True)
class _Tree:
    """One task's completions: by chat and seed, by chat in their order, and every seed that was answered."""

    exact: Mapping[tuple[str, int], Completion]
    repeats: Mapping[str, list[Completion]]
    seeds: frozenset[int]


class Replay:
    """Answers by what was recorded for the same task, chat, sampling and seed, else for the same repetition of that chat."""

    def __init__(self, name: str, recorded: Recording, seed: int = 0) -> None:
        self.name = f"replay/{name}"
        self.simulated = recorded.simulated
        self._recorded = recorded
        self._seed = seed
        self._trees: Recent[str, _Tree] = Recent(_REMEMBERED)

    @classmethod
    def open(cls, name: str, settings: ModelSettings, references: References, seed: int) -> "Replay":  # noqa: ARG003
        """The recording at a path, or of the run of that name in ``runs/``."""
        if not name:
            raise ConfigError("nothing to replay is named; write replay/RUN with a run folder or a pool file")
        path = Path(name)
        if not path.exists() and (Path("runs") / name).exists():
            path = Path("runs") / name
        return cls(name, recording(path), seed)

    async def preflight(self) -> None:
        """Nothing can be missing: the recording was read when it was opened."""

    def facts(self) -> Mapping[str, str]:
        """What was recorded."""
        return {"model": self.name, **self._recorded.facts()}

    async def complete(self, chat: Chat, sampling: Sampling, seed: int) -> Completion:
        """The recorded completion.

        Raises:
            ContextOverflow: the recorded model could not take this chat.
            ModelRefused: this was never asked.
        """
        tree = self._trees.get(chat.task) or self._trees.put(chat.task, self._read(chat.task))
        key = chat_key(chat, sampling)
        found = tree.exact.get((key, seed)) or self._repeated(tree, chat.task, key, seed)
        if found is None and seed in tree.seeds:
            raise ContextOverflow(f"task {chat.task}: the recorded model answered a shorter form of this chat")
        if found is None:
            known = "this chat, sampling and seed were not" if tree.seeds else "nothing of this task was"
            advice = "replay it with the settings and prompts of the recording, or ask a model"
            raise ModelRefused(f"{self.name} has no answer for task {chat.task}: {known} recorded; {advice}")
        if found.finish is Finish.OVERFLOW:
            raise ContextOverflow(f"task {chat.task}: this chat did not fit into the recorded model's context")
        return found

    async def close(self) -> None:
        """Nothing is held."""

    def _read(self, task: str) -> _Tree:
        exact: dict[tuple[str, int], Completion] = {}
        repeats: dict[str, list[Completion]] = {}
        for one in self._recorded.of(task):
            key = chat_key(Chat(one.chat, task), one.sampling)
            exact.setdefault((key, one.seed), one.completion)
            repeats.setdefault(key, []).append(one.completion)
        return _Tree(exact, repeats, frozenset(seed for _, seed in exact))

    def _repeated(self, tree: _Tree, task: str, key: str, seed: int) -> Completion | None:
        """The completion of the same repetition, where a run with another seed was recorded or a pool has no seeds."""
        repeats = tree.repeats.get(key, [])
        return next((one for number, one in enumerate(repeats) if completion_seed(self._seed, task, key, number) == seed), None)
