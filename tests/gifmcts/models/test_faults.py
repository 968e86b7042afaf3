"""The faults that the simulated model makes."""

import ast

from hypothesis import given
from hypothesis import strategies as st

from gifmcts.models.faults import Kind, canonical, faults_in, with_faults

SOURCE = canonical(
    """
import sys
def f(a, b):
    total = 1  # a comment
    for x in range(a):
        if x < b and x not in (3, 4):
            total += x * 2
        else:
            continue
    return total
é = f(5, 6); print(f"{é} {1+1}", "é", é + 1)
"""
)


def test_every_kind_of_fault_is_found() -> None:
    """The sample program holds a place for each kind."""
    assert SOURCE is not None
    assert {fault.kind for fault in faults_in(SOURCE)} == set(Kind)


def test_each_fault_changes_the_program_and_only_slips_break_it() -> None:
    """Alone, every fault is another program than the right one; it compiles unless it is a slip."""
    assert SOURCE is not None
    lines = SOURCE.splitlines()
    for fault in faults_in(SOURCE):
        changed = "\n".join(with_faults(lines, [fault]))
        if fault.kind is Kind.SLIP:
            try:
                ast.parse(changed)
            except SyntaxError:
                continue
            raise AssertionError(f"{fault} compiles")
        assert ast.dump(ast.parse(changed)) != ast.dump(ast.parse(SOURCE)), fault


def test_places_are_right_in_lines_with_wide_characters() -> None:
    """Columns count bytes: the fault in a line with an accent hits the number and nothing else."""
    texts = {fault.text for fault in faults_in("é = 'ü' + str(1)") if fault.kind is Kind.CONSTANT}
    assert texts == {"é = 'ü' + str(2)", "é = 'ü' + str(0)"}


@given(st.text(alphabet="abé(=1+):\n \t'\"\\#{}\x00", max_size=40))
def test_any_text_is_looked_at(text: str) -> None:
    """Text that is no program has no canonical form and no faults; what has a form is unchanged by taking it again."""
    form = canonical(text)
    if form is not None:
        assert canonical(form) == form
        faults_in(form)
    faults_in(text)
