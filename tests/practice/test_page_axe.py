"""axe looks at every main state of the page, light and dark, and finds nothing serious."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.practice.looking import BETWEEN, DESK, PHONE, Visit, only_you, say
from tests.practice.practising import World
from tests.practice.test_page_figures import weeks

GRAVE = ("serious", "critical")


def found(page: Page, state: str) -> list[str]:
    answer = Axe().run(page).response
    return [
        f"{state}: {violation['id']}: {node['target']}: {node.get('failureSummary', '')[:300]}"
        for violation in answer["violations"]
        if violation["impact"] in GRAVE
        for node in violation["nodes"][:3]
    ]


LOOKS = [(DESK, False), (DESK, True), (BETWEEN, False), (PHONE, True)]


@pytest.mark.parametrize(("size", "dark"), LOOKS, ids=["desk", "desk dark", "between", "phone dark"])
def test_no_state_has_a_serious_fault(visit: Visit, world: World, size: tuple[int, int], dark: bool) -> None:
    page = visit(size=size, dark=dark, tour=True)
    expect(page.get_by_role("region", name="Tour")).to_be_visible()
    faults = found(page, "tour")
    page.get_by_role("button", name="Skip the tour").click()

    say(page, "/4action card")
    expect(only_you(page)).to_be_visible()
    world.api("chat.postMessage", channel="C0CUSTODY", text="chart", blocks=[weeks()])
    expect(page.get_by_role("figure")).to_be_visible()
    page.locator("#composer textarea").press_sequentially("/4")
    expect(page.get_by_role("listbox", name="Suggestions")).to_be_visible()
    faults += found(page, "answers, chart and suggestions")
    page.locator("#composer textarea").fill("")

    only_you(page).get_by_role("button", name="Update: update LAMP-1").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Please complete this required field.")).to_be_visible()
    faults += found(page, "form with an error")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)

    page.get_by_role("button", name="You are").click()
    expect(page.get_by_role("menuitemradio").first).to_be_visible()
    faults += found(page, "switcher")
    page.keyboard.press("Escape")

    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog", name="Jump")).to_be_visible()
    faults += found(page, "jump")
    page.keyboard.press("Escape")
    assert faults == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_wire_thread_direct_message_and_clock_have_no_serious_fault(visit: Visit, world: World, dark: bool) -> None:
    page = visit(dark=dark)
    world.api("chat.postMessage", channel="C0NONE", text="x")
    say(page, "/4action")
    page.get_by_role("button", name="Wire").click()
    page.locator(".entry").last.click()
    expect(page.locator("#panel pre")).to_be_visible()
    faults = found(page, "wire")
    page.get_by_role("article").first.hover()
    page.get_by_role("button", name="Reply in a thread").first.click()
    expect(page.get_by_role("region", name="Thread")).to_be_visible()
    faults += found(page, "thread")
    page.get_by_role("button", name="Close the thread").click()
    page.get_by_role("button", name="Lightkeeper").first.click()
    expect(page.get_by_text("Nothing said yet.")).to_be_visible()
    faults += found(page, "direct message")
    page.get_by_role("button", name="To Monday").click()
    expect(page.locator(".notice")).to_be_visible()
    faults += found(page, "notice")
    assert faults == []
