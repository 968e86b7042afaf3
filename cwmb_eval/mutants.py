"""Known ways to be nearly right: small changes of the reference world models, each of which some split must find."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cwmb_eval.references import reference


@dataclass(frozen=True, slots=True)
class Mutant:
    """A reference with one place changed."""

    environment: str
    name: str
    old: str
    new: str

    @property
    def source(self) -> str:
        """The changed program.

        Raises:
            ValueError: the reference does not have the place, or has it more than once.
        """
        known = reference(self.environment) or ""
        if known.count(self.old) != 1:
            raise ValueError(f"{self.environment}: {self.old!r} occurs {known.count(self.old)} times in the reference")
        return known.replace(self.old, self.new)


_CHANGES: Final[dict[str, dict[str, tuple[str, str]]]] = {
    "Blackjack": {
        "dealer draws up to 16 only": ("while total < 17:", "while total < 16:"),
        "aces never count 11": ("and hard + 10 <= 21\n            self.ace", "and hard + 10 <= 11\n            self.ace"),
        "faces count as they come": ("min(rng.randint(1, 13), 10)", "rng.randint(1, 10)"),
        "a bust goes on": (
            "return (self.total, self.shown, self.ace), reward, bust",
            "return (self.total, self.shown, self.ace), reward, False",
        ),
        "a draw is lost": ("            reward = 0.0\n", "            reward = -1.0\n"),
    },
    "CliffWalking": {
        "falling ends the episode": ("return 36, -100.0, False", "return 36, -100.0, True"),
        "no way back to the start": ("            self.place = 36\n            return 36,", "            return self.place,"),
        "the cliff is one place shorter": ("0 < column < 11", "0 < column < 10"),
        "the goal does not end": ("done = self.place == 47", "done = False"),
    },
    "Taxi": {
        "no inner walls": ("(0, 1), (1, 1), (3, 0), (3, 2), (4, 0), (4, 2)", ""),
        "one wall is missing": (", (4, 2)}", "}"),
        "set down anywhere": (
            "elif passenger == 4 and (row, column) in self.stands:",
            "elif passenger == 4 and (row, column) not in self.stands:",
        ),
        "delivery does not end": ("            done = True\n", "            done = False\n"),
        "no fine for a wrong pick-up": (
            "            else:\n                reward = -10.0\n",
            "            else:\n                reward = -1.0\n",
        ),
    },
    "CartPole": {
        "no limit of the cart": ("bool(fallen or left)", "bool(fallen)"),
        "gravity 9.81": ("self.gravity = 9.8", "self.gravity = 9.81"),
        "semi-implicit steps": (
            "x = x + self.seconds * speed\n        speed = speed + self.seconds * push\n",
            "speed = speed + self.seconds * push\n        x = x + self.seconds * speed\n",
        ),
        "angle limit in degrees": ("12 * 2 * math.pi / 360", "12.0"),
        "no reward at the end": ("1.0, done", "0.0 if done else 1.0, done"),
        "limit of the cart at 2.5": ("self.limit_position = 2.4", "self.limit_position = 2.5"),
    },
    "MountainCar": {
        "no stop at the left wall": ("            speed = 0.0\n        self.position", "            pass\n        self.position"),
        "no speed limit": ("speed = max(-0.07, min(0.07, speed))", "speed = 1.0 * speed"),
        "the goal does not end": ("done = bool(position >= 0.5 and speed >= 0.0)", "done = False"),
        "the goal is at the right wall": ("position >= 0.5", "position >= 0.6"),
    },
    "Acrobot": {
        "one Euler step": ("(a + 2 * b + 2 * c + d) / 6", "a"),
        "the end is not rewarded otherwise": ("0.0 if done else -1.0", "-1.0"),
        "no centrifugal term of the book": (" - 0.5 * speed**2 * sine", ""),
        "no limit of the second speed": ("max(-9 * math.pi, min(9 * math.pi, turning))", "turning"),
    },
    "Pendulum": {
        "the angle is not brought back in the cost": ("(self.angle + math.pi) % (2 * math.pi) - math.pi", "self.angle % (2 * math.pi)"),
        "the cost of the next state": (
            "return np.array(seen, dtype=np.float32), -cost",
            "return np.array(seen, dtype=np.float32), -(angle**2 + 0.1 * speed**2 + 0.001 * torque**2)",
        ),
        "no limit of the speed": ("speed = max(-8.0, min(8.0, speed))", "speed = 1.0 * speed"),
        "the old speed moves the angle": ("self.angle = self.angle + speed * 0.05", "self.angle = self.angle + self.speed * 0.05"),
    },
    "RTFM": {
        "any item wins": ("won = self.beats.get(held) == there", "won = held in self.beats"),
        "any kill is rewarded": ('won and there == "cold dragon"', "won"),
        "the first item is kept": ("if there in self.beats:", 'if there in self.beats and held == "empty":'),
        "fights do not end": ("return self.grid, self.valid(), reward, True", "return self.grid, self.valid(), reward, False"),
        "walls count as valid": ('[0] != "wall"', '[0] != "nothing"'),
    },
    "RTFM-full": {
        "monsters stand still": ("            goal = self.pursue(place, rng)\n", "            goal = place\n"),
        "monsters always come nearer": ("if nearer and rng.random() < 0.6:", "if nearer:"),
        "monsters walk over items": ("goal not in self.monsters and goal not in self.items", "goal not in self.monsters"),
        "any kill is rewarded": ('return 1.0 if known[kind] == known["target"] else -1.0', "return 1.0"),
    },
}


def mutants(environment: str) -> Iterator[Mutant]:
    """Those of an environment, with or without its version."""
    plain = environment.partition("-v")[0]
    for name, (old, new) in _CHANGES.get(plain, {}).items():
        yield Mutant(plain, name, old, new)
