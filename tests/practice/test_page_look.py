"""Light and dark, the three widths, 200% zoom, forced colours: every look is usable."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.practice.looking import BETWEEN, PHONE, Visit, only_you, say

PAPER = {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 24, 27)"}


def test_the_system_decides_until_the_button_does_and_the_button_is_remembered(visit: Visit) -> None:
    page = visit(dark=True)
    expect(page.locator("body")).to_have_css("background-color", PAPER["dark"])
    page.get_by_role("button", name="Light colours").click()
    expect(page.locator("body")).to_have_css("background-color", PAPER["light"])
    expect(page.get_by_role("button", name="Dark colours")).to_be_focused()
    page.reload()
    expect(page.locator("body")).to_have_css("background-color", PAPER["light"])
    expect(page.get_by_role("button", name="Dark colours")).to_be_visible()


def test_a_phone_shows_one_column_and_goes_back_to_the_channels(visit: Visit) -> None:
    page = visit(size=PHONE)
    expect(page.get_by_role("navigation", name="Channels")).to_be_hidden()
    page.get_by_role("button", name="Back to the channels").click()
    expect(page.locator("#conversation")).to_be_hidden()
    expect(page.locator("[aria-current]")).to_be_focused()
    page.get_by_role("button", name="improvement").click()
    expect(page.get_by_role("main", name="improvement")).to_be_visible()
    expect(page.get_by_role("navigation", name="Channels")).to_be_hidden()


def test_on_a_phone_person_and_clock_are_sheets(visit: Visit) -> None:
    page = visit(size=PHONE)
    page.get_by_role("button", name="You are Supt Owen Hale").click()
    sheet = page.get_by_role("dialog", name="Be somebody else")
    expect(sheet.get_by_role("menuitemradio", name="Supt Owen Hale")).to_be_focused()
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    expect(page.get_by_role("button", name="You are Supt Owen Hale")).to_be_focused()
    page.get_by_role("button", name="Move the clock, now Fri 20 Nov 2026, 16:40").click()
    rows = page.get_by_role("dialog", name="Move the clock").get_by_role("menuitem")
    expect(rows.nth(1)).to_contain_text("Monday 23 November 2026, 08:00")
    assert all((row.bounding_box() or {"height": 0})["height"] >= 60 for row in rows.all())
    rows.nth(2).click()
    expect(page.get_by_role("button", name="Move the clock, now Mon 23 Nov 2026, 09:00")).to_be_visible()


def test_on_a_phone_a_menu_holds_the_rest(visit: Visit) -> None:
    page = visit(size=PHONE)
    page.get_by_role("button", name="Practice menu").click()
    menu = page.get_by_role("dialog", name="Practice workspace")
    expect(menu).to_contain_text("Nothing leaves this machine.")
    menu.get_by_role("menuitem", name="Wire").click()
    expect(page.get_by_role("region", name="Wire")).to_be_visible()
    page.get_by_role("button", name="Close the wire").click()
    expect(page.get_by_role("button", name="Practice menu")).to_be_focused()


def test_between_the_two_the_moves_are_one_menu(visit: Visit) -> None:
    page = visit(size=BETWEEN)
    page.get_by_role("button", name="Move the clock").click()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("menuitem", name="Next working day")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Move the clock")).to_be_focused()
    page.get_by_role("button", name="Wire").click()
    panel, talk = page.locator("#panel").bounding_box(), page.locator("#conversation").bounding_box()
    assert panel and talk and panel["x"] < talk["x"] + talk["width"]


def overflowing(page: Page) -> list[str]:
    """What reaches beyond the right edge of the window."""
    return list(
        page.evaluate(
            """() => [...document.querySelectorAll('body *')]
                .filter(n => n.getClientRects().length && n.getBoundingClientRect().right > innerWidth + 1)
                .filter(n => !n.closest('.aloud, .heard'))
                .map(n => n.tagName + '.' + n.className)"""
        )
    )


@pytest.mark.parametrize("size", [(320, 640), PHONE, (640, 400), (700, 700), BETWEEN, (1024, 700), (1280, 800)])
def test_nothing_reaches_beyond_the_window(visit: Visit, size: tuple[int, int]) -> None:
    page = visit(size=size)
    say(page, "/4action card")
    expect(only_you(page)).to_be_visible()
    assert overflowing(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_at_200_per_cent_the_phone_layout_does_the_main_job(visit: Visit) -> None:
    page = visit(size=(640, 400))
    say(page, "/4action card")
    only_you(page).get_by_role("button", name="Update: update LAMP-1").click()
    form = page.get_by_role("dialog", name="Update")
    expect(form.get_by_role("button", name="Save")).to_be_in_viewport()
    form.get_by_label("Progress update").fill("Wick trimmed.")
    form.get_by_role("button", name="Save").click()
    expect(only_you(page)).to_contain_text("Wick trimmed.")


def test_with_forced_colours_every_button_has_a_border(visit: Visit) -> None:
    page = visit(forced_colours=True)
    say(page, "/4action")
    expect(only_you(page)).to_be_visible()
    bare = page.evaluate(
        """() => [...document.querySelectorAll('button')].filter(n => n.getClientRects().length)
            .filter(n => getComputedStyle(n).borderTopWidth === '0px').map(n => n.textContent)"""
    )
    assert bare == []
