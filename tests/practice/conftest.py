"""A browser and a practice workspace for the tests of the page."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.practice.looking import CHROMIUM, DESK, Visit
from tests.practice.practising import World, practising


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        reason = "no Chromium on this machine: the page was not looked at"
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-background-networking", "--no-proxy-server"]
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield opened
        opened.close()


@pytest.fixture
def world() -> Iterator[World]:
    with practising() as made:
        yield made


@pytest.fixture
def visit(browser: Browser, world: World) -> Iterator[Visit]:
    """Opens the page as somebody; afterwards nothing may have been logged as an error."""
    complaints: list[str] = []
    contexts: list[BrowserContext] = []

    def go(
        person: str = "U0OWEN",
        channel: str = "C0CUSTODY",
        *,
        size: tuple[int, int] = DESK,
        dark: bool = False,
        tour: bool = False,
        forced_colours: bool = False,
    ) -> Page:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if dark else "light",
            forced_colors="active" if forced_colours else "none",
            reduced_motion="reduce",
            locale="en-GB",
            permissions=["clipboard-read", "clipboard-write"],
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        expect.set_options(timeout=20_000)  # a busy machine is not a fault of the page
        if not tour:
            page.add_init_script("localStorage.setItem('practice.tour', 'done')")
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{world.url}/#{person}/{channel}")
        expect(page.locator("#practice-time")).to_contain_text("2026")
        return page

    yield go
    for context in contexts:
        context.close()
    assert complaints == []
