"""How a world model is called, in words for whoever writes one."""

from cwmb_eval.environment import EnvironmentSpec, Form


def interface(spec: EnvironmentSpec) -> str:
    """The contract of ``class Environment`` for this environment."""
    answer = "(observation, valid_actions, reward, done)" if spec.valid_actions else "(observation, reward, done)"
    call = "step(self, action, rng)" if spec.stochastic else "step(self, action)"
    lines = [
        "The program defines a class Environment with",
        "- __init__(self): no arguments;",
        "- set_state(self, observation): be in a state that looks like it and is not done; set everything that step depends on;",
        f"- {call}: act, and return {answer}.",
        f"An observation is {_observation(spec)}.",
        f"An action is {_action(spec)}.",
        "reward is a float. done is True or False: whether the episode has ended by itself, not by a time limit.",
    ]
    if spec.valid_actions:
        lines.append("valid_actions is the list of the actions that are valid next, as integers.")
    if spec.stochastic:
        lines.append("rng is a random.Random; draw all chance from it. Answers are judged by their distribution over many calls.")
    lines.append("set_state and step are called for one transition after another, in any order; a given observation must not be changed.")
    lines.append("The standard library and numpy can be imported, nothing else.")
    return "\n".join(lines)


def _observation(spec: EnvironmentSpec) -> str:
    seen = spec.observations
    match seen.form:
        case Form.VECTOR:
            return f"a numpy array of shape ({seen.width},) and type {'float32' if seen.dtype.endswith('4') else 'float64'}"
        case Form.INTEGER:
            return "an integer"
        case Form.TUPLE:
            return f"a tuple of {seen.width} integers"
    parts = [f"nested lists of strings with the lengths {' × '.join(str(length) for length in block.shape)}" for block in seen.blocks]
    if len(parts) == 1:
        return parts[0]
    return "a dictionary: " + "; ".join(f"{block.name!r} is {part}" for block, part in zip(seen.blocks, parts, strict=True))


def _action(spec: EnvironmentSpec) -> str:
    actions = spec.actions
    if actions.discrete:
        return f"an integer from 0 to {actions.count - 1}"
    box = ", ".join(f"{low:g} to {high:g}" for low, high in zip(actions.low, actions.high, strict=True))
    return f"a numpy array of shape ({actions.width},), each element within its bounds: {box}"
