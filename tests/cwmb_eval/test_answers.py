"""The quick way of writing answers into a table writes what the careful way writes, and observations come as they were recorded."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from cwmb_eval.drivers import answers, forms

WORDS = ["nothing", "wall", "you"]
ORDERS: dict[str, dict[str, Any]] = {
    "vector": {"form": "vector", "width": 2, "valid": False, "words": [], "blocks": []},
    "integer": {"form": "integer", "width": 1, "valid": False, "words": [], "blocks": []},
    "tuple": {"form": "tuple", "width": 2, "valid": False, "words": [], "blocks": []},
    "words": {"form": "words", "width": 4, "valid": True, "words": WORDS, "blocks": [["grid", [2, 2]]]},
    "blocks": {"form": "words", "width": 3, "valid": True, "words": WORDS, "blocks": [["grid", [2]], ["manual", [1]]]},
}
NUMBERS = st.one_of(st.floats(), st.integers(), st.booleans())
SCALARS = st.one_of(
    NUMBERS, st.builds(np.float32, st.floats(width=32)), st.builds(np.int64, st.integers(-9, 9)), st.sampled_from([None, "1"])
)
ARRAYS = st.builds(lambda numbers, kind: np.array(numbers, dtype=kind), st.lists(st.integers(-9, 9), max_size=3), st.sampled_from("fdilO?"))
TEXTS = st.one_of(st.sampled_from([*WORDS, "else"]), st.integers(0, 2), st.just([]))
GRIDS = st.one_of(st.lists(st.lists(TEXTS, max_size=2), min_size=2, max_size=2), st.lists(TEXTS, max_size=4), st.just("wall"))
ODD = st.one_of(SCALARS, ARRAYS, GRIDS, st.lists(NUMBERS, max_size=3), st.fixed_dictionaries({"grid": GRIDS, "manual": GRIDS}))
WORD = st.sampled_from([*WORDS, "else"])
USUAL: dict[str, st.SearchStrategy[Any]] = {
    "vector": st.builds(np.array, st.lists(st.floats(), min_size=2, max_size=2), dtype=st.sampled_from("fd")),
    "integer": st.integers(),
    "tuple": st.tuples(NUMBERS, NUMBERS),
    "words": st.lists(st.lists(WORD, min_size=2, max_size=2), min_size=2, max_size=2),
    "blocks": st.fixed_dictionaries({"grid": st.lists(WORD, min_size=2, max_size=2), "manual": st.lists(WORD, min_size=1, max_size=1)}),
}
ACTIONS = st.one_of(st.lists(st.integers(0, 20), max_size=4), st.lists(SCALARS, max_size=2), st.tuples(st.integers(0, 4)), st.none())
DONE = st.one_of(st.booleans(), st.builds(np.bool_, st.booleans()), st.sampled_from([0, 1, None]))


def answered(form: str) -> st.SearchStrategy[Any]:
    """Answers that are right, odd in some part, or no answers at all."""
    observation = st.one_of(USUAL[form], USUAL[form], ODD)
    parts = [observation, ACTIONS, SCALARS, DONE] if ORDERS[form]["valid"] else [observation, SCALARS, DONE]
    return st.one_of(st.tuples(*parts), st.tuples(*parts), st.tuples(*parts).map(list), ODD)


def write(take: Callable[[int, Any], None], given: list[Any]) -> None:
    """One answer after the other."""
    with np.errstate(all="ignore"):
        for number, answer in enumerate(given):
            take(number, answer)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("form", ORDERS)
@settings(max_examples=400, deadline=None)
@drawn(data=st.data())
def test_both_ways_write_the_same(form: str, data: st.DataObject) -> None:
    """Whatever is answered: the same numbers, the same flags, the same words about the first of each."""
    order = ORDERS[form]
    given = data.draw(st.lists(answered(form), max_size=4))
    tables = [np.zeros((len(given), order["width"] + 4)) for _ in range(2)]
    notes: list[dict[str, Any]] = [{}, {}]
    take, settle = answers.collector(order, tables[0], notes[0])
    check = answers.checker(order, notes[1])
    write(take, given)
    settle()
    write(lambda number, answer: check(number, answer, tables[1][number], 0), given)
    assert np.array_equal(tables[0], tables[1], equal_nan=True)
    assert notes[0] == notes[1]


def test_an_answer_is_kept_as_it_was() -> None:
    """What the program does with it afterwards changes nothing."""
    order, table = ORDERS["vector"], np.zeros((2, 6))
    take, settle = answers.collector(order, table, {})
    state = np.array([1.0, 2.0], dtype=np.float32)
    for number in range(2):
        take(number, (state, 0.0, False))
        state += 1
    settle()
    assert table[:, :2].tolist() == [[1.0, 2.0], [2.0, 3.0]]


def shown(order: dict[str, Any], numbers: Any) -> Any:
    """Observations of an order with these rows."""
    rows = np.asarray(numbers)
    whole = {**order, "rows": len(rows), "dtype": rows.dtype.str, "action_dtype": "<i8", "discrete": True}
    observations, actions = forms.given(whole, rows.tobytes() + np.arange(len(rows)).tobytes())
    assert actions.every() == list(range(len(rows)))
    return observations


def test_observations_come_as_they_were_recorded() -> None:
    """In the form of the interface, one by one and all together."""
    rows = np.array([[0, 1, 2], [2, 1, 0]], dtype="u1")
    blocks = shown(ORDERS["blocks"], rows)
    assert blocks.every() == [{"grid": ["nothing", "wall"], "manual": ["you"]}, {"grid": ["you", "wall"], "manual": ["nothing"]}]
    grids = shown(ORDERS["words"], np.array([[0, 1, 2, 0], [1, 1, 1, 1]], dtype="u1"))
    assert grids.every() == [[["nothing", "wall"], ["you", "nothing"]], [["wall", "wall"], ["wall", "wall"]]]
    vectors = shown(ORDERS["vector"], np.array([[0.5, np.nan], [1.5, 2.5]], dtype="f4"))
    assert [seen.dtype for seen in vectors.every()] == [np.float32] * 2
    assert shown(ORDERS["integer"], np.array([[3], [4]])).every() == [3, 4]
    assert shown(ORDERS["tuple"], np.array([[3, 4]])).every() == [(3, 4)]
    for observations in (blocks, grids):
        assert [observations.one(row) for row in range(2)] == observations.every()


@pytest.mark.parametrize("form", ["vector", "words", "blocks"])
def test_a_change_of_what_was_shown_is_found(form: str) -> None:
    """At its place alone, and not in what is shown next."""
    order = ORDERS[form]
    rows = np.array([[0, 1, 2, 0][: order["width"]]] * 3, dtype="f8" if form == "vector" else "u1")
    observations = shown(order, rows)
    every = observations.every()
    assert observations.changed(every) == []
    if form == "vector":
        every[1][0] = np.nan
    elif form == "words":
        every[1][0][0] = "you"
    else:
        every[1]["manual"][0] = "wall"
    assert observations.changed(every) == [1]
    assert observations.changed(every[1:], 1) == [0]
    assert observations.changed(observations.every()) == []
