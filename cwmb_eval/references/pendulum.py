"""A pendulum that is swung up by a torque at its joint."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import math

import numpy as np


class Environment:
    """Angle from upright, and angular speed."""

    def __init__(self):
        self.angle = 0.0
        self.speed = 0.0

    def set_state(self, observation):
        """The angle from its cosine and sine."""
        cosine = float(observation[0])
        sine = float(observation[1])
        self.angle = math.atan2(sine, cosine)
        self.speed = float(observation[2])

    def step(self, action):
        """Apply a torque."""
        torque = max(-2.0, min(2.0, float(action[0])))
        angle = (self.angle + math.pi) % (2 * math.pi) - math.pi
        cost = angle**2 + 0.1 * self.speed**2 + 0.001 * torque**2
        gain = 15.0 * math.sin(self.angle) + 3.0 * torque
        speed = self.speed + gain * 0.05
        speed = max(-8.0, min(8.0, speed))
        self.angle = self.angle + speed * 0.05
        self.speed = speed
        seen = [math.cos(self.angle), math.sin(self.angle), speed]
        return np.array(seen, dtype=np.float32), -cost, False
