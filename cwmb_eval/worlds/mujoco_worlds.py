"""MuJoCo environments: snapshots copy the whole of the simulation's data, which is exact for every one of them."""

import logging
from typing import Any

import mujoco
import numpy as np

from cwmb_eval.transitions import Array
from cwmb_eval.worlds.gymnasium_worlds import GymnasiumWorld

log = logging.getLogger(__name__)

_NOISE = 0.1
"""How far sampled positions and speeds lie from the initial ones, at most (radians or metres, and those per second)."""


class MujocoWorld(GymnasiumWorld):
    """Continuous control."""

    def __init__(self, name: str) -> None:
        # Left alone, MuJoCo writes warnings to a file in whatever folder the user stands in.
        mujoco.set_mju_user_warning(lambda text: log.info("%s: %s", name, text))
        super().__init__(name)

    def snapshot(self) -> object:
        """The simulation's data, and the generator's state."""
        kept = mujoco.MjData(self.environment.model)
        mujoco.mj_copyData(kept, self.environment.model, self.environment.data)
        return kept, self.environment.np_random.bit_generator.state

    def restore(self, kept: object) -> None:
        """Put them back."""
        assert isinstance(kept, tuple)
        mujoco.mj_copyData(self.environment.data, self.environment.model, kept[0])
        self.environment.np_random.bit_generator.state = kept[1]

    def place(self, observation: Array) -> bool:
        """Positions and speeds from the observation; what it does not show is as at the start."""
        environment = self.environment
        positions, speeds = environment.init_qpos.copy(), np.zeros(environment.model.nv)
        row = observation.astype(np.float64)
        match self.spec.name.partition("-")[0]:
            case "Reacher":
                positions[:2] = np.arctan2(row[2:4], row[0:2])
                positions[2:4], speeds[:2] = row[4:6], row[6:8]
            case "Pusher":
                _place_pusher(environment, row, positions, speeds)
            case "InvertedDoublePendulum":
                positions[:] = row[0], *np.arctan2(row[1:3], row[3:5])
                speeds[:] = row[5:8]
            case _:
                shown = getattr(environment, "observation_structure", None)
                if not shown:
                    return False
                skipped, count = shown.get("skipped_qpos", 0), shown["qpos"]
                positions[:skipped] = 0.0
                positions[skipped : skipped + count], speeds[:] = row[:count], row[count : count + shown["qvel"]]
        mujoco.mj_resetData(environment.model, environment.data)
        environment.set_state(positions, speeds)
        return True

    def sample(self, rng: np.random.Generator) -> Array | None:
        """Around the initial state."""
        environment = self.environment
        positions = environment.init_qpos + rng.uniform(-_NOISE, _NOISE, environment.model.nq)
        speeds = rng.uniform(-_NOISE, _NOISE, environment.model.nv)
        if self.spec.name.startswith("Pusher"):
            speeds[-4:], positions[-2:] = 0.0, 0.0
        mujoco.mj_resetData(environment.model, environment.data)
        environment.set_state(positions, speeds)
        return self._row(environment._get_obs())


def _place_pusher(environment: Any, row: Array, positions: Array, speeds: Array) -> None:
    """The object's speed is hidden; its place is that of its body less where the body stands at zero."""
    model = environment.model
    positions[:7], speeds[:7] = row[:7], row[7:14]
    for axis, joint in enumerate(("obj_slidex", "obj_slidey")):
        positions[model.joint(joint).qposadr[0]] = row[17 + axis] - model.body("object").pos[axis]
    for axis, joint in enumerate(("goal_slidex", "goal_slidey")):
        positions[model.joint(joint).qposadr[0]] = row[20 + axis] - model.body("goal").pos[axis]
