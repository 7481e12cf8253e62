"""The guided tour, gone through by keyboard alone: the whole main job without a mouse."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.practice.looking import PHONE, Visit, only_you


def card(page: Page, title: str) -> None:
    expect(page.get_by_role("region", name="Tour").get_by_role("heading", name=title)).to_be_visible()


def show_me(page: Page, words: str = "Show me") -> None:
    """To the card's button by its place in the Tab order, then Enter."""
    page.get_by_role("region", name="Tour").get_by_role("button", name=words).focus()
    page.keyboard.press("Enter")


def test_five_steps_by_keyboard_each_over_when_the_thing_is_done(visit: Visit) -> None:
    page = visit(tour=True)
    card(page, "Ask what is yours")
    expect(page.get_by_role("region", name="Tour")).to_contain_text("1 of 5")
    show_me(page, "Type it for me")
    expect(page.locator("#composer textarea")).to_have_value("/4action")
    page.keyboard.press("Enter")

    card(page, "Say what has changed")
    show_me(page)
    expect(only_you(page).get_by_role("button", name="Update: update LAMP-1")).to_be_focused()
    page.keyboard.press("Enter")

    card(page, "Save it")
    show_me(page)
    expect(page.get_by_role("button", name="Save")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Progress update")).to_be_focused()
    card(page, "Save it")
    page.keyboard.type("Wick trimmed.")
    show_me(page)
    page.keyboard.press("Enter")

    card(page, "Become the DCC")
    show_me(page)
    expect(page.get_by_role("menuitemradio", name="DCC Ruth Calder")).to_be_focused()
    page.keyboard.press("Enter")

    card(page, "Go to Monday")
    show_me(page)
    expect(page.get_by_role("button", name="To Monday 09:00")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".notice")).to_contain_text("It is Monday 23 November 2026, 09:00.")
    expect(page.get_by_role("region", name="Tour")).to_have_count(0)
    page.reload()
    expect(page.locator("#practice-time")).to_contain_text("2026")
    expect(page.get_by_role("region", name="Tour")).to_have_count(0)


def test_a_form_closed_without_saving_goes_one_step_back(visit: Visit) -> None:
    page = visit(tour=True)
    show_me(page, "Type it for me")
    page.keyboard.press("Enter")
    only_you(page).get_by_role("button", name="Update").first.click()
    card(page, "Save it")
    page.keyboard.press("Escape")
    card(page, "Say what has changed")


def test_escape_closes_it_and_the_button_starts_it_again(visit: Visit) -> None:
    page = visit(tour=True)
    card(page, "Ask what is yours")
    page.keyboard.press("Escape")
    expect(page.get_by_role("region", name="Tour")).to_have_count(0)
    page.get_by_role("button", name="Tour", exact=True).click()
    card(page, "Ask what is yours")
    page.get_by_role("button", name="Skip the tour").click()
    expect(page.get_by_role("region", name="Tour")).to_have_count(0)


def test_whoever_is_somebody_else_is_led_to_the_tours_person_first(visit: Visit) -> None:
    page = visit("U0SAM", tour=True)
    show_me(page, "Be Supt Owen Hale")
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Tour")).to_contain_text("You are Supt Owen Hale, who owns a few items")


def test_it_covers_neither_messages_nor_field(visit: Visit) -> None:
    for size in ((1280, 800), PHONE):
        page = visit(tour=True, size=size)
        card(page, "Ask what is yours")
        tour = page.get_by_role("region", name="Tour").bounding_box()
        above, below = page.locator("#messages").bounding_box(), page.locator("#composer").bounding_box()
        assert tour and above and below
        assert above["y"] + above["height"] <= tour["y"] and tour["y"] + tour["height"] <= below["y"]
