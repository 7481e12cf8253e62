"""What the tests of the page share: how it is visited, and short words for what a person does there."""

from __future__ import annotations

import shutil
from typing import Protocol

from playwright.sync_api import Locator, Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DESK, BETWEEN, PHONE = (1280, 800), (900, 800), (390, 844)


class Visit(Protocol):
    """Opens the page as somebody, at a size, in a look; with the tour only where it is wanted."""

    def __call__(
        self,
        person: str = "U0OWEN",
        channel: str = "C0CUSTODY",
        *,
        size: tuple[int, int] = DESK,
        dark: bool = False,
        tour: bool = False,
        forced_colours: bool = False,
    ) -> Page: ...


def say(page: Page, words: str) -> None:
    """Types words and sends them."""
    page.locator("#composer textarea").fill(words)
    page.keyboard.press("Enter")


def only_you(page: Page) -> Locator:
    """The private answers in sight."""
    return page.get_by_role("article", name="only visible to you")


def focused(page: Page) -> str:
    """What has the focus: its name for assistive technology, or what it says, shortened."""
    script = (
        "() => { const a = document.activeElement; return a.getAttribute('aria-label') || a.innerText || a.tagName }"
    )
    return str(page.evaluate(script))[:60]
