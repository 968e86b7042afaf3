"""Blackjack with an infinite deck: hit or stick against a dealer who draws up to 17."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"


class Environment:
    """The player's sum, the dealer's open card, and whether the player has an ace that counts 11."""

    def __init__(self):
        self.total = 12
        self.shown = 1
        self.ace = 0

    def set_state(self, observation):
        """Take the three numbers over."""
        self.total, self.shown, self.ace = observation

    def card(self, rng):
        """Aces are 1, faces 10."""
        return min(rng.randint(1, 13), 10)

    def dealt(self, rng):
        """The dealer's final sum."""
        hard = self.shown
        ace = self.shown == 1
        total = 0
        while total < 17:
            card = self.card(rng)
            hard = hard + card
            ace = ace or card == 1
            total = hard + 10 if ace and hard + 10 <= 21 else hard
        return total

    def step(self, action, rng):
        """Stick (0) or hit (1)."""
        if action == 1:
            card = self.card(rng)
            hard = self.total - 10 * self.ace + card
            usable = (self.ace == 1 or card == 1) and hard + 10 <= 21
            self.ace = int(usable)
            self.total = hard + 10 if usable else hard
            bust = hard > 21
            reward = -1.0 if bust else 0.0
            return (self.total, self.shown, self.ace), reward, bust
        dealer = self.dealt(rng)
        if dealer > 21 or dealer < self.total:
            reward = 1.0
        elif dealer > self.total:
            reward = -1.0
        else:
            reward = 0.0
        return (self.total, self.shown, self.ace), reward, True
