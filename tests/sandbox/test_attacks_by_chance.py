"""Programs and messages that nobody would think of: any text is judged, any talk over the control socket ends somewhere."""

from collections.abc import Iterator

import pytest
from attack import LIMITS
from hypothesis import given, settings
from hypothesis import strategies as st
from standing_jail import StandingJail, standing

from sandbox import CALL, SCRIPT, Job, Sharing, Status, call_input
from sandbox.tagged import BadValue, decode

pytestmark = pytest.mark.attack_full
SYNTAX = (
    "print(|)|(|[|]|{|'''|\"|\\|\n|    |def f():|return|#|coding: latin-1\n|\0|\ufeff|\ud800|é|lambda|yield|await"
    "|async|f'{|}'|0x|1e999|**|<<|x|;|\r"
)
WORDS = (
    "import os\n|match x:\n case|from __future__ import annotations\n|nonlocal x\n|del x\n|class A:\n"
    "|raise SystemExit|exit()|os._exit(7)|numpy"
)
PIECES = st.sampled_from([*SYNTAX.split("|"), *WORDS.split("|"), "1" * 5000])
SOURCES = st.one_of(st.text(st.characters(exclude_categories=()), max_size=40), st.lists(PIECES, max_size=12).map("".join))


@pytest.fixture(scope="module")
def jail() -> Iterator[StandingJail]:
    """One jail with one worker."""
    with standing() as stands:
        yield stands


@settings(max_examples=120, deadline=None)
@given(source=SOURCES, sharing=st.sampled_from(Sharing))
def test_any_text_is_judged(jail: StandingJail, source: str, sharing: Sharing) -> None:
    """One outcome that it does not compile, or one an input; never an exception."""
    outcomes = jail.run(Job(source, SCRIPT, [b"1", b"2"], LIMITS, sharing))
    statuses = [outcome.status for outcome in outcomes]
    assert statuses == [Status.COMPILE] or (len(statuses) == 2 and Status.COMPILE not in statuses)


@settings(max_examples=60, deadline=None)
@given(result=st.binary(max_size=200), sharing=st.sampled_from(Sharing))
def test_any_result_is_a_value_or_one_error(jail: StandingJail, result: bytes, sharing: Sharing) -> None:
    """What a program puts in the place of a function's result reaches the judge as it is, and is decoded or refused."""
    source = f"import os\ndef f():\n    os.write(3, {result!r})\n    os._exit(0)"
    outcomes = jail.run(Job(source, CALL, [call_input("f", [])] * 2, LIMITS, sharing))
    assert [outcome.result for outcome in outcomes] == [result] * 2
    try:
        decode(result)
    except BadValue:
        return


MESSAGES = st.lists(st.one_of(st.binary(max_size=30), st.binary(min_size=13, max_size=13), st.just(b"")), min_size=1, max_size=6)


@settings(max_examples=80, deadline=None)
@given(messages=MESSAGES, again=st.booleans(), sharing=st.sampled_from([Sharing.SHARED, Sharing.SESSION]))
def test_any_talk_of_a_shared_child_has_an_end(jail: StandingJail, messages: list[bytes], again: bool, sharing: Sharing) -> None:
    """Whatever it says over its socket, every input has an outcome, and none says that the program does not compile."""
    source = (
        "import os, socket\nword = input()\nprint(word, flush=True)\n"
        f"if word == '1' or {again}:\n    for message in {messages!r}: socket.socket(fileno=os.dup(4)).send(message)\n    os._exit(0)"
    )
    outcomes = jail.run(Job(source, SCRIPT, [b"1", b"2", b"3"], LIMITS, sharing))
    assert len(outcomes) == 3
    assert Status.COMPILE not in [outcome.status for outcome in outcomes]
    assert [outcome.stdout for outcome in jail.script("print(input())", b"next")] == [b"next\n"]
