"""The life of an item in a real browser: asked, sent back, mended, signed off, closed; a date moved twice.

Its screenshots, wide and on a phone, become those of the guides: LIGHTKEEPER_PICTURES=1 writes them.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.test_story import CHROMIUM, HERE, demo, opened, say

__all__ = ["demo"]
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no browser: install Debian's chromium")
LINK = "https://intranet.trentshire.example/custody/training"
PICTURES = HERE / "docs" / "pictures"
SIZES = {"wide": (1280, 1000), "phone": (390, 844)}


class Desk:
    """One person at a browser of one size."""

    def __init__(self, page: Page, size: str) -> None:
        self.page, self.size, self.taps = page, size, 0

    @property
    def last(self) -> Locator:
        return self.page.get_by_role("article").last

    def picture(self, name: str) -> None:
        """The form that is open, else the newest answer; the rest of the page is in other pictures."""
        if os.environ.get("LIGHTKEEPER_PICTURES"):
            form = self.page.get_by_role("dialog").or_(self.page.get_by_role("alertdialog"))
            shown = form.last if form.count() else self.last
            shown.screenshot(path=PICTURES / f"life-{name}-{self.size}.png", animations="disabled")

    def says(self, words: str, *shown: str) -> None:
        say(self.page, f"/4action {words}")
        self.sees(*shown)

    def sees(self, *shown: str) -> None:
        for text in shown:
            expect(self.last).to_contain_text(text)

    def presses(self, heard: str) -> None:
        """Scroll there, and tap when the page stands still: on a phone "More below" gives its room back at the end."""
        self.taps += 1
        button = self.page.get_by_role("button", name=heard).last
        button.scroll_into_view_if_needed()
        button.click()

    def chooses(self, option: str) -> None:
        """An act behind the menu of a card."""
        self.taps += 2
        self.page.get_by_role("button", name=re.compile("More|Other acts")).last.click()
        self.page.get_by_role("menuitem", name=option).click()

    def fills(self, **fields: str) -> Locator:
        form = self.page.get_by_role("dialog")
        for label, text in fields.items():
            form.get_by_label(label.replace("_", " ")).first.fill(text)
        return form

    def sends(self, form: Locator, button: str) -> None:
        self.taps += 1
        form.get_by_role("button", name=button, exact=True).click()
        expect(form).to_be_hidden()

    def opens_direct_messages(self) -> None:
        self.page.get_by_role("link", name=re.compile("Lightkeeper")).or_(
            self.page.get_by_role("button", name=re.compile("Lightkeeper"))
        ).first.click()


@contextmanager
def desk(demo: str, person: str, size: str = "wide") -> Iterator[Desk]:
    with opened(f"{demo}/#U0{person.upper()}/C0CUSTODY", *SIZES[size]) as page:
        yield Desk(page, size)


def test_asked_for_sent_back_mended_signed_off_and_closed(demo: str) -> None:
    with desk(demo, "owen") as owen:
        owen.says("CUST26-R2", "Target date: 11 Nov 2026")
        owen.presses("Ask for sign-off of CUST26-R2")
        form = owen.fills(What_was_done="All three teams are trained.")
        form.get_by_role("button", name="Ask", exact=True).click()
        expect(form).to_contain_text("Give a link to what shows that it was done")
        owen.picture("no-evidence")
        owen.taps = 1
        owen.fills(Evidence=LINK)
        owen.sends(form, "Ask")
        owen.sees("Asked. DCC Ruth Calder decides on CUST26-R2", "redrawn")
        assert owen.taps <= 3
        owen.picture("asked")
    with desk(demo, "lia") as lia:
        lia.says("pending CUST26-R2", "Checked by: nobody yet")
        lia.presses("Check the evidence of CUST26-R2")
        lia.sends(lia.fills(Note="Two of three lists are there."), "Save")
        lia.sees("Checked.", "Two of three lists are there.")
    with desk(demo, "ruth") as ruth:
        ruth.says("pending", "for you to decide")
        ruth.picture("pending")
        ruth.says("pending CUST26-R2", "Checked by: Lia Penrose, 20 Nov 2026")
        ruth.picture("request")
        ruth.presses("Send back CUST26-R2")
        ruth.sends(ruth.fills(Reason="Where is the list of the third team?"), "Send back")
        ruth.sees("Sent back. CUST26-R2 is in progress again; Supt Owen Hale hears of it.")
        ruth.picture("sent-back")
    with desk(demo, "owen") as owen:
        owen.opens_direct_messages()
        owen.sees("Sent back. DCC Ruth Calder sent CUST26-R2 back", "Where is the list of the third team?")
        owen.picture("notice")
        owen.says(f"complete CUST26-R2: All three, with the third list. {LINK}/3", "Asked.")
    with desk(demo, "ruth") as ruth:
        ruth.says("pending CUST26-R2", "All three, with the third list.")
        ruth.presses("Sign off CUST26-R2")
        ask = ruth.page.get_by_role("alertdialog").or_(ruth.page.get_by_role("dialog"))
        expect(ask).to_contain_text("Asked by Supt Owen Hale.")
        ruth.picture("sign-off")
        ask.get_by_role("button", name="Sign off").click()
        ruth.sees("Signed off. CUST26-R2 is complete")
        ruth.picture("signed-off")
    with desk(demo, "lia") as lia:
        lia.says("close CUST26-R2 19 Nov 2026 CU-26-121: Discharged by its letter of that day.", "Recorded.")
        lia.says("CUST26-R2", "Force: complete, 20 Nov 2026, by DCC Ruth Calder", "Inspectorate: closed, 19 Nov 2026")
        lia.picture("two-closures")
        lia.says("history CUST26-R2", "DCC Ruth Calder signed it off", "recorded the inspectorate's closure")
        lia.picture("history")


def test_a_date_is_moved_twice_and_the_card_says_so(demo: str) -> None:
    with desk(demo, "owen") as owen:
        owen.says("CUST26-A3", "Target date: 17 Nov 2026")
        owen.presses("Ask for an extension of CUST26-A3")
        form = owen.fills(New_target_date="2026-12-18", Reason="The rota for weekends is out for comment.")
        owen.picture("extension-form")
        owen.sends(form, "Ask")
        owen.sees("Asked. DCC Ruth Calder decides on 18 Dec 2026")
        assert owen.taps <= 3
    with desk(demo, "ruth") as ruth:
        ruth.says("pending CUST26-A3", "New target date: 18 Dec 2026, 31 days later", "Moved before: never")
        ruth.says("approve CUST26-A3", "Approved. CUST26-A3 has the target date 18 Dec 2026")
    with desk(demo, "owen") as owen:
        owen.says("extend CUST26-A3 29 Jan 2027: The second yard opens in January.", "Asked.")
    with desk(demo, "ruth") as ruth:
        ruth.says("pending CUST26-A3", "Moved before: once, 31 days in all", "Strategic lead: ACC Marcus Frayne")
        ruth.picture("extension-request")
        ruth.says("approve CUST26-A3", "Approved.")
        ruth.says("CUST26-A3", "29 Jan 2027 (was 17 Nov 2026 then 18 Dec 2026), second extension, 73 days in all")
        ruth.picture("moved-twice")


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_each_form_of_the_liaison_can_be_opened_and_looks_right(demo: str, size: str) -> None:
    forms = (
        ("assign CUST26-A9", "assign", "Owner"),
        ("delegate CUST26-A9", "delegate", "Delegate"),
        ("supersede CUST26-A9", "supersede", "By which item"),
        ("dispute CUST26-A9", "dispute", "Reason"),
        ("close CUST26-A9", "close", "Closed on"),
        ("waiting on CUST26-A9", "waiting-on", "Waits on"),
        ("no action CUST26-A9", "no-action", "Reason"),
    )
    with desk(demo, "lia", size) as lia:
        for words, name, label in forms:
            say(lia.page, f"/4action {words}")
            form = lia.page.get_by_role("dialog")
            expect(form.get_by_text(re.compile(f"^{label}")).first).to_be_visible()
            lia.picture(f"form-{name}")
            form.get_by_role("button", name="Cancel").click()
            expect(form).to_be_hidden()


def test_a_phone_has_room_for_the_card_the_request_and_their_forms(demo: str) -> None:
    with desk(demo, "owen", "phone") as owen:
        owen.says("CUST26-A5", "Target date")
        owen.picture("card")
        owen.presses("Ask for sign-off of CUST26-A5")
        form = owen.fills(What_was_done="Assessments begin within three hours.", Evidence=LINK)
        owen.picture("sign-off-form")
        owen.sends(form, "Ask")
        owen.sees("Asked.")
    with desk(demo, "ruth", "phone") as ruth:
        ruth.says("pending", "for you to decide")
        ruth.picture("pending")
        ruth.says("pending CUST26-A5", "What was done")
        ruth.picture("request")
        ruth.presses("Send back CUST26-A5")
        ruth.picture("send-back-form")
        box = ruth.page.get_by_role("dialog").bounding_box()
        assert box is not None and box["width"] <= 390
