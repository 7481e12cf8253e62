"""The wire: what goes between chat and bot, in order, whole on request, and never a token."""

from __future__ import annotations

import json
import re

from playwright.sync_api import Page, expect

from tests.practice.looking import Visit, only_you, say
from tests.practice.practising import World


def opened(page: Page) -> None:
    page.get_by_role("button", name="Wire").click()
    expect(page.get_by_role("region", name="Wire")).to_be_visible()


def test_a_command_and_its_answer_stand_in_order_and_unfold(visit: Visit, world: World) -> None:
    world.ask("/practice/wire/clear", {})
    page = visit()
    opened(page)
    wire = page.get_by_role("region", name="Wire")
    expect(wire).to_contain_text("Nothing yet. Send something to Lightkeeper.")
    say(page, "/4action card")
    expect(wire.locator(".what")).to_have_text(["slash_commands", "ack"])
    expect(wire.locator(".one-line")).to_have_text(["/4action card", "1 private message, 6 blocks"])
    expect(wire.locator(".took").last).to_have_text(re.compile(r"^\d+ ms$"))
    wire.get_by_role("button", name=re.compile("slash_commands")).click()
    expect(wire.locator("pre")).to_contain_text('"command": "/4action"')
    expect(wire.locator("pre")).to_contain_text('"token": hidden')
    wire.get_by_role("button", name="Copy").click()
    expect(wire.get_by_role("button", name="Copied")).to_be_visible()
    copied = json.loads(page.evaluate("navigator.clipboard.readText()"))
    assert copied["payload"]["text"] == "card"
    assert copied["payload"]["token"] == "hidden" and copied["payload"]["response_url"].endswith("/commands/hidden")


def test_filter_pause_and_clear(visit: Visit, world: World) -> None:
    world.ask("/practice/wire/clear", {})
    page = visit()
    opened(page)
    wire = page.get_by_role("region", name="Wire")
    say(page, "/4action")
    expect(wire.get_by_role("button", name="All 2")).to_have_attribute("aria-pressed", "true")
    wire.get_by_role("button", name="From the bot 1").click()
    expect(wire.locator(".what")).to_have_text(["ack"])
    wire.get_by_role("button", name="All 2").click()
    wire.get_by_role("button", name="Pause").click()
    say(page, "/4action card")
    expect(wire.get_by_role("button", name="Go on (2)")).to_be_visible()
    expect(wire.locator(".what")).to_have_count(2)
    wire.get_by_role("button", name="Go on (2)").click()
    expect(wire.locator(".what")).to_have_count(4)
    wire.get_by_role("button", name="Clear").click()
    expect(wire).to_contain_text("Nothing yet.")


def test_a_failed_call_is_marked_with_its_code(visit: Visit, world: World) -> None:
    page = visit()
    opened(page)
    world.api("chat.postMessage", channel="C0NONE", text="x")
    failed = page.locator(".entry.failed").last
    expect(failed).to_contain_text("chat.postMessage")
    expect(failed).to_contain_text("channel_not_found")


def test_no_token_and_no_lent_address_reaches_the_page(world: World) -> None:
    said = world.say("/4action card")["message"]
    world.press(said, "Update")
    entries = world.ask("/practice/wire")[1]["entries"]
    assert {"to", "from"} == {entry["way"] for entry in entries}
    for entry in entries:
        whole = json.dumps(world.ask(f"/practice/wire/{entry['id']}")[1])
        assert not re.search(r"xoxb-|xapp-|practice-verification-token|/(commands|actions|socket)/(?!hidden)\w", whole)


def test_the_panel_takes_room_and_escape_gives_the_focus_back(visit: Visit) -> None:
    page = visit()
    opened(page)
    panel, talk = page.locator("#panel").bounding_box(), page.locator("#conversation").bounding_box()
    assert panel and talk and panel["x"] >= talk["x"] + talk["width"] and panel["width"] == 432
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    expect(page.get_by_role("button", name="Wire")).to_be_focused()
    say(page, "/4action")
    expect(only_you(page)).to_be_visible()
