"""Read to fight monsters, fixed variant: the shimmering axe beats the cold dragon, which is to be killed."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"


class Environment:
    """A grid of 6 by 6 cells, each with what is there and, for the agent, what it holds."""

    def __init__(self):
        self.moves = [(0, 0), (-1, 0), (1, 0), (0, -1), (0, 1)]
        self.beats = {"shimmering axe": "cold dragon", "grandmasters bow": "fire demon"}
        self.grid = []
        self.place = (1, 1)

    def set_state(self, observation):
        """Take the grid over, which is never changed, and look for the agent in it."""
        self.grid = observation
        for y, row in enumerate(observation):
            for x, cell in enumerate(row):
                if cell[0] == "you":
                    self.place = (y, x)

    def valid(self):
        """Staying, and the neighbours that are no walls."""
        y, x = self.place
        found = []
        for action, (down, right) in enumerate(self.moves):
            if self.grid[y + down][x + right][0] != "wall":
                found.append(action)
        return found

    def step(self, action):
        """Stay, up, down, left, right."""
        y, x = self.place
        down, right = self.moves[action]
        goal = (y + down, x + right)
        there = self.grid[goal[0]][goal[1]][0]
        held = self.grid[y][x][1]
        if there in ("wall", "you"):
            return self.grid, self.valid(), 0.0, False
        self.grid = [row.copy() for row in self.grid]
        self.grid[y][x] = ["empty", "empty"]
        if there in self.beats.values():
            won = self.beats.get(held) == there
            if won:
                self.grid[goal[0]][goal[1]] = ["you", held]
                self.place = goal
            reward = 1.0 if won and there == "cold dragon" else -1.0
            return self.grid, self.valid(), reward, True
        if there in self.beats:
            held = there
        self.grid[goal[0]][goal[1]] = ["you", held]
        self.place = goal
        return self.grid, self.valid(), 0.0, False
