"""Names, presets and constants: what does not exist is an error with a suggestion, never ignored."""

import pytest

from gifmcts.assembly import plan
from gifmcts.errors import ConfigError
from gifmcts.models.catalog import ModelSettings
from gifmcts.settings import RunSettings, SamplingSettings
from gifmcts.strategies.catalog import constants_of, open_recorded, open_strategy, strategies
from gifmcts.strategies.gif_mcts import GifMcts
from gifmcts.tiny import Tiny, TinyOptions
from gifmcts.types import Action


def test_presets_are_the_published_and_the_mended_constants() -> None:
    """The paper's preset settles more lines, learns the blend and samples dead nodes again."""
    assert open_strategy("gif-mcts", "honest") == GifMcts()
    paper = GifMcts(extra_lines_root=2, extra_lines=1, learn_blend=True, resample=True, credit_terminal=False)
    assert open_strategy("gif-mcts", "paper") == paper


def test_constants_are_set_by_name_and_converted() -> None:
    """Dashes or underscores, numbers from text."""
    chosen = open_strategy(
        "gif-mcts", "honest", [Action.FIX], {"exploration": "0.5", "learn-blend": "true", "fix_trigger": "compile+exception"}
    )
    assert chosen == GifMcts(actions=(Action.FIX,), exploration=0.5, learn_blend=True, fix_trigger=chosen.fix_trigger)  # type: ignore[attr-defined]
    assert chosen.fix_trigger.value == "compile+exception"  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", sorted(strategies()))
@pytest.mark.parametrize("preset", ["honest", "paper"])
def test_a_recorded_strategy_is_opened_again(name: str, preset: str) -> None:
    """Constants written into a run's configuration give the same strategy."""
    chosen = open_strategy(name, preset)
    assert open_recorded({"strategy": name, "constants": constants_of(chosen)}) == chosen


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("gif-mct", "honest"), "no strategy 'gif-mct' .did you mean 'gif-mcts'"),
        (("gif-mcts", "papers"), "no preset 'papers' .did you mean 'paper'"),
        (("gif-mcts", "honest", None, {"explorations": "1"}), "no constant 'explorations' .did you mean 'exploration'"),
        (("gif-mcts", "honest", None, {"exploration": "much"}), "--set for gif-mcts: .*float"),
        (("gif-mcts", "honest", None, {"exploration": "nan"}), "--set.exploration nan: give a finite number"),
        (("gif-mcts", "honest", []), "name at least one of"),
        (("best-of-n", "honest", [Action.FIX]), "best-of-n has no choice of actions"),
    ],
)
def test_what_does_not_exist_is_an_error(arguments: tuple[str, str], message: str) -> None:
    """With a suggestion where something is close."""
    with pytest.raises(ConfigError, match=message):
        open_strategy(*arguments)


@pytest.mark.parametrize(
    ("settings", "sampling", "message"),
    [
        ({"budget": 0}, {}, "--budget 0"),
        ({"window": -1}, {}, "--window -1"),
        ({"max_hours": 0.0}, {}, "--max-hours 0.0"),
        ({"max_hours": float("nan")}, {}, "--max-hours nan"),
        ({"name": "a/b"}, {}, "--name 'a/b'"),
        ({}, {"temperature": float("inf")}, "--temperature ≥ 0"),
        ({"pass_at": (1,)}, {}, "--pass-at needs independent samples"),
        ({"pass_at": (30,), "strategy": "best-of-n"}, {}, "each k must be within 1 … --budget 20"),
        ({"model": "simulatd"}, {}, "did you mean 'simulated'"),
        ({}, {"top_p": 0.0}, "0 < --top-p"),
        ({}, {"stop": ("a", "b", "c", "d", "e")}, "at most four"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(settings: dict[str, object], sampling: dict[str, object], message: str) -> None:
    """Before anything is asked or written."""
    with pytest.raises(ConfigError, match=message):
        plan(Tiny(), TinyOptions(), RunSettings(**settings), SamplingSettings(**sampling), ModelSettings())  # type: ignore[arg-type]


def test_the_configuration_decides_the_name() -> None:
    """What changes a tree changes the name; what does not, does not."""
    names = [
        plan(Tiny(), TinyOptions(), RunSettings(**settings), SamplingSettings(), ModelSettings()).name  # type: ignore[arg-type]
        for settings in ({}, {"concurrency": 3, "max_hours": 1.0}, {"window": 2}, {"seed": 1})
    ]
    assert names[0] == names[1]
    assert len(set(names)) == 3
