"""The main job in a real browser: command, card, Update with a mistake and then right, Monday's digest.

Its screenshots become the README's: LIGHTKEEPER_PICTURES=1 writes them to docs/pictures.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

HERE = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET: tuple[str, ...] = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
QUIET += ("--disable-component-update", "--disable-sync")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no browser: install Debian's chromium")
PATIENT = 20_000


@pytest.fixture(scope="module")
def demo() -> Iterator[str]:
    """The demo as a newcomer starts it, in a folder of its own, ended by SIGTERM."""
    command = [sys.executable, "-m", "bot", "demo", "--port", "0"]
    process = subprocess.Popen(command, cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    address = ""
    for line in process.stdout:
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        if found:
            address = found.group()
            break
    assert address, "the demo ended before it was open"
    yield address
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=15) == 0
    assert not children_of(process.pid)


def children_of(pid: int) -> list[str]:
    """Processes that outlived the demo; looked for a moment, as ending takes one."""
    deadline = time.monotonic() + 5
    left = ["?"]
    while left and time.monotonic() < deadline:
        listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True)
        left = listed.stdout.split()
    return left


@pytest.fixture
def page(demo: str) -> Iterator[Page]:
    with opened(demo, 1280, 800) as page:
        yield page


@contextmanager
def opened(demo: str, width: int, height: int, *, dark: bool = False, tour: bool = False) -> Iterator[Page]:
    """The page in a window of that size; a fault of its script fails the test."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        context = browser.new_context(
            viewport={"width": width, "height": height},
            device_scale_factor=1.5,
            locale="en-GB",
            timezone_id="Europe/London",
            color_scheme="dark" if dark else "light",
        )
        if not tour:  # it has tests of its own
            context.add_init_script("localStorage.setItem('practice.tour', 'done')")
        page = context.new_page()
        page.set_default_timeout(PATIENT)
        expect.set_options(timeout=PATIENT)  # a busy machine is not a fault of the page
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(demo)
        yield page
        browser.close()
    assert not faults


def picture(page: Page, name: str) -> None:
    if os.environ.get("LIGHTKEEPER_PICTURES"):
        page.mouse.move(1270, 400)
        page.screenshot(path=HERE / "docs" / "pictures" / f"{name}.png", animations="disabled")


def say(page: Page, words: str) -> None:
    field = page.get_by_role("textbox").or_(page.get_by_role("combobox")).last
    field.fill(words)
    field.press("Enter")


def newest(page: Page) -> str:
    return page.get_by_role("article").last.inner_text()


def become(page: Page, name: str) -> None:
    page.get_by_role("button", name=re.compile("You are")).click()
    page.get_by_role("option", name=re.compile(name)).or_(page.get_by_role("menuitem", name=re.compile(name))).or_(
        page.get_by_role("menuitemradio", name=re.compile(name))
    ).first.click()


def test_an_officer_answers_and_mondays_digest_arrives(page: Page) -> None:
    say(page, "/4action")
    expect(page.get_by_role("article").last).to_contain_text("6 open: 2 overdue")
    expect(page.get_by_role("article").last).to_contain_text("CUST26-C1 Cell checks at night")
    picture(page, "card")

    say(page, "/4action overdue kind:afi")
    expect(page.get_by_role("article").last).to_contain_text("Overdue areas for improvement")
    say(page, "/4action list colour:red")
    expect(page.get_by_role("article").last).to_contain_text("There is no filter called colour")

    say(page, "/4action CUST26-C1")
    expect(page.get_by_role("article").last).to_contain_text("Amber because it is due in the next 14 days.")
    page.get_by_role("button", name="Update CUST26-C1").last.click()
    form = page.get_by_role("dialog")
    form.get_by_label("Progress update").fill(
        "New rota from 30 Nov 2026. The night sergeant signs each check until then."
    )
    form.get_by_label("Forecast date").first.fill("2026-11-12")
    form.get_by_role("button", name="Save").click()
    expect(form).to_contain_text("12 Nov 2026 has passed. Choose today, 20 Nov 2026, or later.")
    expect(form.get_by_label("Progress update")).to_have_value(re.compile("New rota"))
    picture(page, "form")

    form.get_by_label("Forecast date").first.fill("2026-11-30")
    form.get_by_role("button", name="Save").click()
    expect(form).to_be_hidden()
    card = page.get_by_role("article").last
    expect(card).to_contain_text("Saved. Your update of CUST26-C1 is in the register, 20 Nov 2026")
    expect(card).to_contain_text("Forecast date: 30 Nov 2026")
    expect(card).to_contain_text("redrawn")
    picture(page, "redrawn")

    say(page, "/4action history CUST26-C1")
    expect(page.get_by_role("article").last).to_contain_text("Supt Owen Hale updated it.")

    page.get_by_role("button", name=re.compile("To Monday")).click()
    page.get_by_role("button", name="See it as DCC Ruth Calder").click()
    digest = page.get_by_role("article").filter(has_text="Weekly digest, 23 November 2026")
    expect(digest).to_be_visible()
    expect(digest).to_contain_text("Overdue: 10, the first five")
    expect(digest).to_contain_text("Accelerated cause of concern. New rota from 30 Nov 2026.")
    expect(digest).to_contain_text("Chain head")
    page.wait_for_timeout(300) if os.environ.get("LIGHTKEEPER_PICTURES") else None
    picture(page, "digest")
    assert digest.count() == 1

    say(page, "/4action reports")
    expect(page.get_by_role("article").last).to_contain_text("section 55 12 days late")
    picture(page, "reports")
    say(page, "/4action report CUST26")
    expect(page.get_by_role("article").last).to_contain_text("3 days left to publish the comments.")
    picture(page, "report")


def test_another_officer_is_refused_and_a_guest_sees_nothing(page: Page) -> None:
    become(page, "Ana Brook")
    page.get_by_role("link", name=re.compile("custody")).or_(
        page.get_by_role("button", name=re.compile("custody"))
    ).first.click()
    say(page, "/4action update CUST26-R2: I will do it")
    expect(page.get_by_role("article").last).to_contain_text("Not saved. CUST26-R2 is Supt Owen Hale's.")
    expect(page.get_by_role("article").last).to_contain_text("I will do it")
    picture(page, "refused")
    become(page, "Sam Idris")
    say(page, "/4action")
    answer = page.get_by_role("article").last
    expect(answer).to_contain_text(
        "Nothing shown. The register is for members of Trentshire Police, and you are a guest."
    )
    assert "CUST26" not in answer.inner_text()


@pytest.mark.parametrize(
    ("name", "width", "height", "dark", "tour"),
    [("tour", 1280, 800, False, True), ("phone", 390, 844, False, False), ("dark", 1280, 800, True, False)],
)
def test_the_first_visit_a_phone_and_the_dark(
    demo: str, name: str, width: int, height: int, dark: bool, tour: bool
) -> None:
    with opened(f"{demo}/#U0OWEN/C0CUSTODY", width, height, dark=dark, tour=tour) as page:
        if tour:
            expect(page.get_by_role("heading", name="Ask what is yours")).to_be_visible()
        else:
            say(page, "/4action")
            expect(page.get_by_role("article").last).to_contain_text("CUST26-C1 Cell checks at night")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (sum(int(n) for n in re.findall(r"\d+", paper)[:3]) < 200) == dark
        picture(page, name)
