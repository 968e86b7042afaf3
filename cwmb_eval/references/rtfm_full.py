"""Read to fight monsters, the full game: the manual says who must be fought and with what, and monsters move by chance."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,assignment"


class Environment:
    """The agent, what it holds, monsters and items by place, and the manual."""

    def __init__(self):
        self.moves = [(0, 0), (-1, 0), (1, 0), (0, -1), (0, 1)]
        self.modifiers = {"arcane", "blessed", "fanatical", "gleaming", "grandmasters", "mysterious", "shimmering", "soldiers"}
        self.manual = []
        self.you = (1, 1)
        self.held = "empty"
        self.monsters = {}
        self.items = {}

    def set_state(self, observation):
        """Read the grid and the manual."""
        self.manual = [list(pair) for pair in observation["manual"]]
        self.monsters = {}
        self.items = {}
        for y, row in enumerate(observation["grid"]):
            for x, (there, held) in enumerate(row):
                if there == "you":
                    self.you = (y, x)
                    self.held = held
                elif there.split(" ")[0] in self.modifiers:
                    self.items[y, x] = there
                elif there not in ("empty", "wall"):
                    self.monsters[y, x] = there

    def inside(self, place):
        """Whether it is no wall."""
        return 0 < place[0] < 5 and 0 < place[1] < 5

    def neighbours(self, place):
        """The place itself, up, down, left, right, without walls."""
        goals = [(place[0] + y, place[1] + x) for y, x in self.moves]
        return [goal for goal in goals if self.inside(goal)]

    def fight(self, monster):
        """The reward of meeting a monster; the loser leaves the board."""
        known = dict(map(tuple, self.manual))
        element, kind = monster.split(" ")
        if known.get(self.held.split(" ")[0]) != element:
            self.you = None
            return -1.0
        del self.monsters[self.you]
        return 1.0 if known[kind] == known["target"] else -1.0

    def pursue(self, place, rng):
        """Where a monster goes."""
        free = [goal for goal in self.neighbours(place) if goal == place or (goal not in self.monsters and goal not in self.items)]
        far = self.distance(place)
        nearer = [goal for goal in free if self.distance(goal) < far]
        if nearer and rng.random() < 0.6:
            return rng.choice(nearer)
        return rng.choice(free)

    def distance(self, place):
        """Rows and columns to the agent."""
        return abs(place[0] - self.you[0]) + abs(place[1] - self.you[1])

    def answer(self, reward):
        """What a step returns."""
        grid = []
        for y in range(6):
            grid.append([self.cell((y, x)) for x in range(6)])
        valid = []
        if self.you is not None:
            y, x = self.you
            valid = [action for action, (down, right) in enumerate(self.moves) if self.inside((y + down, x + right))]
        return {"grid": grid, "manual": self.manual}, valid, reward, reward != 0

    def cell(self, place):
        """Two words."""
        if place == self.you:
            return ["you", self.held]
        if not self.inside(place):
            return ["wall", "empty"]
        return [self.monsters.get(place) or self.items.get(place) or "empty", "empty"]

    def step(self, action, rng):
        """Stay, up, down, left, right; then the monsters move."""
        y, x = self.you
        down, right = self.moves[action]
        if self.inside((y + down, x + right)):
            self.you = (y + down, x + right)
        self.held = self.items.pop(self.you, self.held)
        if self.you in self.monsters:
            return self.answer(self.fight(self.monsters[self.you]))
        for place in sorted(self.monsters):
            goal = self.pursue(place, rng)
            self.monsters[goal] = self.monsters.pop(place)
            if goal == self.you:
                return self.answer(self.fight(self.monsters[goal]))
        return self.answer(0.0)
