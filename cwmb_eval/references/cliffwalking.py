"""A walk along a cliff: 4 rows of 12 places, start and goal at the ends of the last row, the cliff between them."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"


class Environment:
    """One place."""

    def __init__(self):
        self.place = 36

    def set_state(self, observation):
        """Stand there."""
        self.place = int(observation)

    def step(self, action):
        """Go up (0), right (1), down (2) or left (3)."""
        row = self.place // 12
        column = self.place % 12
        if action == 0:
            row = max(row - 1, 0)
        elif action == 1:
            column = min(column + 1, 11)
        elif action == 2:
            row = min(row + 1, 3)
        else:
            column = max(column - 1, 0)
        if row == 3 and 0 < column < 11:
            self.place = 36
            return 36, -100.0, False
        self.place = row * 12 + column
        done = self.place == 47
        return self.place, -1.0, done
