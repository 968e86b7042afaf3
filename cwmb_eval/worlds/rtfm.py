"""Read to fight monsters, from its rules: pick up the item that beats the right monster, then meet that monster.

``FixedRtfm`` is the variant of CWMB: one assignment, still monsters, only positions vary. ``FullRtfm`` draws who belongs to whom for each
episode, tells it in a manual that is part of the observation, and its monsters move: a stochastic game.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from cwmb_eval.environment import Actions, Block, EnvironmentSpec, Form, Observations
from cwmb_eval.transitions import Array
from cwmb_eval.worlds.world import Action, Outcome, Step

SIZE: Final = 6
MOVES: Final = ((0, 0), (-1, 0), (1, 0), (0, -1), (0, 1))
"""Rows and columns that stay, up, down, left and right add."""
PURSUIT: Final = 0.6
"""Probability that a moving monster comes nearer, where it can."""
LONGEST: Final = 100
"""Steps after which an episode is truncated."""

ELEMENTS: Final = ("cold", "fire", "lightning", "poison")
KINDS: Final = ("demon", "dragon", "goblin", "imp", "panther", "wolf")
GROUPS: Final = ("order of the forest", "rebel enclave", "star alliance")
MODIFIERS: Final = ("arcane", "blessed", "fanatical", "gleaming", "grandmasters", "mysterious", "shimmering", "soldiers")
THINGS: Final = ("axe", "bow", "sword")
EMPTY, WALL, YOU, TARGET = "empty", "wall", "you", "target"
Place = tuple[int, int]

CELLS: Final[tuple[Place, ...]] = tuple((row, column) for row in range(SIZE) for column in range(SIZE))
INSIDE: Final[tuple[Place, ...]] = tuple(place for place in CELLS if {0, SIZE - 1}.isdisjoint(place))


@dataclass(frozen=True, slots=True)
class Manual:
    """Who belongs to which group, what beats which element, and whose monsters are to be killed."""

    groups: tuple[tuple[str, str], ...]
    """Kind of monster and its group."""
    beats: tuple[tuple[str, str], ...]
    """Modifier of an item and the element that it beats."""
    target: str

    def rows(self) -> tuple[tuple[str, str], ...]:
        """Pairs of words, the target last."""
        return (*self.groups, *self.beats, (TARGET, self.target))


FIXED: Final = Manual(
    groups=(("demon", "rebel enclave"), ("dragon", "order of the forest")),
    beats=(("grandmasters", "fire"), ("shimmering", "cold")),
    target="order of the forest",
)


@dataclass(frozen=True, slots=True)
class Board:
    """A state of the game; ``you`` is missing when the agent is dead."""

    you: Place | None
    held: str
    monsters: tuple[tuple[Place, str], ...]
    items: tuple[tuple[Place, str], ...]
    manual: Manual

    def valid(self) -> list[int]:
        """Actions that do not lead into a wall."""
        return [action for action in range(len(MOVES)) if self.you and _moved(self.you, action) in INSIDE]


def _moved(place: Place, action: int) -> Place:
    return place[0] + MOVES[action][0], place[1] + MOVES[action][1]


def acted(board: Board, action: int) -> tuple[Board, int]:
    """The board after the agent's move, and the reward; a reward other than 0 ends the episode."""
    assert board.you is not None
    goal = _moved(board.you, action)
    place = goal if goal in INSIDE else board.you
    items = dict(board.items)
    held = items.pop(place, board.held)
    moved = replace(board, you=place, held=held, items=tuple(items.items()))
    return _fought(moved, dict(board.monsters)[place]) if place in dict(board.monsters) else (moved, 0)


def _fought(board: Board, monster: str) -> tuple[Board, int]:
    """A monster is where the agent is: it dies if what is held beats its element, otherwise the agent does."""
    element, _, kind = monster.partition(" ")
    if dict(board.manual.beats).get(board.held.partition(" ")[0]) != element:
        return replace(board, you=None), -1
    left = tuple((place, name) for place, name in board.monsters if place != board.you)
    return replace(board, monsters=left), 1 if dict(board.manual.groups)[kind] == board.manual.target else -1


def pursued(board: Board, index: int = 0) -> Iterator[tuple[float, Board, int]]:
    """Every way in which the monsters from ``index`` on may move, one after the other: probability, board and reward."""
    if index == len(board.monsters):
        yield 1.0, board, 0
        return
    place, name = board.monsters[index]
    for goal, probability in _steps(board, place).items():
        monsters = (*board.monsters[:index], (goal, name), *board.monsters[index + 1 :])
        moved = replace(board, monsters=monsters)
        if goal == board.you:
            ended, reward = _fought(moved, name)
            yield probability, ended, reward
            continue
        for more, ended, reward in pursued(moved, index + 1):
            yield probability * more, ended, reward


def _steps(board: Board, place: Place) -> dict[Place, float]:
    """Where a monster may go: with ``PURSUIT`` nearer to the agent if it can, otherwise anywhere that is free, its own place included."""
    assert board.you is not None
    taken = {*dict(board.monsters), *dict(board.items)} - {place}
    free = [goal for goal in (_moved(place, action) for action in range(len(MOVES))) if goal in INSIDE and goal not in taken]
    nearer = [goal for goal in free if _distance(goal, board.you) < _distance(place, board.you)]
    chances = dict.fromkeys(free, (1.0 - PURSUIT if nearer else 1.0) / len(free))
    for goal in nearer:
        chances[goal] += PURSUIT / len(nearer)
    return chances


def _distance(one: Place, other: Place) -> int:
    return abs(one[0] - other[0]) + abs(one[1] - other[1])


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Boards as rows of numbers and back, with the manual or without it."""

    manual: bool

    @property
    def words(self) -> tuple[str, ...]:
        """Every word, by its number."""
        if not self.manual:
            return (EMPTY, WALL, YOU, "cold dragon", "fire demon", "grandmasters bow", "shimmering axe")
        monsters = [f"{element} {kind}" for element in ELEMENTS for kind in KINDS]
        items = [f"{modifier} {thing}" for modifier in MODIFIERS for thing in THINGS]
        return (EMPTY, WALL, YOU, *monsters, *items, *KINDS, *GROUPS, *MODIFIERS, *ELEMENTS, TARGET)

    def spec(self) -> EnvironmentSpec:
        """What the game looks like from outside."""
        rows = len(KINDS) + len(MODIFIERS) + 1
        blocks = (Block("grid", (SIZE, SIZE, 2)), *([Block("manual", (rows, 2))] if self.manual else []))
        width = SIZE * SIZE * 2 + (rows * 2 if self.manual else 0)
        observations = Observations(Form.WORDS, "|u1", width, self.words, blocks)
        name = "RTFM-full" if self.manual else "RTFM"
        return EnvironmentSpec(name, observations, Actions(len(MOVES)), LONGEST, stochastic=self.manual, valid_actions=True)

    def write(self, board: Board) -> Array:
        """The board's row."""
        grid = {place: (EMPTY if place in INSIDE else WALL, EMPTY) for place in CELLS}
        grid |= {place: (name, EMPTY) for place, name in (*board.items, *board.monsters)}
        if board.you:
            grid[board.you] = (YOU, board.held)
        pairs = [grid[place] for place in sorted(grid)] + list(board.manual.rows() if self.manual else ())
        number = {word: index for index, word in enumerate(self.words)}
        return np.array([number[word] for pair in pairs for word in pair], dtype="|u1")

    def read(self, row: Array) -> Board:
        """The board of a row."""
        words = [self.words[int(number)] for number in row]
        pairs = list(zip(words[::2], words[1::2], strict=True))
        cells = dict(zip(CELLS, pairs[: SIZE * SIZE], strict=True))
        manual = FIXED
        if self.manual:
            rows = pairs[SIZE * SIZE :]
            manual = Manual(tuple(rows[: len(KINDS)]), tuple(rows[len(KINDS) : -1]), rows[-1][1])
        you = next((place for place, (first, _) in cells.items() if first == YOU), None)
        named = [(place, first) for place, (first, _) in cells.items() if first not in (EMPTY, WALL, YOU)]
        monsters = tuple((place, name) for place, name in named if name.partition(" ")[0] in ELEMENTS)
        items = tuple((place, name) for place, name in named if name.partition(" ")[0] in MODIFIERS)
        return Board(you, cells[you][1] if you else EMPTY, monsters, items, manual)


class Rtfm:
    """The game; ``full`` draws the manual for each episode and lets the monsters move."""

    def __init__(self, full: bool = False) -> None:
        self._full, self._lexicon = full, Lexicon(full)
        self.spec = self._lexicon.spec()
        self._rng = np.random.default_rng(0)
        self._board = self._drawn(self._rng)

    def reset(self, seed: int) -> Array:
        """Begin an episode with positions, and in the full game a manual, of this seed."""
        self._rng = np.random.default_rng(seed)
        self._board = self._drawn(self._rng)
        return self._lexicon.write(self._board)

    def step(self, action: Action) -> Step:
        """Draw one of the possible answers."""
        possible = self._possible(self._board, int(action))
        chosen = self._rng.choice(len(possible), p=[probability for probability, _, _ in possible]) if len(possible) > 1 else 0
        _, self._board, reward = possible[int(chosen)]
        return self._answer(self._board, reward)

    def law(self, observation: Array, action: int) -> Sequence[Outcome]:
        """Every possible answer."""
        possible = self._possible(self._lexicon.read(observation), action)
        return [Outcome(probability, self._answer(board, reward)) for probability, board, reward in possible]

    def snapshot(self) -> object:
        """The board and the generator's state."""
        return self._board, self._rng.bit_generator.state

    def restore(self, kept: object) -> None:
        """Go back."""
        assert isinstance(kept, tuple)
        self._board, self._rng.bit_generator.state = kept

    def place(self, observation: Array) -> bool:
        """The observation is the whole state."""
        self._board = self._lexicon.read(observation)
        return True

    def sample(self, rng: np.random.Generator) -> Array | None:
        """A drawn board on which something may be held already."""
        board = self._drawn(rng)
        if rng.random() < 2 / 3:
            taken = int(rng.integers(len(board.items)))
            board = replace(board, held=board.items[taken][1], items=board.items[:taken] + board.items[taken + 1 :])
        return self._lexicon.write(board)

    def _possible(self, board: Board, action: int) -> list[tuple[float, Board, int]]:
        """Every way to go on; monsters move in the order of rows and columns."""
        moved, reward = acted(board, action)
        if not self._full or reward:
            return [(1.0, moved, reward)]
        return list(pursued(replace(moved, monsters=tuple(sorted(moved.monsters)))))

    def _answer(self, board: Board, reward: int) -> Step:
        return Step(self._lexicon.write(board), float(reward), reward != 0, sum(1 << action for action in board.valid()))

    def _drawn(self, rng: np.random.Generator) -> Board:
        places = [INSIDE[index] for index in rng.permutation(len(INSIDE))[:5]]
        manual, monsters, items = (
            _assigned(rng) if self._full else (FIXED, ["cold dragon", "fire demon"], ["shimmering axe", "grandmasters bow"])
        )
        named = zip(places[1:], [*monsters, *items], strict=True)
        entities = sorted(named)
        found = tuple((place, name) for place, name in entities if name in monsters)
        return Board(places[0], EMPTY, found, tuple(entity for entity in entities if entity not in found), manual)


def _assigned(rng: np.random.Generator) -> tuple[Manual, list[str], list[str]]:
    """A manual, a monster of the target group and one of another, and an item against each."""
    groups = rng.permutation([*range(len(GROUPS))] * (len(KINDS) // len(GROUPS)))
    beaten = rng.permutation([*range(len(ELEMENTS))] * (len(MODIFIERS) // len(ELEMENTS)))
    of = {kind: GROUPS[index] for kind, index in zip(KINDS, groups, strict=True)}
    beats = {modifier: ELEMENTS[index] for modifier, index in zip(MODIFIERS, beaten, strict=True)}
    target = str(rng.choice(GROUPS))
    right = str(rng.choice([kind for kind in KINDS if of[kind] == target]))
    wrong = str(rng.choice([kind for kind in KINDS if of[kind] != target]))
    elements = [str(element) for element in rng.choice(ELEMENTS, size=2, replace=False)]
    items = [f"{rng.choice([m for m in MODIFIERS if beats[m] == element])} {rng.choice(THINGS)}" for element in elements]
    monsters = [f"{element} {kind}" for element, kind in zip(elements, (right, wrong), strict=True)]
    return Manual(tuple(of.items()), tuple(beats.items()), target), monsters, items
