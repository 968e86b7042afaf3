"""The exact law of Blackjack with an infinite deck, as Sutton and Barto's example 5.1 describes it."""

from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from typing import Final

import numpy as np

from cwmb_eval.transitions import Array
from cwmb_eval.worlds.world import Outcome, Step

CARDS: Final = {card: (4 if card == 10 else 1) / 13 for card in range(1, 11)}
"""The probability of each value; faces count 10, an ace 1 or 11."""
STANDS: Final = 17
"""The dealer draws below this sum."""


class BlackjackLaw:
    """What hitting and sticking lead to."""

    def law(self, observation: Array, action: int) -> Sequence[Outcome]:
        """Every possible answer to sticking (0) or hitting (1)."""
        total, shown, ace = (int(number) for number in observation)
        if action == 0:
            same = np.array([total, shown, ace], dtype=np.int64)
            return [Outcome(chance, Step(same, float(reward), True)) for reward, chance in _stood(total, shown)]
        outcomes = []
        for card, chance in CARDS.items():
            hard = total - 10 * ace + card
            usable = int((ace or card == 1) and hard + 10 <= 21)
            row = np.array([hard + 10 * usable, shown, usable], dtype=np.int64)
            bust = hard > 21
            outcomes.append(Outcome(chance, Step(row, -1.0 if bust else 0.0, bust)))
        return outcomes


@cache
def _stood(total: int, shown: int) -> tuple[tuple[int, float], ...]:
    """Rewards of sticking and their probabilities."""
    chances: dict[int, float] = defaultdict(float)
    for final, chance in _dealt(shown, shown == 1).items():
        reward = 1 if final > 21 or final < total else -1 if final > total else 0
        chances[reward] += chance
    return tuple(sorted(chances.items()))


@cache
def _final(hard: int, ace: bool) -> dict[int, float]:
    """Sums with which the dealer ends from a hand of this sum, aces counted 1."""
    total = hard + 10 if ace and hard + 10 <= 21 else hard
    return {total: 1.0} if total >= STANDS else _dealt(hard, ace)


@cache
def _dealt(hard: int, ace: bool) -> dict[int, float]:
    """The same after one more card."""
    chances: dict[int, float] = defaultdict(float)
    for card, chance in CARDS.items():
        for final, more in _final(hard + card, ace or card == 1).items():
            chances[final] += chance * more
    return dict(chances)
