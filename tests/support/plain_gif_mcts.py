"""GIF-MCTS once more, plainly: one function for each rule of arXiv 2405.15383 and its two presets, slow and without any cleverness.

Nothing is shared with the strategy that it is compared with: a node is a record of what the rules speak of, nothing is cached.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

ACTIONS = ("generate", "improve", "fix")


@dataclass(frozen=True)
class Rules:
    """The constants; the defaults are the honest preset."""

    actions: tuple[str, ...] = ACTIONS
    exploration: float = 0.1
    epsilon: float = 1.0
    lines: int = 2
    blank_lines_root: int = 0
    blank_lines: int = 0
    fixes: int = 3
    top: float = 0.99
    priors: tuple[float, float, float] = (0.5, 0.55, 0.5)
    prior_count: float = 2.0
    weights: tuple[float, float] = (0.5, 0.5)
    learn_blend: bool = False
    resample: bool = False
    credit_terminal: bool = True
    exceptions_are_bugs: bool = False


HONEST = Rules()
PAPER = replace(HONEST, blank_lines_root=2, blank_lines=1, learn_blend=True, resample=True, credit_terminal=False)

PlainMove = tuple[int, str, int | None]
"""Node, action, and the child that is sampled again."""
Option = int | str
"""A child's id or an unvisited action."""


@dataclass
class PlainNode:
    """A prefix of ``settled`` lines and the standing of its program."""

    id: int
    parent: "PlainNode | None" = None
    action: str = ""
    children: list["PlainNode"] = field(default_factory=list)
    settled: int = 0
    visits: float = 0.0
    value: float = 0.0
    terminal: bool = False
    buggy: bool = False
    fixes_left: int = 0
    unvisited: list[str] = field(default_factory=list)

    @property
    def mean(self) -> float:
        return self.value / self.visits if self.visits else 0.0

    def of(self, action: str) -> list["PlainNode"]:
        """The expanded children of one type."""
        return [child for child in self.children if child.action == action]

    def up(self) -> Iterator["PlainNode"]:
        """The node and all above it."""
        node: PlainNode | None = self
        while node:
            yield node
            node = node.parent


class PlainGifMcts:
    """A tree that is driven step by step: ``options`` says what may be selected, ``commit`` what came of one move."""

    def __init__(self, rules: Rules = HONEST) -> None:
        self.rules = rules
        self.nodes = [PlainNode(0, visits=1.0, unvisited=["generate"])]
        self.outcomes: dict[str, list[float]] = {action: [] for action in ACTIONS}
        self.weights = dict.fromkeys(ACTIONS, rules.weights)
        self.scores: list[tuple[int, dict[Option, float]]] = []
        self.in_flight: Sequence[PlainMove] = ()

    # Selection

    def options(self, in_flight: Sequence[PlainMove] = ()) -> set[PlainMove]:
        """Every move that selection may give, all ties followed; ``scores`` then holds the nodes met and the score of each option there.

        A move in flight is a visit to all nodes of its path and to the action that it opens, in the exploration term only.
        """
        self.scores, self.in_flight = [], in_flight
        return self._descend(self.nodes[0]) if self._alive(self.nodes[0]) else set()

    def _descend(self, s: PlainNode) -> set[PlainMove]:
        scores = {option: self._score(s, option) for option in self._offered(s)}
        self.scores.append((s.id, scores))
        found: set[PlainMove] = set()
        for option, score in scores.items():
            if max(scores.values()) - score > 1e-9:
                continue
            if isinstance(option, str):
                found.add((s.id, option, None))
            elif self.nodes[option].terminal:
                found.add((s.id, self.nodes[option].action, option))
            else:
                found |= self._descend(self.nodes[option])
        return found

    def _offered(self, s: PlainNode) -> list[Option]:
        actions = [action for action in s.unvisited if not (self._single(s) and (s.id, action, None) in self.in_flight)]
        return [*(child.id for child in s.children if self._alive(child)), *actions]

    def _single(self, s: PlainNode) -> bool:
        """A bug has one single fix; a root without generate has one single generate."""
        return s.buggy or (s.id == 0 and "generate" not in self.rules.actions)

    def _alive(self, s: PlainNode) -> bool:
        """Whether a descent into the node can end in a move."""
        if s.terminal:
            return self.rules.resample and not any(target == s.id for _, _, target in self.in_flight)
        return bool(self._offered(s))

    def _score(self, s: PlainNode, option: Option) -> float:
        if isinstance(option, str):
            value = min(1.0, max(0.0, self.estimate(s, option)))
            n = float(len(s.of(option)) + sum(move == (s.id, option, None) for move in self.in_flight))
        else:
            value, n = self.nodes[option].mean, self.nodes[option].visits + self._flying(self.nodes[option])
        visits = s.visits + self._flying(s)
        return value + self.rules.exploration * math.sqrt(math.log(visits) / (n + self.rules.epsilon))

    def _flying(self, s: PlainNode) -> int:
        """Moves in flight at or below a node."""
        starts = [self.nodes[node if target is None else target] for node, _, target in self.in_flight]
        return sum(s in list(start.up()) for start in starts)

    def estimate(self, s: PlainNode, action: str) -> float:
        """What an unvisited action promises, not yet clipped."""
        return self._blend(s, action) if s.of(action) else self.global_mean(action)

    def global_mean(self, action: str) -> float:
        """The mean of an action's outcomes over the tree, with its prior."""
        prior, count = self.rules.priors[ACTIONS.index(action)], self.rules.prior_count
        return (prior * count + sum(self.outcomes[action])) / (count + len(self.outcomes[action]))

    def _blend(self, s: PlainNode, action: str) -> float:
        w_global, w_local = self.weights[action]
        local = sum(child.mean for child in s.of(action)) / len(s.of(action))
        return (w_global * self.global_mean(action) + w_local * local) / (w_global + w_local)

    # What came of a move

    def commit(self, move: PlainMove, lines: int, reward: float, broken: str | None = None, readable: bool = True) -> PlainNode:
        """Apply an attempt: ``broken`` is ``compile``, ``exception`` or nothing; an unreadable answer has no line and reward 0."""
        if not readable:
            lines, reward, broken = 0, 0.0, None
        number, action, target = move
        parent = self.nodes[number]
        child = self._open(parent, action) if target is None else self.nodes[target]
        self._evaluate(child, lines, broken)
        outcome = 0.0 if child.buggy else reward
        if child.buggy and not child.terminal:
            child.value += self.bug_value(child.fixes_left)
        if self.rules.learn_blend:
            self._learn(parent, action, outcome)
        self.outcomes[action].append(outcome)
        if child.buggy:
            self._back_up_bug(child)
        else:
            self._back_up(child, reward)
        if action == "fix" and parent.buggy:
            self._mend(parent, child)
        return child

    def _open(self, parent: PlainNode, action: str) -> PlainNode:
        child = PlainNode(len(self.nodes), parent, action)
        self.nodes.append(child)
        parent.children.append(child)
        if self._single(parent):
            parent.unvisited.remove(action)
        return child

    def _evaluate(self, child: PlainNode, lines: int, broken: str | None) -> None:
        """Prefix, flags, fixes left and fresh actions of a program."""
        rules, parent = self.rules, child.parent
        assert parent
        prefix = parent.settled + rules.lines + (rules.blank_lines_root if parent.id == 0 else rules.blank_lines)
        child.settled = min(lines, prefix)
        child.buggy = broken == "compile" or (broken == "exception" and rules.exceptions_are_bugs)
        child.terminal = lines < prefix or (child.buggy and "fix" not in rules.actions)
        child.fixes_left = parent.fixes_left - 1 if child.action == "fix" and child.buggy else rules.fixes
        child.children = []
        healthy = [action for action in ("generate", "improve") if action in rules.actions]
        bug = ["fix"] if child.fixes_left > 0 else []
        child.unvisited = [] if child.terminal else bug if child.buggy else healthy

    def bug_value(self, fixes_left: int) -> float:
        """linspace(0, top, f + 1)[k]."""
        return self.rules.top * fixes_left / self.rules.fixes if self.rules.fixes else 0.0

    def _learn(self, s: PlainNode, action: str, outcome: float) -> None:
        """One step against the gradient of (prediction - outcome)²; the quotient rule is written out for both weights."""
        overall, local = self.global_mean(action), sum(child.mean for child in s.of(action)) / len(s.of(action))
        w_global, w_local = self.weights[action]
        above, below = w_global * overall + w_local * local, w_global + w_local
        error = 2 * (above / below - outcome)
        rate = 1 / (1 + self.rules.prior_count + len(self.outcomes[action]))
        slope_global, slope_local = ((overall * below - above) / below**2, (local * below - above) / below**2)
        self.weights[action] = (w_global - rate * error * slope_global, w_local - rate * error * slope_local)

    def _back_up(self, child: PlainNode, reward: float) -> None:
        for node in child.up():
            node.visits += 1
            node.value += reward if node is not child or self.rules.credit_terminal or not child.terminal else 0.0

    def _back_up_bug(self, child: PlainNode) -> None:
        for node in child.up():
            node.value += node.mean
            node.visits += 1

    def _mend(self, parent: PlainNode, child: PlainNode) -> None:
        """The chain rules, for the parent, the fix nodes directly above it and the first node that is no fix."""
        chain: list[PlainNode] = []
        for node in parent.up():
            chain.append(node)
            if node.action != "fix":
                break
        if child.buggy and child.fixes_left == 0:
            for node in chain:
                node.terminal, node.value = True, 0.0
            return
        worth = self.bug_value(child.fixes_left) if child.buggy else child.mean
        if not child.buggy and child.terminal and not self.rules.credit_terminal:
            worth = 0.0
        for node in chain:
            node.value = worth * node.visits
        parent.buggy = False
