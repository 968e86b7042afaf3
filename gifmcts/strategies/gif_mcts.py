"""GIF-MCTS: generate, improve and fix programs with Monte Carlo tree search (arXiv 2405.15383, section 4 and appendix)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import log, sqrt
from random import Random
from typing import ClassVar

from gifmcts.strategies.outcomes import Blend, Outcomes
from gifmcts.strategies.refinement import FixTrigger, templates
from gifmcts.tree import ROOT, Node, Tree
from gifmcts.types import Action, Move


@dataclass(slots=True)
class Standing:
    """What the search knows of a node beside its visits and value: whether it is dead, buggy, and what it offers."""

    terminal: bool = False
    buggy: bool = False
    fixes_left: int = 0
    offers: tuple[Action, ...] = ()
    arms: list[int] = field(default_factory=list)
    """The children that selection may descend to; emptied when the node is sampled again."""


@dataclass(slots=True)
class GifState:
    """A tree's statistics: a standing a node, outcomes and blend weights an action."""

    standings: list[Standing]
    outcomes: dict[Action, Outcomes]
    blends: dict[Action, Blend]


@dataclass(frozen=True, slots=True)
class GifMcts:
    """Upper-confidence tree search over program prefixes with three actions; every constant is a field.

    The defaults are the ``honest`` preset; ``paper`` follows the published implementation's selection, statistics and re-sampling.
    """

    name: ClassVar[str] = "gif-mcts"

    actions: tuple[Action, ...] = (Action.GENERATE, Action.IMPROVE, Action.FIX)
    """Which actions exist; the root can generate once even without ``generate``."""
    exploration: float = 0.1
    """C of the upper confidence bound."""
    epsilon: float = 1.0
    """Added to the visits below the root sign."""
    lines: int = 2
    """L: lines settled a level."""
    extra_lines_root: int = 0
    """Further lines settled by children of the root."""
    extra_lines: int = 0
    """Further lines settled by all other children."""
    fixes: int = 3
    """f: how many fixes in a row a bug is worth."""
    top_bug_value: float = 0.99
    """The stand-in value of a bug with all fixes left; it falls linearly to 0."""
    prior_generate: float = 0.5
    prior_improve: float = 0.55
    prior_fix: float = 0.5
    prior_count: float = 2.0
    """c0: how many outcomes the prior weighs."""
    weight_global: float = 0.5
    weight_local: float = 0.5
    learn_blend: bool = False
    """Whether the two weights follow the gradient of the prediction error."""
    resample: bool = False
    """Whether selecting a dead node samples it again and replaces its program."""
    credit_terminal: bool = True
    """Whether a dead node shows its own pass rate in selection and local means."""
    fix_trigger: FixTrigger = FixTrigger.COMPILE
    templates: Mapping[Action, str] = field(default_factory=templates)
    stops_when_solved: bool = True

    PRESETS: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "honest": {},
        "paper": {"extra_lines_root": 2, "extra_lines": 1, "learn_blend": True, "resample": True, "credit_terminal": False},
    }

    def begin(self) -> GifState:
        """A root that offers to generate."""
        priors = {Action.GENERATE: self.prior_generate, Action.IMPROVE: self.prior_improve, Action.FIX: self.prior_fix}
        return GifState(
            standings=[Standing(offers=(Action.GENERATE,))],
            outcomes={action: Outcomes(prior, self.prior_count) for action, prior in priors.items()},
            blends={action: Blend(self.weight_global, self.weight_local) for action in priors},
        )

    def select(self, tree: Tree, state: GifState, rng: Random) -> Move | None:
        """Descend by upper confidence bound to an action that is not expanded yet, or to a dead node that is sampled again."""
        return _Descent(self, tree, state, rng).move()

    def backup(self, tree: Tree, state: GifState, node: Node) -> None:
        """Account for a committed attempt: learn the blend, count the outcome, back it up, mend the chain of fixes."""
        parent = tree.nodes[node.parent or ROOT]
        action = node.action or Action.GENERATE
        standing = self._settle(state, parent, node)
        reward = node.evaluation.reward if node.evaluation else 0.0
        outcome = 0.0 if standing.buggy else reward
        outcomes, above = state.outcomes[action], state.standings[parent.id]
        if node.id not in above.arms:
            above.arms.append(node.id)
        if standing.buggy and not standing.terminal:
            node.value += self.bug_value(standing.fixes_left)
        if self.learn_blend:
            siblings = [tree.nodes[arm] for arm in above.arms if tree.nodes[arm].action is action]
            local = sum(child.mean for child in siblings) / len(siblings)
            state.blends[action].learn(outcomes, local, outcome)
        outcomes.add(outcome)
        for step in tree.path(node):
            if standing.buggy:
                step.value += step.mean
            elif step is not node or self.credit_terminal or not standing.terminal:
                step.value += reward
            step.visits += 1
        if action is Action.FIX and above.buggy:
            self._mend_chain(tree, state, parent, node)

    def bug_value(self, fixes_left: int) -> float:
        """v_b: what a bug with this many fixes left is taken to be worth."""
        return self.top_bug_value * fixes_left / self.fixes if self.fixes else 0.0

    def _settle(self, state: GifState, parent: Node, node: Node) -> Standing:
        """Settle the node's first lines and write down what it is and offers."""
        length = parent.settled + self.lines + (self.extra_lines_root if parent.id == ROOT else self.extra_lines)
        lines = len(node.program.lines) if node.program else 0
        node.settled = min(length, lines)
        broken = node.evaluation.broken if node.evaluation and node.program else None
        buggy = self.fix_trigger.bug(broken)
        standing = Standing(buggy=buggy, terminal=lines < length)
        if buggy:
            standing.fixes_left = state.standings[parent.id].fixes_left - 1 if node.action is Action.FIX else self.fixes
            standing.terminal |= Action.FIX not in self.actions
            standing.offers = (Action.FIX,) if standing.fixes_left > 0 else ()
        else:
            standing.offers = tuple(action for action in (Action.GENERATE, Action.IMPROVE) if action in self.actions)
        if standing.terminal:
            standing.offers = ()
        if node.id == len(state.standings):
            state.standings.append(standing)
        else:
            state.standings[node.id] = standing
        return standing

    def _mend_chain(self, tree: Tree, state: GifState, parent: Node, child: Node) -> None:
        """Give the chain of fixes above a new fix the worth that the fix turned out to have."""
        chain = [parent]
        while chain[-1].action is Action.FIX and chain[-1].parent is not None:
            chain.append(tree.nodes[chain[-1].parent])
        standing = state.standings[child.id]
        if standing.buggy and standing.fixes_left <= 0:
            for node in chain:
                node.value = 0.0
                state.standings[node.id].terminal = True
            return
        mean = self.bug_value(standing.fixes_left) if standing.buggy else child.mean
        for node in chain:
            node.value = mean * node.visits
        state.standings[parent.id].buggy = False


@dataclass(slots=True)
class _Descent:
    """One selection: the moves in flight counted once, then a walk from the root."""

    strategy: GifMcts
    tree: Tree
    state: GifState
    rng: Random
    below: dict[int, int] = field(default_factory=dict)
    """Moves in flight at or below a node."""
    opened: dict[tuple[int, Action], int] = field(default_factory=dict)
    """Moves in flight that open a new child of a node by an action."""

    def __post_init__(self) -> None:
        for move in self.tree.in_flight:
            start = move.node if move.target is None else move.target
            for node in self.tree.path(self.tree.nodes[start]):
                self.below[node.id] = self.below.get(node.id, 0) + 1
            if move.target is None:
                self.opened[move.node, move.action] = self.opened.get((move.node, move.action), 0) + 1

    def move(self) -> Move | None:
        node = self.tree.root
        if not self._open(node):
            return None
        while True:
            choice = self._choose(node)
            if isinstance(choice, Action):
                return Move(node.id, choice)
            if self.state.standings[choice.id].terminal:
                return Move(node.id, choice.action or Action.GENERATE, choice.id)
            node = choice

    def _choose(self, node: Node) -> Node | Action:
        """The child or unvisited action with the highest bound; ties are broken at random."""
        visits = node.visits + self.below.get(node.id, 0)
        scores: list[tuple[float, Node | Action]] = []
        for arm in self.state.standings[node.id].arms:
            child = self.tree.nodes[arm]
            if self._open(child):
                scores.append((self._bound(child.mean, visits, child.visits + self.below.get(arm, 0)), child))
        for action in self._actions(node):
            value, count = self._estimate(node, action)
            scores.append((self._bound(value, visits, count), action))
        best = max(score for score, _ in scores)
        return self.rng.choice([option for score, option in scores if score == best])

    def _bound(self, value: float, parent_visits: float, visits: float) -> float:
        return value + self.strategy.exploration * sqrt(log(parent_visits) / (visits + self.strategy.epsilon))

    def _estimate(self, node: Node, action: Action) -> tuple[float, int]:
        """The blended value of an unvisited action and how many children it has here already, those in flight included."""
        children = [child for arm in self.state.standings[node.id].arms if (child := self.tree.nodes[arm]).action is action]
        local = sum(child.mean for child in children) / len(children) if children else None
        value = self.state.blends[action].predict(self.state.outcomes[action].mean, local)
        return min(1.0, max(0.0, value)), len(children) + self.opened.get((node.id, action), 0)

    def _actions(self, node: Node) -> list[Action]:
        """The unvisited actions that the node offers now: a bug one single fix, a root without ``generate`` one single generate."""
        standing = self.state.standings[node.id]
        single = Action.FIX in standing.offers or (node.id == ROOT and Action.GENERATE not in self.strategy.actions)
        if single:
            taken = {self.tree.nodes[arm].action for arm in standing.arms}
            return [action for action in standing.offers if action not in taken and (node.id, action) not in self.opened]
        return list(standing.offers)

    def _open(self, node: Node) -> bool:
        """Whether something can be sampled at or below the node."""
        standing = self.state.standings[node.id]
        if standing.terminal:
            return self.strategy.resample and not self.below.get(node.id)
        return bool(self._actions(node)) or any(self._open(self.tree.nodes[arm]) for arm in standing.arms)
