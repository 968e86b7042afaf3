"""A taxi in a grid of 5 by 5 with walls: fetch the passenger at one of four stands and set it down at another."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"


class Environment:
    """Row, column, where the passenger is (4: in the taxi), and where it wants to go."""

    def __init__(self):
        self.stands = [(0, 0), (0, 4), (4, 0), (4, 3)]
        self.walls = {(0, 1), (1, 1), (3, 0), (3, 2), (4, 0), (4, 2)}
        self.state = (0, 0, 0, 1)

    def set_state(self, observation):
        """Take the number apart."""
        rest, goal = divmod(int(observation), 4)
        rest, passenger = divmod(rest, 5)
        row, column = divmod(rest, 5)
        self.state = (row, column, passenger, goal)

    def step(self, action):
        """South, north, east, west, pick up, set down."""
        row, column, passenger, goal = self.state
        reward = -1.0
        done = False
        if action == 0:
            row = min(row + 1, 4)
        elif action == 1:
            row = max(row - 1, 0)
        elif action == 2:
            if column < 4 and (row, column) not in self.walls:
                column = column + 1
        elif action == 3:
            if column > 0 and (row, column - 1) not in self.walls:
                column = column - 1
        elif action == 4:
            if passenger < 4 and (row, column) == self.stands[passenger]:
                passenger = 4
            else:
                reward = -10.0
        elif passenger == 4 and (row, column) == self.stands[goal]:
            passenger = goal
            reward = 20.0
            done = True
        elif passenger == 4 and (row, column) in self.stands:
            passenger = self.stands.index((row, column))
        else:
            reward = -10.0
        self.state = (row, column, passenger, goal)
        return ((row * 5 + column) * 5 + passenger) * 4 + goal, reward, done
