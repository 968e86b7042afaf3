"""MuJoCo environments: snapshots copy the whole of the simulation's data, which is exact for every one of them."""

import copy
import logging
from typing import Any, Final

import mujoco
import numpy as np

from cwmb_eval.transitions import Array
from cwmb_eval.worlds.gymnasium_worlds import GymnasiumWorld
from cwmb_eval.worlds.mujoco_states import MOST_DRAWS, drawn_state, legal, restrict

log = logging.getLogger(__name__)

_HIDDEN: Final = {
    "InvertedPendulum": 0,
    "HalfCheetah": 1,
    "Hopper": 1,
    "Walker2d": 1,
    "Swimmer": 2,
    "Ant": 2,
    "Humanoid": 2,
    "HumanoidStandup": 2,
}
"""How many of the first positions, those of the place, an observation leaves out before it shows the others and all speeds."""


class MujocoWorld(GymnasiumWorld):
    """Continuous control."""

    def __init__(self, name: str) -> None:
        # Left alone, MuJoCo writes warnings to a file in whatever folder the user stands in.
        mujoco.set_mju_user_warning(lambda text: log.info("%s: %s", name, text))
        super().__init__(name)

    def snapshot(self) -> object:
        """The simulation's data, and the generator's state."""
        return copy.copy(self.environment.data), self.environment.np_random.bit_generator.state

    def restore(self, kept: object) -> None:
        """Put them back."""
        assert isinstance(kept, tuple)
        if hasattr(mujoco, "mj_copyData"):
            mujoco.mj_copyData(self.environment.data, self.environment.model, kept[0])
        else:  # before MuJoCo 3
            self.environment.data = copy.copy(kept[0])
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
            case name:
                hidden = _HIDDEN[name]
                shown = len(positions) - hidden
                positions[:hidden] = 0.0
                positions[hidden:], speeds[:] = row[:shown], row[shown : shown + len(speeds)]
        mujoco.mj_resetData(environment.model, environment.data)
        environment.set_state(positions, speeds)
        return True

    def sample(self, rng: np.random.Generator) -> Array | None:
        """Evenly within the limits of the joints, at speeds of either sign; where bodies overlap or an episode ends is drawn again."""
        environment, name = self.environment, self.spec.name.partition("-")[0]
        for _ in range(MOST_DRAWS):
            positions, speeds = drawn_state(environment.model, environment.init_qpos, rng)
            restrict(name, positions, speeds, rng)
            mujoco.mj_resetData(environment.model, environment.data)
            environment.set_state(positions, speeds)
            if legal(name, environment):
                return self._row(environment._get_obs())
        return None


def _place_pusher(environment: Any, row: Array, positions: Array, speeds: Array) -> None:
    """The object's speed is hidden; its place is that of its body less where the body stands at zero."""
    model = environment.model
    positions[:7], speeds[:7] = row[:7], row[7:14]
    for axis, joint in enumerate(("obj_slidex", "obj_slidey")):
        positions[model.joint(joint).qposadr[0]] = row[17 + axis] - model.body("object").pos[axis]
    for axis, joint in enumerate(("goal_slidex", "goal_slidey")):
        positions[model.joint(joint).qposadr[0]] = row[20 + axis] - model.body("goal").pos[axis]
