"""Two links that hang from a joint and are swung up by a torque between them; one Runge-Kutta step of 0.2 s."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import math

import numpy as np


class Environment:
    """Two angles and two angular speeds."""

    def __init__(self):
        self.state = [0.0, 0.0, 0.0, 0.0]

    def set_state(self, observation):
        """The angles from their cosines and sines."""
        first = math.atan2(float(observation[1]), float(observation[0]))
        second = math.atan2(float(observation[3]), float(observation[2]))
        self.state = [first, second, float(observation[4]), float(observation[5])]

    def slopes(self, state, torque):
        """The derivatives of the state by time."""
        first, second, speed, turning = state
        cosine = math.cos(second)
        sine = math.sin(second)
        d1 = 0.25 + (1.0 + 0.25 + cosine) + 2.0
        d2 = 0.25 + 0.5 * cosine + 1.0
        phi2 = 0.5 * 9.8 * math.cos(first + second - math.pi / 2)
        centrifugal = -0.5 * turning**2 * sine - turning * speed * sine
        phi1 = centrifugal + 1.5 * 9.8 * math.cos(first - math.pi / 2) + phi2
        driven = torque + d2 / d1 * phi1 - 0.5 * speed**2 * sine - phi2
        bend = driven / (0.25 + 1.0 - d2**2 / d1)
        swing = -(d2 * bend + phi1) / d1
        return speed, turning, swing, bend

    def moved(self, state, slopes, seconds):
        """The state further along a slope."""
        first, second, speed, turning = state
        along, across, swing, bend = slopes
        return first + seconds * along, second + seconds * across, speed + seconds * swing, turning + seconds * bend

    def step(self, action):
        """Torque -1, 0 or 1."""
        torque = action - 1.0
        start = self.state
        k1 = self.slopes(start, torque)
        k2 = self.slopes(self.moved(start, k1, 0.1), torque)
        k3 = self.slopes(self.moved(start, k2, 0.1), torque)
        k4 = self.slopes(self.moved(start, k3, 0.2), torque)
        mean = [(a + 2 * b + 2 * c + d) / 6 for a, b, c, d in zip(k1, k2, k3, k4, strict=True)]
        first, second, speed, turning = self.moved(start, mean, 0.2)
        speed = max(-4 * math.pi, min(4 * math.pi, speed))
        turning = max(-9 * math.pi, min(9 * math.pi, turning))
        self.state = [first, second, speed, turning]
        done = bool(-math.cos(first) - math.cos(first + second) > 1.0)
        reward = 0.0 if done else -1.0
        seen = [math.cos(first), math.sin(first), math.cos(second), math.sin(second), speed, turning]
        return np.array(seen, dtype=np.float32), reward, done
