"""A car in a valley whose engine is weaker than the slope."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import math

import numpy as np


class Environment:
    """Position and speed."""

    def __init__(self):
        self.position = -0.5
        self.speed = 0.0

    def set_state(self, observation):
        """Take both numbers over."""
        self.position = float(observation[0])
        self.speed = float(observation[1])

    def step(self, action):
        """Accelerate to the left (0), not at all (1), to the right (2)."""
        push = (action - 1) * 0.001
        slope = math.cos(3 * self.position) * 0.0025
        speed = self.speed + push - slope
        speed = max(-0.07, min(0.07, speed))
        position = self.position + speed
        position = max(-1.2, min(0.6, position))
        if position == -1.2 and speed < 0:
            speed = 0.0
        self.position = position
        self.speed = speed
        done = bool(position >= 0.5 and speed >= 0.0)
        return np.array([position, speed], dtype=np.float32), -1.0, done
