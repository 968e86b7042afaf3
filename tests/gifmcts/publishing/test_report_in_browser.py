"""A report in a real browser, without a network."""

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="needs playwright: `tox -e browser` installs it")

from chromium import browser as opened_browser
from chromium import faint, keep, page
from command import gifmcts
from finished_runs import finished
from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of two runs."""
    place = tmp_path_factory.mktemp("report")
    finished(place / "runs" / "one", mistakes=0.2, budget=8)
    finished(place / "runs" / "two", mistakes=0.2, budget=8, strategy="best-of-n")
    done = gifmcts(place, "report", "one", "two")
    assert done.returncode == 0, done.stderr
    return place / "report.html"


@pytest.fixture(scope="module")
def browser(written: Path) -> Iterator[Browser]:
    with opened_browser() as started:
        yield started


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_a_report_can_be_read(browser: Browser, written: Path, tmp_path: Path, scheme: str, width: int) -> None:
    """On a phone and on a desk, light and dark: style and figures are there, with enough contrast, nothing wider than the screen."""
    with page(browser, "file:///", width, scheme) as view:
        view.goto(written.as_uri())
        assert view.locator("img").evaluate_all("all => all.length > 0 && all.every(one => one.naturalWidth > 0)")
        assert faint(view) == []
        assert view.evaluate("document.documentElement.scrollWidth <= innerWidth")
        share = view.locator("td", has_text="%").first.bounding_box()
        assert share is not None
        assert share["x"] + share["width"] <= width, "the headline number is seen without scrolling"
        keep(view, f"report-{scheme}-{width}", tmp_path)
