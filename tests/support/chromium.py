"""A headless Chromium of this machine, driven by playwright."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

# It speaks to loopback alone: without these it looks for updates at every start.
QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run", "--disable-quic"]
PLAIN = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]

_CONTRAST = """() => {
  const channel = (value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const light = (color) => [0.2126, 0.7152, 0.0722].reduce((sum, share, at) => sum + share * channel(color[at] / 255), 0);
  const numbers = (text) => text.match(/[\\d.]+/g).map(Number);
  const ground = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const color = numbers(getComputedStyle(one).backgroundColor);
      if (color.length < 4 || color[3] > 0) return color;
    }
    return [255, 255, 255];
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    const element = text.parentElement;
    if (!text.data.trim() || !element.checkVisibility() || element.closest("svg, option")) continue;
    const pair = [light(numbers(getComputedStyle(element).color)), light(ground(element))].sort((a, b) => b - a);
    const ratio = (pair[0] + 0.05) / (pair[1] + 0.05);
    if (ratio < 4.5) found.push(`${element.className || element.tagName} ${ratio.toFixed(2)}: ${text.data.trim().slice(0, 40)}`);
  }
  return found;
}"""


def program() -> str:
    """Where Chromium is; the test is skipped where it is not."""
    found = os.environ.get("GIFMCTS_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("there is no Chromium on this machine; Debian's package is named chromium, GIFMCTS_TEST_CHROMIUM names another")
    return found


@contextmanager
def browser() -> Iterator[Browser]:
    """One browser."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program(), args=[*PLAIN, *QUIET])
        try:
            yield started
        finally:
            started.close()


@contextmanager
def page(browser: Browser, address: str, width: int = 1280, scheme: str = "light", allowed: str = "nothing") -> Iterator[Page]:
    """A page of a fresh profile; what the browser complains about, a refused script included, fails the test unless it is ``allowed``."""
    context: BrowserContext = browser.new_context(
        base_url=address, viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light"
    )
    context.set_default_timeout(15_000)
    complaints: list[str] = []
    opened = context.new_page()
    opened.on("console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    try:
        yield opened
        assert not [line for line in complaints if allowed not in line]
    finally:
        context.close()


def faint(page: Page) -> list[str]:
    """Every visible text whose contrast with what is behind it is below 4.5 (WCAG 2.2, criterion 1.4.3)."""
    found = page.evaluate(_CONTRAST)
    assert isinstance(found, list)
    return [str(line) for line in found]


def keep(page: Page, name: str, place: Path) -> None:
    """Keep a picture of the whole page, in the folder that GIFMCTS_TEST_SCREENSHOTS names or else among the test's own files."""
    folder = Path(os.environ.get("GIFMCTS_TEST_SCREENSHOTS") or place)
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"{name}.png", full_page=True)
