"""Golden trees: each strategy's moves, rewards and statistics are pinned; write them anew by GIFMCTS_WRITE_GOLDEN=1."""

import asyncio
import json
import os
from pathlib import Path

import pytest
from scripted import Scripted

from gifmcts.prompting import Prompts
from gifmcts.search import Search, Setting
from gifmcts.strategies.catalog import open_strategy, strategies
from gifmcts.tiny import Tiny, TinyOptions
from gifmcts.types import Sampling

GOLDEN = Path(__file__).parent / "golden"
TINY = Tiny(TinyOptions(lines=8))


def tree(strategy: str, preset: str, window: int) -> dict[str, object]:
    setting = Setting(Scripted(TINY, 0.95), Prompts("apps"), Sampling(), 3, 40, window)
    made = asyncio.run(Search(TINY.task(1), open_strategy(strategy, preset), setting, lambda attempt: None).run()).tree
    moves = [[attempt.move.node, attempt.move.action, attempt.move.target, attempt.evaluation.reward] for attempt in made.attempts]
    nodes = [[node.parent, node.settled, node.visits, round(node.value, 9)] for node in made.nodes]
    return {"moves": moves, "nodes": nodes}


@pytest.mark.parametrize("window", [1, 4])
@pytest.mark.parametrize("preset", ["honest", "paper"])
@pytest.mark.parametrize("strategy", sorted(strategies()))
def test_the_tree_is_the_golden_one(strategy: str, preset: str, window: int) -> None:
    """The same seed gives the tree that was recorded when the strategy was last checked by hand."""
    file = GOLDEN / f"{strategy}-{preset}-{window}.json"
    made = tree(strategy, preset, window)
    if os.environ.get("GIFMCTS_WRITE_GOLDEN"):
        file.parent.mkdir(exist_ok=True)
        rows = ",\n".join(f'"{key}": [\n' + ",\n".join(json.dumps(row) for row in made[key]) + "\n]" for key in made)  # type: ignore[attr-defined]
        file.write_text("{\n" + rows + "\n}\n")
    assert made == json.loads(file.read_text())
