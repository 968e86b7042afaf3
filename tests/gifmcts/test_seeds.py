"""Seeds depend on what they are for, and on nothing else."""

from hypothesis import given
from hypothesis import strategies as st

from gifmcts.seeds import attempt_rng, chat_key, completion_seed, derive
from gifmcts.types import Chat, Message, Role, Sampling

PARTS = st.lists(st.one_of(st.text(max_size=8), st.integers()), max_size=4)


def chat(*contents: str, task: str = "t") -> Chat:
    """A chat of user messages."""
    return Chat(tuple(Message(Role.USER, content) for content in contents), task)


@given(PARTS, PARTS)
def test_different_parts_give_different_seeds(left: list[str | int], right: list[str | int]) -> None:
    """Two derivations agree exactly when their parts agree, and every seed fits into a signed 64-bit integer."""
    assert (derive(*left) == derive(*right)) == (left == right)
    assert 0 <= derive(*left) < 2**63


def test_known_seeds_stay() -> None:
    """A pinned value: changing the derivation would make every recorded run unrepeatable."""
    assert derive("a", 1) == 1225621968716036906
    assert chat_key(chat("x"), Sampling()) == "5e6939a7129b331cb47c7c487ba91f83"


def test_kind_and_place_count() -> None:
    """The text "1" is not the number 1, and joining parts differently gives another seed."""
    assert len({derive("1"), derive(1), derive("1", ""), derive("", "1"), derive(1, 1), derive(11)}) == 6


def test_chat_key_ignores_the_task_and_sees_all_else() -> None:
    """Equal requests share a key whatever task they come from; every message and setting changes it."""
    key = chat_key(chat("x"), Sampling(temperature=1))
    assert key == chat_key(chat("x", task="other"), Sampling(temperature=1.0))
    others = [
        chat_key(chat("y"), Sampling()),
        chat_key(chat("x", ""), Sampling()),
        chat_key(Chat((Message(Role.SYSTEM, "x"),), "t"), Sampling()),
        *(chat_key(chat("x"), sampling) for sampling in (Sampling(0.5), Sampling(top_p=None), Sampling(top_k=1), Sampling(max_tokens=1))),
        chat_key(chat("x"), Sampling(stop=("a",))),
    ]
    assert len({key, *others}) == len(others) + 1


def test_any_text_has_a_key() -> None:
    """Unpaired surrogates and control characters are hashed like any other text."""
    assert chat_key(chat("\ud800\x00"), Sampling()) != chat_key(chat("\ud801\x00"), Sampling())


def test_repeats_and_purposes_differ() -> None:
    """Asking the same again draws another seed, and each purpose has its own generator."""
    assert completion_seed(0, "t", "k", 0) != completion_seed(0, "t", "k", 1)
    draws = {attempt_rng(0, "t", 0, purpose).random() for purpose in ("select", "feedback")}
    assert len(draws) == 2
    assert attempt_rng(3, "t", 7, "select").random() == attempt_rng(3, "t", 7, "select").random()
