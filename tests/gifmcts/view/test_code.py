"""Programs are marked line by line, and nothing of them is lost or made a mark."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from gifmcts.types import Program
from gifmcts.view.code import difference, program_lines
from gifmcts.view.texts import bounded
from gifmcts.wording import harmless

ALPHABET = st.text(st.sampled_from("ax \n\t'\"\\#<>&{}()@\x0c:f"), max_size=80)


class Words(HTMLParser):
    """The text of a piece of markup, whose marks close as they opened."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.depth = 0
        self.feed(str(markup))
        self.close()
        assert self.depth == 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag == "span"
        self.depth += 1

    def handle_endtag(self, tag: str) -> None:
        self.depth -= 1

    def handle_data(self, data: str) -> None:
        self.text += data


@given(ALPHABET)
def test_the_lines_of_a_page_are_the_lines_of_the_program(source: str) -> None:
    """Highlighted or not, each is whole and stands alone."""
    source = harmless(source)
    lines = [Words(line.markup).text for line in program_lines(source, 0, None)]
    assert lines == source.removesuffix("\n").split("\n")


@pytest.mark.parametrize("source", ["x = 1\n" * 4000, "x = 1\n" + " \n" * 51 + "y = 2\n"], ids=["long", "blank lines"])
def test_what_would_take_long_is_not_highlighted(source: str) -> None:
    """It is shown all the same, with the lines that were given marked."""
    lines = program_lines(source, 1, 2)
    assert not any("<span" in line.markup for line in lines)
    assert [line.kind for line in lines[:3]] == ["settled", "broken", ""]
    assert "<span" in program_lines("x = 1\n" * 10, 0, None)[0].markup


def test_programs_are_compared_up_to_a_length() -> None:
    """Control characters are spelt out in what differs."""
    found = difference(Program("a = 1\nb = '\x1b'\n"), Program("a = 1\nb = '<'\n"))
    assert found is not None
    assert [(line.kind, str(line.markup)) for line in found][2:] == [("gone", "-b = &#39;\\x1b&#39;"), ("add", "+b = &#39;&lt;&#39;")]
    assert difference(Program("x\n" * 2001), Program("x\n")) is None


def test_what_a_page_prints_is_harmless_and_bounded() -> None:
    """Names are cut; numbers and markup stay what they are."""
    assert bounded("a\x1b\u202eb\n") == "a\\x1b\\u202eb\n"
    assert len(str(bounded("x" * 10**6))) < 3_000
    assert bounded(3) == 3
    assert bounded(Markup("<b>" * 10_000)) == "<b>" * 10_000
