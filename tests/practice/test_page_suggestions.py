"""Suggestions in the composer: what they offer, and that the keyboard alone chooses, completes and sends."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.practice.looking import PHONE, Visit, only_you, say


def rows(page: Page) -> list[str]:
    return page.get_by_role("option").locator(".say").all_inner_texts()


def typed(page: Page, words: str) -> None:
    page.locator("#composer textarea").focus()
    page.keyboard.type(words)


def test_they_open_at_a_slash_and_name_what_stands_in_the_newest_answer(visit: Visit) -> None:
    page = visit()
    typed(page, "/")
    field = page.get_by_role("combobox", name="Message #custody, or / for a command")
    expect(field).to_have_attribute("aria-expanded", "true")
    assert rows(page)[:2] == ["/4action", "/4action overdue"]
    assert not any("LAMP" in row for row in rows(page))
    page.keyboard.press("Enter")
    expect(only_you(page)).to_contain_text("you typed /4action")
    typed(page, "/4action")
    assert rows(page)[:4] == ["/4action", "/4action overdue", "/4action LAMP-1", "/4action update LAMP-1"]
    assert "/4action LAMP-3" in rows(page)


def test_four_rows_are_seen_and_the_answer_moves_up_instead_of_being_covered(visit: Visit) -> None:
    page = visit()
    say(page, "/4action")
    expect(only_you(page)).to_be_visible()
    typed(page, "/4action")
    box, answer = page.locator(".suggestions").bounding_box(), only_you(page).bounding_box()
    assert box and answer and answer["y"] + answer["height"] <= box["y"]
    seen = page.get_by_role("listbox", name="Suggestions").evaluate("n => n.clientHeight / n.children[0].offsetHeight")
    assert 4 <= seen < 5


def test_arrows_choose_enter_sends_tab_completes_and_escape_closes(visit: Visit) -> None:
    page = visit()
    typed(page, "/4action ")
    page.keyboard.press("ArrowDown")
    chosen = page.get_by_role("option", selected=True)
    expect(chosen).to_contain_text("/4action overdue")
    name = chosen.get_attribute("id")
    expect(page.locator("#composer textarea")).to_have_attribute("aria-activedescendant", str(name))
    page.keyboard.press("Enter")
    expect(only_you(page)).to_contain_text("you typed /4action overdue")
    expect(page.locator(".suggestions")).to_be_hidden()
    typed(page, "/4action pen")
    page.keyboard.press("Tab")
    expect(page.locator("#composer textarea")).to_have_value("/4action pending")
    expect(page.locator("#composer textarea")).to_be_focused()
    typed(page, "")
    page.keyboard.press("Escape")
    expect(page.locator(".suggestions")).to_be_hidden()
    expect(page.locator("#composer textarea")).to_have_value("/4action pending")


def test_what_is_typed_is_sent_as_it_is_unless_a_row_was_chosen(visit: Visit) -> None:
    page = visit()
    typed(page, "/4action echo pe")
    page.keyboard.press("Enter")
    expect(only_you(page)).to_contain_text("echo pe")
    typed(page, "/4action o")
    expect(page.get_by_role("option", selected=True)).to_have_count(0)
    page.keyboard.press("Enter")
    expect(only_you(page).last).to_contain_text("you typed /4action o")


def test_on_a_phone_they_are_a_sheet_of_high_rows_and_a_touch_completes(visit: Visit) -> None:
    page = visit(size=PHONE)
    typed(page, "/4")
    row = page.get_by_role("option").nth(1)
    box, sheet = row.bounding_box(), page.locator(".suggestions").bounding_box()
    assert box and box["height"] >= 60
    assert sheet and sheet["width"] == 390
    row.click()
    expect(page.locator("#composer textarea")).to_have_value("/4action overdue")
    page.get_by_role("button", name="Send").click()
    expect(only_you(page)).to_contain_text("/4action overdue")
