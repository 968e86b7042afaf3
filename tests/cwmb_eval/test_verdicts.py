"""Every way to be no simulator has a verdict of its own, and words that a model can act on."""

import numpy as np
import pytest
from worlds import COUNTER, COUNTS, counted, judged, shipped

from cwmb_eval.checks import RUNS
from cwmb_eval.task import broken
from cwmb_eval.transitions import Split
from gifmcts.types import Stage, Verdict

SOME = counted([1, 2, 0, 1, 2, 0, 2, 1, 0, 2])


def changed(old: str, new: str) -> str:
    """The right model with one place changed."""
    assert COUNTS.count(old) == 1
    return COUNTS.replace(old, new)


def test_the_right_model_passes_every_check() -> None:
    """It scores 1, and nothing is skipped."""
    found, checks = judged(COUNTER, COUNTS, SOME)
    assert (found.reward, found.scores.balanced) == (1.0, 1.0)
    assert {check.verdict for check in checks.values()} == {Verdict.PASS}
    assert {"next state, reward 0", "reward, reward 2", "done, reward 1", "no hidden state", RUNS} <= set(checks)


@pytest.mark.parametrize(
    ("source", "verdict", "words"),
    [
        ("class Environment:\n    def set_state(self) return", Verdict.COMPILE, "SyntaxError"),
        (
            "import gymnasium\n" + COUNTS,
            Verdict.ERROR,
            "ModuleNotFoundError: No module named 'gymnasium' (line 1: import gymnasium), in building",
        ),
        ("print(1)\n", Verdict.ERROR, "no class Environment"),
        (changed("self.place += action", "self.place += self.speed"), Verdict.ERROR, "AttributeError"),
        (changed("self.place += action", "[][action]"), Verdict.ERROR, "(line 7: [][action]), in step"),
        (changed("self.place += action", "raise SystemExit"), Verdict.ERROR, "ended itself"),
        (changed("self.place += action", "import os; os._exit(0)"), Verdict.ERROR, "ended itself"),
        (changed("self.place += action", "self.place = bytearray(1 << 29)"), Verdict.MEMORY, "memory limit"),
        (changed("self.place += action", "import os; os.kill(os.getpid(), 11)"), Verdict.CRASH, "SIGSEGV"),
        (changed("self.place += action", "import os; os.write(3, b'{}\\n'); os._exit(0)"), Verdict.ERROR, "ended itself"),
    ],
)
def test_what_stops_a_program_is_told(source: str, verdict: Verdict, words: str) -> None:
    """The first check says what happened and where; the others are skipped; the program is worth nothing."""
    found, checks = judged(COUNTER, source, SOME)
    assert checks[RUNS].verdict is verdict
    assert words in checks[RUNS].detail["error"]
    assert {check.verdict for name, check in checks.items() if name != RUNS} == {Verdict.SKIPPED}
    assert found.reward == 0.0


def test_a_program_that_raises_is_broken() -> None:
    """With the line at fault, and by its stage."""
    compiles, _ = judged(COUNTER, changed("self.place += action", "[][action]"), SOME)
    does_not, _ = judged(COUNTER, "x = 1\ndef", SOME)
    first, second = broken(compiles), broken(does_not)
    assert first is not None
    assert second is not None
    assert (first.stage, first.error, first.line_number, first.line) == (Stage.EXCEPTION, "IndexError", 7, "[][action]")
    assert (second.stage, second.error, second.line_number, second.line) == (Stage.COMPILE, "SyntaxError", 2, "def")


def test_a_loop_is_a_time_verdict_that_names_its_transition() -> None:
    """What was right before it counts, the rest does not."""
    found, checks = judged(
        COUNTER, changed("self.place += action", "self.place += action\n        while self.place == 6: pass"), SOME, seconds=0.3
    )
    assert checks[RUNS].verdict is Verdict.TIME
    assert "0.3 s" in checks[RUNS].detail["error"]
    assert checks[RUNS].detail["state"] == "[4, 0.5]"
    assert found.reward == pytest.approx(0.4)
    assert broken(found) is None


@pytest.mark.parametrize(
    ("old", "new", "name", "shown"),
    [
        ("[self.place, self.kept]", "[self.place]", "answers have the right form", "[1.0]"),
        ("[self.place, self.kept]", "'here'", "answers have the right form", "'here'"),
        ("[self.place, self.kept]", "[[self.place, self.kept]]", "answers have the right form", "[[1.0, 0.5]]"),
        (", float(action),", ", None,", "answers have the right form", "None"),
        (", float(action), self.place >= 10", ", float(action)", "answers have the right form", "([1.0, 0.5], 1.0)"),
        ("[self.place, self.kept]", "[self.place, float('nan')]", "answers are finite numbers", "nan"),
        (", float(action),", ", float('inf'),", "answers are finite numbers", "inf"),
        ("self.place >= 10", "int(self.place >= 10)", "done is a boolean", "0"),
        (
            "def set_state(self, observation):",
            "def set_state(self, observation):\n        observation += 0.5",
            "the given observation is left as it is",
            "",
        ),
    ],
)
def test_the_form_of_answers_is_checked(old: str, new: str, name: str, shown: str) -> None:
    """Each fault fails its own check and shows what was answered; the program still runs to the end."""
    found, checks = judged(COUNTER, changed(old, new), SOME)
    assert checks[RUNS].verdict is Verdict.PASS
    assert checks[name].verdict is Verdict.WRONG
    assert shown in checks[name].detail["predicted"]
    assert checks[name].detail["state"].startswith("[")
    others = {"answers have the right form", "answers are finite numbers", "done is a boolean"} - {name}
    assert all(checks[other].verdict is Verdict.PASS for other in others)
    assert found.runs


def test_a_wrong_component_costs_its_third() -> None:
    """Done that is no boolean is wrong everywhere; after the end the next state does not count."""
    found, checks = judged(COUNTER, changed("self.place >= 10", "int(self.place >= 10)"), SOME)
    ended = int(SOME.terminated.sum())
    assert found.reward == pytest.approx(((10 - ended) * 2 / 3 + ended / 2) / 10)
    assert checks["next state, reward 1"].verdict is Verdict.PASS
    assert checks["done, reward 1"].verdict is Verdict.WRONG


@pytest.mark.parametrize(
    "source",
    [
        changed("self.place += action", "self.calls = getattr(self, 'calls', 0) + 1\n        self.place += action + self.calls / 100"),
        "import random\n" + changed("self.place += action", "self.place += action + random.random()"),
        "seen = []\n"
        + changed("self.place += action", "seen.append(action)\n        self.place += action + (len(seen) > 1 and seen[-2] == 2)"),
    ],
)
def test_hidden_state_has_a_verdict_of_its_own(source: str) -> None:
    """Where a newly built model answers otherwise in another order, the check fails and those answers are not right."""
    found, checks = judged(COUNTER, source, counted([0, 0, 2, 0, 0, 1, 0, 0, 2, 0]))
    assert checks["no hidden state"].verdict is Verdict.WRONG
    assert "set_state must set everything" in checks["no hidden state"].detail["problem"]
    assert checks["no hidden state"].detail["predicted"] != checks["no hidden state"].detail["predicted the second time"]
    assert found.reward < 1.0


def test_what_a_program_prints_does_no_harm() -> None:
    """A chatty model is judged like a silent one."""
    found, checks = judged(COUNTER, changed("self.place += action", "print('x' * 100000)\n        self.place += action"), SOME)
    assert found.reward == 1.0
    assert {check.verdict for check in checks.values()} == {Verdict.PASS}


def test_a_failing_transition_is_shown_whole() -> None:
    """State, action, what was recorded and what was predicted, and how many of its kind fail."""
    _, checks = judged(COUNTER, changed("float(action)", "0.0"), SOME)
    check = checks["reward, reward 2"]
    assert check.verdict is Verdict.WRONG
    assert check.detail["wrong"] == "reward, at 4 of 4 such transitions"
    assert check.detail["action"] == "2"
    assert ", 2, " in check.detail["expected"]
    assert ", 0, " in check.detail["predicted"]
    assert checks["reward, reward 0"].verdict is Verdict.PASS


def test_another_program_is_shown_another_transition() -> None:
    """The choice follows from the program, so that a search does not see the same failure for ever."""
    shown = set()
    for number in range(6):
        _, checks = judged(COUNTER, f"# {number}\n" + changed("float(action)", "0.0"), SOME)
        shown.add(checks["reward, reward 2"].detail["state"])
    assert len(shown) > 1


FORGING = """
import sys

driver = sys.modules["driver"]

def forged(model, order, rows, table, place, notes):
    {body}

driver.MODES["{mode}"] = forged

class Environment:
    def set_state(self, observation):
        pass

    def step(self, action, rng=None):
        return [0.0, 0.0], 0.0, False
"""


@pytest.mark.parametrize("value", ["float('inf')", "float('nan')", "-1e308"])
def test_a_forged_table_is_worth_what_it_says(value: str) -> None:
    """A program may write its own answers; whatever numbers stand there, they are only wrong."""
    body = f"table[:] = {value}; notes['4'] = [10**9, 'x']; place['at'] = 'nowhere'; return len(table)"
    for name in ("RTFM", "CartPole"):
        data = shipped(name)
        found, checks = judged(data.spec, FORGING.format(body=body, mode="ask"), data.splits[Split.SEARCH])
        assert found.reward == 0.0
        assert Verdict.WRONG in {check.verdict for check in checks.values()}


@pytest.mark.parametrize("value", ["128.0 * 1000", "128.0 * 10**9", "float('inf')", "float('nan')", "-128.0"])
def test_forged_frequencies_do_not_add_up_to_more_than_there_were_draws(value: str) -> None:
    """To claim every answer always is no law."""
    body = f"""
    width, count = order["width"], 0
    for number in range(order["rows"]):
        for total in range(4, 33):
            table[count, :3] = total, 1, 0
            table[count, width + 3] = {value}
            count += 1
        table[count, width + 3] = -1.0
        count += 1
    return count
""".strip()
    data = shipped("Blackjack")
    some = data.splits[Split.SEARCH].take(np.arange(8))
    found, _ = judged(data.spec, FORGING.format(body=body, mode="draw"), some)
    assert 0.0 <= found.reward < 0.2


def test_a_loop_that_claims_to_be_far_on_is_still_a_time_verdict() -> None:
    """How far a program came is its own claim, too."""
    source = changed("self.place += action", "import os\n        os.write(1, b'.' * 100000)\n        while True: pass")
    _, checks = judged(COUNTER, source, SOME, seconds=0.2)
    assert checks[RUNS].verdict is Verdict.TIME
