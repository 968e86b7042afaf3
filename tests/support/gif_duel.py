"""The strategy and its plain double, driven side by side over the same outcomes, with a window of moves in flight."""

from collections import deque
from dataclasses import dataclass
from random import Random

from plain_gif_mcts import PlainGifMcts, PlainMove, Rules

from gifmcts.strategies.gif_mcts import FixTrigger, GifMcts
from gifmcts.tree import Node, Tree
from gifmcts.types import Action, Attempt, Broken, Completion, Evaluation, Finish, Move, Program, Reading, Stage


@dataclass(frozen=True)
class Result:
    """What a model's answer was worth: its lines, its pass rate, and how it is broken; an unreadable one has no program."""

    lines: int = 20
    reward: float = 0.0
    broken: str | None = None
    readable: bool = True


BUG = Result(broken="compile")


def strategy(rules: Rules) -> GifMcts:
    """The strategy with the double's constants."""
    generate, improve, fix = rules.priors
    return GifMcts(
        actions=tuple(Action(action) for action in rules.actions),
        exploration=rules.exploration,
        epsilon=rules.epsilon,
        lines=rules.lines,
        extra_lines_root=rules.blank_lines_root,
        extra_lines=rules.blank_lines,
        fixes=rules.fixes,
        top_bug_value=rules.top,
        prior_generate=generate,
        prior_improve=improve,
        prior_fix=fix,
        prior_count=rules.prior_count,
        weight_global=rules.weights[0],
        weight_local=rules.weights[1],
        learn_blend=rules.learn_blend,
        resample=rules.resample,
        credit_terminal=rules.credit_terminal,
        fix_trigger=FixTrigger.EXCEPTION if rules.exceptions_are_bugs else FixTrigger.COMPILE,
    )


def plainly(move: Move) -> PlainMove:
    """The move as the double writes it."""
    return move.node, str(move.action), move.target


def attempt(index: int, move: Move, result: Result) -> Attempt:
    """The attempt that a search would commit for this result."""
    program = Program("pass\n" * result.lines) if result.readable else None
    broken = Broken(Stage(result.broken), "SyntaxError", "invalid syntax") if result.broken and program else None
    reading = Reading.PROGRAM if program else Reading.UNREADABLE
    evaluation = Evaluation(result.reward if program else 0.0, broken)
    return Attempt(index, move, 0, (), Completion("", 0, 0, Finish.STOP), reading, program, evaluation)


class Duel:
    """A tree grown by both; every step asserts that they agree, unless the strategy is not ``held`` to its double."""

    def __init__(self, rules: Rules, window: int = 1, held: bool = True) -> None:
        self.gif, self.plain, self.window, self.held = strategy(rules), PlainGifMcts(rules), window, held
        self.tree, self.state = Tree(), self.gif.begin()

    def select(self, seed: int = 0) -> Move | None:
        """The strategy's next move, which must be one of the double's."""
        move = self.gif.select(self.tree, self.state, Random(seed))
        if not self.held:
            return move
        options = self.plain.options([plainly(move) for move in self.tree.in_flight])
        if move is None:
            assert options == set(), f"nothing was offered, but {options} may be selected"
        else:
            assert plainly(move) in options, f"{move} was selected, but only {options} may be: {self.plain.scores}"
        return move

    def commit(self, move: Move, result: Result) -> Node:
        """Apply the result to both and compare all that they know."""
        node = self.tree.add(attempt(len(self.tree.attempts), move, result))
        self.gif.backup(self.tree, self.state, node)
        if self.held:
            self.plain.commit(plainly(move), result.lines, result.reward, result.broken, result.readable)
            self._agree()
        return node

    def add(self, parent: int, action: str, result: Result, target: int | None = None) -> Node:
        """Commit a move of the test's own choice."""
        return self.commit(Move(parent, Action(action), target), result)

    def play(self, results: list[Result], rng: Random) -> list[Move]:
        """Select and commit until the results are used up or nothing is offered; commits in the order of selection."""
        waiting, moves = deque(results), []
        while waiting or self.tree.in_flight:
            while len(self.tree.in_flight) < min(self.window, len(waiting)):
                move = self.select(rng.randrange(1000))
                if move is None:
                    break
                self.tree.in_flight.append(move)
            if not self.tree.in_flight:
                break
            moves.append(self.tree.in_flight.pop(0))
            self.commit(moves[-1], waiting.popleft())
        return moves

    def _agree(self) -> None:
        for plain, node, standing in zip(self.plain.nodes, self.tree.nodes, self.state.standings, strict=True):
            text = f"node {node.id} after {len(self.tree.attempts)} attempts"
            theirs = node.settled, standing.terminal, standing.buggy
            assert theirs == (plain.settled, plain.terminal, plain.buggy), f"{text}: settled, terminal, buggy are {theirs}"
            assert abs(node.visits - plain.visits) < 1e-9, f"{text}: visits are {node.visits}, by the rules {plain.visits}"
            assert abs(node.value - plain.value) < 1e-9, f"{text}: value sum is {node.value}, by the rules {plain.value}"
            if plain.buggy:
                assert standing.fixes_left == plain.fixes_left, f"{text}: {standing.fixes_left} fixes left, by the rules {plain.fixes_left}"
        for action, outcomes in self.plain.outcomes.items():
            known, blend = self.state.outcomes[Action(action)], self.state.blends[Action(action)]
            assert known.count == len(outcomes), f"outcomes of {action}"
            assert abs(known.total - sum(outcomes)) < 1e-9, f"outcomes of {action}"
            for ours, plainer in zip((blend.weight_global, blend.weight_local), self.plain.weights[action], strict=True):
                assert abs(ours - plainer) < 1e-9, f"blend of {action} is {blend}, by the rules {self.plain.weights[action]}"
