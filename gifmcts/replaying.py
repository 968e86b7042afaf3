"""A recorded search tree with the visits and values that its strategy gave it."""

from collections.abc import Mapping, Sequence

from gifmcts.errors import StoreError
from gifmcts.strategies.catalog import open_recorded
from gifmcts.tree import Tree
from gifmcts.types import Attempt


def replayed(config: Mapping[str, object], attempts: Sequence[Attempt], task: str) -> Tree:
    """The tree of recorded attempts, backed up by the strategy of the run's configuration.

    Raises:
        ConfigError: the strategy is not installed, or its constants have changed.
        StoreError: the strategy cannot have made these attempts.
    """
    strategy = open_recorded(config)
    tree, state = Tree(), strategy.begin()
    try:
        for attempt in attempts:
            strategy.backup(tree, state, tree.add(attempt))
    except (ArithmeticError, LookupError, ValueError) as error:
        raise StoreError(f"the tree of problem {task} is damaged: its strategy cannot have made it ({error})") from error
    return tree
