"""The keys of the page: jumping, regions, channels, and Esc closing what opened last."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.practice.looking import Visit, say


def test_ctrl_k_jumps_to_a_channel_a_person_or_a_time(visit: Visit) -> None:
    page = visit()
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Jump to a channel, a person or a time")
    expect(field).to_be_focused()
    page.keyboard.type("impr")
    expect(page.get_by_role("option", selected=True)).to_have_text("#improvement channel")
    page.keyboard.press("Enter")
    expect(page.get_by_role("main", name="improvement")).to_be_visible()
    page.keyboard.press("Control+k")
    page.keyboard.type("frayne")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="You are ACC Marcus Frayne")).to_be_focused()
    page.keyboard.press("Control+k")
    page.keyboard.type("zzz")
    expect(page.get_by_role("dialog", name="Jump")).to_contain_text("Nothing of that name.")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="You are ACC Marcus Frayne")).to_be_focused()
    page.keyboard.press("Control+k")
    page.keyboard.type("mon")
    page.keyboard.press("Enter")
    expect(page.locator("#practice-time")).to_have_text("Monday 23 November 2026, 09:00")


def test_f6_goes_round_the_regions_and_back(visit: Visit) -> None:
    page = visit()
    say(page, "/4action")
    page.get_by_role("button", name="Wire").click()
    expect(page.get_by_role("button", name=re.compile("^All"))).to_be_focused()
    seen = []
    for _ in range(6):
        page.keyboard.press("F6")
        seen.append(
            page.evaluate("document.activeElement.closest('#band, #you, #side, #messages, #composer, #panel').id")
        )
    assert seen == ["band", "side", "you", "messages", "composer", "panel"]
    page.keyboard.press("Shift+F6")
    expect(page.locator("#composer textarea")).to_be_focused()


def test_alt_and_arrows_go_from_channel_to_channel(visit: Visit) -> None:
    page = visit()
    page.keyboard.press("Alt+ArrowDown")
    expect(page.get_by_role("main", name="cyber-board")).to_be_visible()
    page.keyboard.press("Alt+ArrowUp")
    page.keyboard.press("Alt+ArrowUp")
    expect(page.get_by_role("main", name="improvement")).to_be_visible()
    expect(page.locator("#composer textarea")).to_be_focused()


def test_escape_closes_what_opened_last(visit: Visit) -> None:
    page = visit()
    page.get_by_role("button", name="Wire").click()
    page.locator("#composer textarea").focus()
    page.keyboard.type("/")
    expect(page.locator(".suggestions")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".suggestions")).to_be_hidden()
    expect(page.locator("#panel")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()


def test_the_skip_link_comes_first_and_leads_to_the_conversation(visit: Visit) -> None:
    page = visit()
    page.locator("#band button").first.focus()
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("link", name="To the conversation")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
