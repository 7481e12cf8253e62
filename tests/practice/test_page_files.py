"""Files on the page: chosen and taken back in a form, within its limits, by keyboard too; and shared in a message."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from slack_sdk import WebClient

from tests.practice.looking import DESK, PHONE, Visit, focused
from tests.practice.practising import Json, World
from tests.practice.test_files import ASKED
from tests.practice.test_page_axe import found

ELEMENT = {"type": "file_input", "action_id": "v", "filetypes": ["pdf", "png"], "max_files": 2}


def shown(world: World) -> None:
    """A form of the bot's that asks Owen for at most two files."""
    stand_in = world.slack.stand_in
    view: Json = copy.deepcopy(ASKED)
    view["blocks"][0]["element"] = ELEMENT

    async def show() -> None:
        stand_in.views.open("U0OWEN", view)
        stand_in.acts.tell_views("U0OWEN")

    world.slack.wait_for(show())


def payload(name: str, size: int = 9) -> Any:
    return {"name": name, "mimeType": "application/pdf", "buffer": b"%PDF-1.7 " + bytes(size - 9)}


def choose(page: Page, *files: Any) -> None:
    page.get_by_role("dialog").locator("input[type=file]").set_input_files(list(files))


def test_a_form_takes_as_many_files_as_it_asks_for(visit: Visit, world: World) -> None:
    page = visit()
    shown(world)
    form, chosen = page.get_by_role("dialog"), page.get_by_role("list", name="Chosen so far").get_by_role("listitem")
    expect(form.locator("input[type=file]")).to_have_attribute("accept", ".pdf,.png")
    form.get_by_role("button", name="Send").click()
    expect(form).to_contain_text("Please complete this required field.")
    choose(page, payload("1.pdf"), payload("2.pdf"), payload("3.pdf"))
    expect(form).to_contain_text("Please choose at most 2 files.")
    expect(chosen).to_have_text(["1.pdf9 bytesRemove", "2.pdf9 bytesRemove"])
    form.get_by_role("button", name="Remove 1.pdf").press("Enter")
    expect(chosen).to_have_count(1)
    assert focused(page) == "INPUT"
    choose(page, payload("film.pdf", 10_000_001))
    expect(form).to_contain_text("film.pdf is larger than 10 MB.")
    choose(page, payload("setup.exe"))
    form.get_by_role("button", name="Send").click()
    expect(form).to_contain_text("setup.exe is not one of these: pdf, png.")
    expect(chosen).to_have_count(2)


@pytest.mark.parametrize(("size", "dark"), [(DESK, False), (PHONE, True)], ids=["desk", "phone dark"])
def test_files_have_no_serious_fault_of_access(visit: Visit, world: World, size: tuple[int, int], dark: bool) -> None:
    client = WebClient(world.slack.bot_token, base_url=world.slack.api_url)
    client.files_upload_v2(content=b"%PDF", filename="a very long name " * 8 + ".pdf", channel="C0CUSTODY")
    page = visit(size=size, dark=dark)
    expect(page.get_by_role("link", name="Download a very long name")).to_be_visible()
    faults = found(page, "a message with a file")
    shown(world)
    choose(page, payload("a very long name " * 8 + ".pdf"), payload("film.pdf", 10_000_001))
    expect(page.get_by_role("dialog")).to_contain_text("film.pdf is larger than 10 MB.")
    expect(page.get_by_role("list", name="Chosen so far").get_by_role("listitem")).to_have_count(1)
    assert faults + found(page, "a form with files") == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
