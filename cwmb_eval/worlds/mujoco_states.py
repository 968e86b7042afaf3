"""States from all over those that a MuJoCo environment can be in without being at an end."""

from typing import Any, Final

import mujoco
import numpy as np

from cwmb_eval.transitions import Floats

FAR: Final = 1.0
"""How far a body that nothing limits lies from its first place, at most (metres)."""
FAST: Final = 5.0
"""Speeds, at most (radians or metres a second); some observations cut off beyond 10."""
OVERLAP: Final = 0.01
"""How deep bodies may be in one another (metres)."""
MOST_DRAWS: Final = 10_000
"""Before no legal state is said to be known."""


def drawn_state(model: Any, initial: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Positions and speeds, each joint by itself: within its limits, or all the way round, or near its first place."""
    positions, speeds = np.array(initial), rng.uniform(-FAST, FAST, model.nv)
    for joint in range(model.njnt):
        place, kind = model.jnt_qposadr[joint], model.jnt_type[joint]
        if model.jnt_limited[joint]:
            positions[place] = rng.uniform(*model.jnt_range[joint])
        elif kind == mujoco.mjtJoint.mjJNT_HINGE:
            positions[place] = rng.uniform(-np.pi, np.pi)
        elif kind == mujoco.mjtJoint.mjJNT_SLIDE:
            positions[place] += rng.uniform(-FAR, FAR)
        else:
            positions[place + 2] += rng.uniform(-FAR, FAR)
            turned = rng.normal(size=4)
            positions[place + 3 : place + 7] = turned / np.linalg.norm(turned)
    return positions, speeds


def restrict(name: str, positions: Floats, speeds: Floats, rng: np.random.Generator) -> None:
    """Put what is no part of the body where episodes put it, at rest: the target of Reacher, the object and the goal of Pusher."""
    match name:
        case "Reacher":
            angle, away = rng.uniform(-np.pi, np.pi), 0.2 * np.sqrt(rng.uniform())
            positions[2:], speeds[2:] = (away * np.cos(angle), away * np.sin(angle)), 0.0
        case "Pusher":
            positions[-4:], speeds[-4:] = (rng.uniform(-0.3, 0.0), rng.uniform(-0.2, 0.2), 0.0, 0.0), 0.0
        case "InvertedPendulum":
            positions[1] = rng.uniform(-0.2, 0.2)


def legal(name: str, environment: Any) -> bool:
    """Whether nothing overlaps and the episode goes on, in the state that the environment is in."""
    data = environment.data
    overlaps = data.ncon > 0 and float(np.min(data.contact.dist[: data.ncon])) < -OVERLAP
    upright = name != "InvertedDoublePendulum" or data.site_xpos[0][2] > 1.0
    return not overlaps and upright and bool(getattr(environment, "is_healthy", True))
