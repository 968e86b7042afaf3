"""A pole on a cart, by the equations of Barto, Sutton and Anderson, one Euler step of 0.02 s."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,assignment"

import math

import numpy as np


class Environment:
    """Position, speed, angle, angular speed."""

    def __init__(self):
        self.gravity = 9.8
        self.mass_pole = 0.1
        self.mass_total = 1.1
        self.length = 0.5
        self.force = 10.0
        self.seconds = 0.02
        self.limit_angle = 12 * 2 * math.pi / 360
        self.limit_position = 2.4
        self.state = [0.0, 0.0, 0.0, 0.0]

    def set_state(self, observation):
        """Take the four numbers over."""
        self.state = observation.tolist()

    def step(self, action):
        """Push left (0) or right (1)."""
        x, speed, angle, turning = self.state
        force = self.force if action == 1 else -self.force
        cosine = math.cos(angle)
        sine = math.sin(angle)
        pole = self.mass_pole * self.length
        common = (force + pole * turning**2 * sine) / self.mass_total
        inertia = self.length * (4.0 / 3.0 - self.mass_pole * cosine**2 / self.mass_total)
        spin = (self.gravity * sine - cosine * common) / inertia
        push = common - pole * spin * cosine / self.mass_total
        x = x + self.seconds * speed
        speed = speed + self.seconds * push
        angle = angle + self.seconds * turning
        turning = turning + self.seconds * spin
        self.state = [x, speed, angle, turning]
        fallen = abs(angle) > self.limit_angle
        left = abs(x) > self.limit_position
        done = bool(fallen or left)
        return np.array(self.state, dtype=np.float32), 1.0, done
