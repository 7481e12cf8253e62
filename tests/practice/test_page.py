"""The page in a real browser: what a person sees, presses, types and hears."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Browser, expect

import practice
from tests.practice.looking import Visit, say
from tests.practice.practising import World, practising

FOLDER = Path(practice.__file__).parent / "page"


def test_a_private_answer_says_in_three_ways_that_only_you_see_it(visit: Visit) -> None:
    page = visit()
    say(page, "/4action")
    answer = page.get_by_role("article", name="only visible to you")
    expect(answer).to_contain_text("Only visible to you")
    expect(answer).to_contain_text("you typed /4action")
    expect(answer).to_have_css("border-top-style", "dashed")
    expect(answer.get_by_role("heading", level=3)).to_have_text("Your things")
    expect(answer).to_contain_text("Polish the <big> lens")
    expect(page.locator("#said")).to_have_text("Lightkeeper, only visible to you: You have 3 open things: none late")
    answer.get_by_role("button", name="Dismiss").click()
    expect(answer).to_have_count(0)


def test_a_form_error_stands_at_its_field_and_the_card_is_redrawn_where_it_stood(visit: Visit) -> None:
    page = visit()
    say(page, "/4action card")
    card = page.get_by_role("article", name="only visible to you")
    card.get_by_role("button", name="Update: update LAMP-1").click()
    form = page.get_by_role("dialog", name="Update")
    form.get_by_label("Progress update").fill("Wick trimmed.")
    form.get_by_label("Forecast date").fill("2026-11-12")
    expect(form).to_contain_text("Thursday 12 November 2026")
    form.get_by_role("button", name="Save").click()
    expect(form).to_contain_text("Choose today, 2026-11-20, or later.")
    expect(form.get_by_label("Forecast date")).to_be_focused()
    expect(form.get_by_label("Forecast date")).to_have_attribute("aria-invalid", "true")
    expect(form.get_by_label("Progress update")).to_have_value("Wick trimmed.")
    form.get_by_label("Forecast date").fill("2026-11-30")
    form.get_by_role("button", name="Save").click()
    expect(form).to_have_count(0)
    expect(card).to_contain_text("redrawn 16:4")
    expect(page.locator("#said")).to_have_text("Lightkeeper, only visible to you: LAMP-1 Trim the wick")
    expect(card.locator(".changed")).to_have_text(["Forecast date: 2026-11-30", "Last update: Wick trimmed."])
    expect(card.get_by_role("button", name="Update: update LAMP-1")).to_be_focused()


def test_a_required_field_left_empty_is_said_at_the_field(visit: Visit) -> None:
    page = visit()
    say(page, "/4action form")
    form = page.get_by_role("dialog", name="Update")
    form.get_by_role("button", name="Save").click()
    expect(form.get_by_label("Progress update")).to_be_focused()
    expect(form).to_contain_text("Please complete this required field.")
    page.keyboard.press("Escape")
    expect(form).to_have_count(0)


def test_silence_keeps_the_form_and_its_words(visit: Visit) -> None:
    page = visit()
    say(page, "/4action form")
    form = page.get_by_role("dialog", name="Update")
    form.get_by_label("Progress update").fill("slow")
    form.get_by_role("button", name="Save").click()
    expect(form.get_by_role("button", name="Saving")).to_be_visible()
    expect(form.get_by_role("alert")).to_contain_text("it is not known whether this was saved", timeout=8000)
    expect(form.get_by_label("Progress update")).to_have_value("slow")


def test_a_button_that_asks_once_more_can_be_declined(visit: Visit) -> None:
    page = visit()
    say(page, "/4action card")
    card = page.get_by_role("article", name="only visible to you")
    card.get_by_role("button", name="Sign off").click()
    page.get_by_role("dialog", name="Sign off LAMP-1?").get_by_role("button", name="Cancel").click()
    expect(card).not_to_contain_text("redrawn")
    card.get_by_role("button", name="Sign off").click()
    page.get_by_role("dialog", name="Sign off LAMP-1?").get_by_role("button", name="Sign off").click()
    expect(card).to_contain_text("sign off was chosen.")


def test_being_somebody_else_shows_what_they_see_and_nothing_more(visit: Visit) -> None:
    page = visit()
    say(page, "/4action card")
    expect(page.get_by_role("article", name="only visible to you")).to_be_visible()
    page.get_by_role("button", name="You are Supt Owen Hale").click()
    page.get_by_role("menuitemradio", name="Sam Idris").click()
    expect(page.get_by_role("note")).to_have_text(
        "You are now Sam Idris, a guest. What was only visible to Supt Owen Hale is not here."
    )
    expect(page.get_by_role("article", name="only visible to you")).to_have_count(0)
    expect(page.get_by_role("navigation", name="Channels").locator(".row")).to_have_count(1)


def test_moving_the_clock_says_where_something_came_but_not_what(visit: Visit, world: World) -> None:
    page = visit()
    page.get_by_role("button", name="To Monday 09:00: Monday 23 November 2026, 09:00").click()
    notice = page.locator(".notice")
    expect(notice).to_contain_text("It is Monday 23 November 2026, 09:00.")
    expect(notice).to_contain_text("No message arrived.")
    expect(page.locator(".day").last).to_contain_text("clock moved here from Friday 20 November 2026, 16:40")


def test_one_tab_stop_for_the_messages_and_arrows_between_them(visit: Visit) -> None:
    page = visit()
    say(page, "/4action")
    say(page, "/4action card")
    expect(page.locator("article")).to_have_count(3)
    expect(page.locator("article[tabindex='0']")).to_have_count(1)
    page.locator("article").last.focus()
    page.keyboard.press("ArrowUp")
    expect(page.locator("article").nth(1)).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("article").nth(1).get_by_role("button", name="Dismiss")).to_be_focused()
    expect(page.locator("article").nth(2).get_by_role("button", name="Sign off")).to_have_attribute("tabindex", "-1")


def test_hostile_words_are_shown_as_they_are(visit: Visit, world: World) -> None:
    page = visit()
    say(page, "/4action echo <img src=x onerror=alert(1)> *not* <https://example.org|here>")
    answer = page.get_by_role("article", name="only visible to you")
    expect(answer).to_contain_text("<img src=x onerror=alert(1)>")
    expect(answer.locator("img")).to_have_count(0)
    world.api(
        "chat.postMessage",
        channel="C0CUSTODY",
        text="<javascript:alert(1)|press me> <https://example.org|out>",
    )
    post = page.get_by_role("article").last
    expect(post.get_by_role("button", name="press me")).to_have_count(0)
    post.get_by_role("button", name="out").click()
    expect(page.get_by_role("dialog", name="This link leads out")).to_contain_text("https://example.org")


def test_an_unknown_block_is_named_and_not_hidden(visit: Visit, world: World) -> None:
    page = visit(channel="C0IMPROVE")
    world.api("chat.postMessage", channel="C0IMPROVE", text="x", blocks=[{"type": "card"}])
    expect(page.get_by_role("article").last).to_contain_text("A block of the kind “card” is not drawn here.")


def test_new_messages_elsewhere_are_counted_in_the_sidebar_and_the_title(visit: Visit, world: World) -> None:
    page = visit()
    expect(page).to_have_title("(4) custody · Practice workspace")
    world.api("chat.postMessage", channel="U0OWEN", text="A reminder")
    expect(page.get_by_role("button", name=re.compile("Lightkeeper.*1 new"))).to_be_visible()
    expect(page).to_have_title("(5) custody · Practice workspace")
    page.get_by_role("button", name=re.compile("Lightkeeper.*1 new")).click()
    expect(page.get_by_role("separator").filter(has_text="New")).to_be_visible()


def test_the_page_says_when_the_demo_has_ended_and_keeps_what_can_be_read(visit: Visit, browser: Browser) -> None:
    with practising(bot=False) as world:
        page = browser.new_page()
        page.goto(world.url)
        expect(page.get_by_role("status").or_(page.locator("#band"))).to_contain_text("Bot stopped")
    expect(page.get_by_role("alert")).to_contain_text("The practice workspace has stopped.")
    expect(page.get_by_role("article").first).to_contain_text("Custody board")
    expect(page.locator("#band")).to_contain_text("Not connected")
    page.close()


def test_without_a_bot_the_words_come_back(visit: Visit, browser: Browser) -> None:
    with practising(bot=False) as world:
        page = browser.new_page()
        page.goto(world.url)
        expect(page.locator("#practice-time")).to_contain_text("2026")
        say(page, "/4action overdue")
        expect(page.get_by_role("alert")).to_contain_text("Lightkeeper did not respond.")
        expect(page.locator("#composer textarea")).to_have_value("/4action overdue")
        page.close()


def test_no_script_of_the_page_turns_words_into_markup() -> None:
    for script in FOLDER.rglob("*.js"):
        words = script.read_text(encoding="utf-8")
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", words), script.name


def test_nothing_is_fetched_from_elsewhere_and_each_file_says_what_it_is_for() -> None:
    for path in [p for p in FOLDER.rglob("*") if p.suffix in (".js", ".css", ".html")]:
        words = path.read_text(encoding="utf-8")
        addresses = set(re.findall(r"https?://[\w.]+", words)) - {"http://www.w3.org"}
        assert not addresses, path.name
        assert words.startswith(("// ", "/* ", "<!doctype html>\n<!-- ")), path.name
