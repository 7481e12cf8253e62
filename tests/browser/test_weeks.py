"""The clock moved in a real browser: Monday's reminders as each person meets them, answered with a sentence.

Its screenshots, wide and on a phone, become those of the guides: LIGHTKEEPER_PICTURES=1 writes them.
"""

import os
import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.test_life import PICTURES, SIZES
from tests.browser.test_story import CHROMIUM, demo, opened, say

__all__ = ["demo"]
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no browser: install Debian's chromium")


def direct(demo: str, who: str) -> str:
    """The address of somebody's direct messages with the bot."""
    return f"{demo}/#U0{who.upper()}/D0{who.upper()}"


def newest(page: Page) -> Locator:
    return page.get_by_role("article").last


def picture(page: Page, shown: Locator, name: str, size: str) -> None:
    if os.environ.get("LIGHTKEEPER_PICTURES"):
        page.mouse.move(2, 2)
        shown.screenshot(path=PICTURES / f"time-{name}-{size}.png", animations="disabled")


@pytest.fixture(scope="module")
def monday(demo: str) -> str:
    """The demo, with its clock moved to Monday 09:00."""
    with opened(f"{demo}/#U0LIA/C0CUSTODY", *SIZES["wide"]) as page:
        page.get_by_role("button", name=re.compile("To Monday")).click()
        expect(page.get_by_role("button", name=re.compile("To Monday 09:00: Monday 30 November"))).to_be_visible()
        say(page, "/4action reminders")
        expect(newest(page)).to_contain_text("Once a day, at 09:00, on working days.")
        picture(page, newest(page), "reminders", "wide")
    return demo


@pytest.mark.parametrize("size", ["phone", "wide"])
def test_an_owner_hears_of_what_needs_them(monday: str, size: str) -> None:
    with opened(direct(monday, "owen"), *SIZES[size]) as page:
        told = newest(page)
        expect(told).to_contain_text("5 of your items need you. 3 are overdue and 2 are due, the first in 7 days.")
        expect(told).to_contain_text("At most one message a day")
        picture(page, told, "reminder", size)
        told.get_by_role("button", name="Update CUST26-A7").click()
        form = page.get_by_role("dialog")
        expect(form).to_contain_text("CUST26-A7")
        form.get_by_role("button", name="Cancel").click()
        expect(form).to_be_hidden()


def test_who_went_quiet_says_that_nothing_has_changed(monday: str) -> None:
    with opened(direct(monday, "marcus"), *SIZES["wide"]) as page:
        told = newest(page)
        expect(told).to_contain_text("1 item has had no update for 35 days. Is it still as it was?")
        expect(told).to_contain_text("1 overdue item has come to you.")
        picture(page, told, "quiet", "wide")
        told.get_by_role("button", name="No change to SOC23-R2").click()
        form = page.get_by_role("dialog")
        form.get_by_role("button", name="Save").click()
        expect(form).to_contain_text("Please complete this required field.")
        form.get_by_label("Reason").fill("The regional unit reports in January 2027.")
        picture(page, form, "no-change-form", "wide")
        form.get_by_role("button", name="Save").click()
        expect(form).to_be_hidden()
        expect(newest(page)).to_contain_text("SOC23-R2 stands as it did; that is in the register")


@pytest.mark.parametrize("size", ["phone", "wide"])
def test_the_liaison_and_the_office_hear_of_section_55(monday: str, size: str) -> None:
    with opened(direct(monday, "lia"), *SIZES[size]) as page:
        expect(newest(page)).to_contain_text("7 overdue items have come to you.")
        expect(newest(page)).to_contain_text("3 days left for the comments in public, last day 26 Nov 2026")
        picture(page, newest(page), "liaison", size)
    with opened(direct(monday, "tess"), *SIZES[size]) as page:
        expect(newest(page)).to_contain_text("12 days late for the comments in public")
        picture(page, newest(page), "office", size)


def test_the_dcc_decides_in_the_digest_and_has_seen_it(monday: str) -> None:
    with opened(f"{monday}/#U0RUTH/C0DCC", *SIZES["wide"]) as page:
        digest = page.get_by_role("article").filter(has_text="Weekly digest, 23 November 2026").first
        digest.get_by_role("button", name="Sign off PEEL25-A6").click()
        page.get_by_role("alertdialog").or_(page.get_by_role("dialog")).get_by_role("button", name="Sign off").click()
        expect(digest).to_contain_text("Signed off by DCC Ruth Calder, 23 Nov 2026")
        expect(digest.get_by_role("button", name="Approve", exact=False)).to_be_visible()
        expect(digest.get_by_role("button", name="Sign off PEEL25-A6")).to_have_count(0)
        digest.get_by_role("button", name="Seen").click()
        expect(newest(page)).to_contain_text("You have seen the digest, 23 Nov 2026")
        page.get_by_role("button", name=re.compile(r"\d repl")).first.click()
        thread = page.locator("#panel")
        expect(thread).to_contain_text("PROT26 Trentshire Police: how well children are protected")
        if os.environ.get("LIGHTKEEPER_PICTURES"):
            page.set_viewport_size({"width": 1280, "height": 1500})
        picture(page, thread, "thread", "wide")
