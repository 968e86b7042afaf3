"""The view in a real browser, used as a person would."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="needs playwright: `tox -e browser` installs it")

from chromium import browser as opened_browser
from chromium import faint, keep, page
from finished_runs import finished
from playwright.sync_api import Browser, Page, expect
from viewing import Hostile, viewed

from gifmcts.records import Summary
from gifmcts.store import RunFolder
from gifmcts.tiny import Tiny, TinyOptions
from gifmcts.types import Label

pytestmark = pytest.mark.browser

OPTIONS = TinyOptions(problems=12, lines=8)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two finished runs that solve some problems."""
    place = tmp_path_factory.mktemp("browser") / "runs"
    finished(place / "search", mistakes=0.2, options=OPTIONS, budget=14)
    finished(place / "samples", mistakes=0.2, options=OPTIONS, budget=14, strategy="best-of-n")
    return place


@pytest.fixture(scope="module")
def evil(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose programs attack whoever shows them."""
    place = tmp_path_factory.mktemp("browser") / "runs"
    finished(place / "evil", Hostile, budget=4, options=TinyOptions(problems=1, lines=4))
    return place


@pytest.fixture(scope="module")
def browser(runs: Path, evil: Path) -> Iterator[Browser]:
    """One browser for all tests, started when the runs are there: beside it no event loop of our own can run in this thread."""
    with opened_browser() as started:
        yield started


def deepest(folder: RunFolder) -> str:
    """The problem whose tree has the most attempts below others."""
    return max(folder.tasks(), key=lambda task: sum(attempt.move.node > 0 for attempt in folder.tree(task)[1]))


def unfold(view: Page) -> None:
    """Open everything that can be opened."""
    view.locator("details").evaluate_all("all => all.forEach(one => { one.open = true })")


def test_from_the_list_to_what_changed(browser: Browser, runs: Path, tmp_path: Path) -> None:
    """Open a run, filter its problems, open a tree, fold it, choose a node, and read what it changed."""
    task = deepest(RunFolder(runs / "search"))
    with viewed(runs) as address, page(browser, address) as view:
        view.goto("/")
        keep(view, "runs", tmp_path)
        view.get_by_role("link", name="search", exact=True).click()
        rows = view.locator("a[data-row]")
        expect(rows).to_have_count(12)
        keep(view, "run", tmp_path)
        view.get_by_label("Outcome").select_option("solved")
        expect(view.locator("td[data-label=Outcome]").first).to_have_text("solved")
        view.wait_for_url("**outcome=solved*")
        expect(rows).not_to_have_count(12)
        view.get_by_label("Outcome").select_option("all")
        expect(rows).to_have_count(12)
        view.get_by_role("searchbox").press_sequentially(task)
        view.wait_for_url(f"**q={task}*")
        expect(view.get_by_role("searchbox")).to_be_focused()
        view.get_by_role("link", name=task, exact=True).click()
        name = view.locator("ul.outline ul a[data-node]:not([aria-current])").first.get_attribute("id")
        child = view.locator(f"#{name}")
        expect(view.locator(".drawing svg circle")).to_have_count(view.locator("a[data-node]").count() + 1)
        fold = view.locator(f"ul.outline > li:has(#{name}) > .line > button.twist")
        fold.click()
        expect(child).to_be_hidden()
        fold.click()
        child.click()
        expect(child).to_have_attribute("aria-current", "true")
        view.get_by_text(re.compile("What changed since")).click()
        expect(view.locator("[data-key=difference] li.add, [data-key=difference] li.gone, [data-key=difference] p").first).to_be_visible()
        keep(view, "problem", tmp_path)
        view.go_back()
        expect(child).not_to_have_attribute("aria-current", "true")


def test_the_drawn_tree_is_the_outline(browser: Browser, runs: Path) -> None:
    """As many dots as nodes and the root, each where its node leads; a click on one chooses it."""
    task = deepest(RunFolder(runs / "search"))
    with viewed(runs) as address, page(browser, address) as view:
        view.goto(f"/run/search/{task}")
        outline = view.locator("a[data-node]").evaluate_all("links => links.map(link => link.getAttribute('href'))")
        drawn = view.locator(".drawing a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
        assert sorted(drawn) == sorted(outline)
        view.locator(".drawing a").last.locator("circle").click()
        expect(view.locator("a[data-node][aria-current]")).to_have_attribute("href", drawn[-1])


def test_keys_alone_are_enough(browser: Browser, runs: Path) -> None:
    """From the list to a node and to the next problem without a pointer; the keys are listed."""
    task = deepest(RunFolder(runs / "search"))
    with viewed(runs) as address, page(browser, address) as view:
        view.goto("/run/search")
        view.keyboard.press("?")
        expect(view.get_by_role("dialog")).to_be_visible()
        view.keyboard.press("Escape")
        view.keyboard.press("/")
        view.keyboard.type(task)
        expect(view.locator("a[data-row]")).to_have_count(len([name for name in RunFolder(runs / "search").tasks() if task in name]))
        view.keyboard.press("Tab")
        view.get_by_role("button", name="Apply").focus()
        view.keyboard.press("j")
        view.keyboard.press("Enter")
        view.wait_for_url(f"**/{task}")
        view.keyboard.press("j")
        focused = view.evaluate("document.activeElement.getAttribute('href')")
        view.keyboard.press("Enter")
        view.wait_for_url(f"**{focused}")
        expect(view.locator("a[data-node][aria-current]")).to_be_focused()
        fold = view.locator("li:has(> ul)").first
        fold.locator("a[data-node]").first.focus()
        view.keyboard.press("h")
        expect(fold.locator("> ul")).to_be_hidden()
        view.keyboard.press("l")
        expect(fold.locator("> ul")).to_be_visible()
        view.goto("/run/search/tiny-3")
        view.keyboard.press("n")
        view.wait_for_url("**/run/search/tiny-4")


def test_a_run_is_followed_while_it_goes_on(browser: Browser, runs: Path, tmp_path: Path) -> None:
    """New nodes and new problems come by themselves, and what was folded and opened stays so."""
    recorded = RunFolder(runs / "search")
    task = deepest(recorded)
    _, attempts = recorded.tree(task)
    with (
        RunFolder(tmp_path / "going").claim(recorded.manifest()) as folder,
        viewed(tmp_path) as address,
        page(browser, address) as view,
        page(browser, address) as listing,
    ):
        listing.goto("/run/going")
        expect(listing.get_by_text("No problem is begun yet.")).to_be_visible()
        file = folder.open_tree(Tiny(OPTIONS).task(int(task.removeprefix("tiny-"))), recorded.manifest().digest)
        file.append(attempts[0])
        expect(listing.get_by_role("link", name=task)).to_be_visible()
        view.goto(f"/run/going/{task}")
        expect(view.locator(".badge", has_text="unfinished")).to_be_visible()
        expect(view.locator("a[data-node]")).to_have_count(1)
        view.get_by_text("Prompt (").click()
        for attempt in attempts[1:]:
            file.append(attempt)
        expect(view.locator("a[data-node]")).to_have_count(len({1 + at for at in range(len(attempts))}), timeout=15_000)
        expect(view.locator("details[data-key=prompt]")).to_have_attribute("open", "")
        keep(view, "live", tmp_path)
        file.close()
        best = max(attempts, key=lambda one: (one.evaluation.reward, -one.index)).index
        folder.finish(Summary(task, "tiny", Label.HELD_OUT, "budget", len(attempts), 0, best, 0.5, None, 1, 2, 0, 0.1, 0.2, file.digest))
        expect(listing.locator("td[data-label=Outcome]")).to_have_text("unjudged", timeout=15_000)


def test_a_view_that_has_ended_is_noticed(browser: Browser, runs: Path) -> None:
    """The page says that it is no longer kept up to date."""
    with page(browser, "http://127.0.0.1", allowed="ERR_CONNECTION_REFUSED") as view:
        with viewed(runs) as address:
            view.goto(f"{address}run/search")
        expect(view.get_by_text("not connected")).to_be_visible(timeout=15_000)


def test_hostile_programs_stay_text(browser: Browser, evil: Path, tmp_path: Path) -> None:
    """Whatever a program, an answer or a prompt holds, no script of theirs runs, in the page as it came or changed in place."""
    with viewed(evil) as address, page(browser, address) as view:
        view.goto("/run/evil/tiny-0")
        for link in view.locator("a[data-node]").all():
            link.click()
            unfold(view)
            assert "taken" not in view.title()
            assert view.locator("main img, main script").count() == 0
        assert "document.title = 'taken'" in view.locator(".detail").inner_text()
        keep(view, "hostile", tmp_path)


def test_a_long_text_is_read_whole(browser: Browser, runs: Path, tmp_path: Path) -> None:
    """Of a run whose name means something in addresses: by the link below what is shown of it, as plain text."""
    place = tmp_path / "50 % #1"
    shutil.copytree(runs / "search", place)
    file = place / "trees" / "tiny-0.jsonl"
    lines = file.read_text().splitlines()
    line = json.loads(lines[1])
    line["completion"]["text"] = "<b>" * 30_000 + "the end"
    file.write_text("\n".join([lines[0], json.dumps(line), *lines[2:]]) + "\n")
    (place / "trees" / "tiny-99.jsonl").write_text("junk\n")
    with viewed(tmp_path) as address, page(browser, address) as view:
        view.goto("/")
        view.get_by_role("link", name=place.name).click()
        expect(view.locator("td[data-label=Outcome]").last).to_have_text("unreadable")
        expect(view.get_by_text("The tree of problem tiny-99 cannot be read")).to_be_visible()
        keep(view, "unreadable", tmp_path)
        view.get_by_role("link", name="tiny-0", exact=True).click()
        first = view.locator("ul.outline a[data-node]").first
        first.click()
        expect(first).to_have_attribute("aria-current", "true")
        unfold(view)
        keep(view, "long", tmp_path)
        view.get_by_role("link", name="the whole text").click()
        assert view.locator("body").inner_text().endswith("<b>the end")
        view.go_back()
        expect(view.locator(".detail")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_every_page_can_be_read(browser: Browser, runs: Path, tmp_path: Path, scheme: str, width: int) -> None:
    """On a phone and on a desk, light and dark: enough contrast, nothing wider than the screen."""
    task = deepest(RunFolder(runs / "search"))
    pages = {
        "runs": "/",
        "run": "/run/search",
        "problem": f"/run/search/{task}?attempt=1",
        "side": "/side?a=search&b=samples",
        "side-problem": f"/side/{task}?a=search&b=samples",
        "trouble": "/run/none",
    }
    with viewed(runs) as address, page(browser, address, width, scheme, allowed="status of 404") as view:
        for name, path in pages.items():
            view.goto(path)
            unfold(view)
            assert faint(view) == [], name
            assert view.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
            keep(view, f"{name}-{scheme}-{width}", tmp_path)


def test_a_long_name_fits_a_phone(browser: Browser, runs: Path, tmp_path: Path) -> None:
    """Where another run is chosen by its name, too."""
    for name in ("search", "apps-gif-mcts-simulated-b6-s0-41183823-" + "again-" * 8):
        shutil.copytree(runs / "search", tmp_path / name)
    with viewed(tmp_path) as address, page(browser, address, 390) as view:
        view.goto("/run/search")
        assert view.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_two_runs_stand_side_by_side(browser: Browser, runs: Path) -> None:
    """Chosen in the list; the problems that differ are found, and a node on one side leaves the other as it is."""
    task = deepest(RunFolder(runs / "search"))
    with viewed(runs) as address, page(browser, address) as view:
        view.goto("/")
        view.get_by_label("search left").check()
        view.get_by_label("samples right").check()
        view.get_by_role("button", name="side by side").click()
        expect(view.locator("a[data-row]")).to_have_count(12)
        view.get_by_label("only those").check()
        view.wait_for_url("**only=different*")
        expect(view.locator("tbody tr")).to_have_count(view.locator("tr.differs").count())
        view.goto(f"/side/{task}?a=search&b=samples")
        other = view.locator("ul.outline[data-side=b] a[aria-current]").get_attribute("id")
        view.locator("ul.outline[data-side=a] a[data-node]").last.click()
        expect(view.locator("ul.outline[data-side=a] a[data-node]").last).to_have_attribute("aria-current", "true")
        assert view.locator("ul.outline[data-side=b] a[aria-current]").get_attribute("id") == other
