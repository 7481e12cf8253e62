"""Lightkeeper in Microsoft's own local client: stories told by its interface, and one in its page in a browser.

LIGHTKEEPER_PICTURES=1 writes the page's pictures to docs/pictures.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect, sync_playwright

from bot import wiring
from bot.wiring import Bot
from practice import playground
from practice.playground import Playground
from practice.signer import Signer
from storage import people
from storage.fields import LONDON
from storage.people import EMAIL, Handle
from tests.browser.test_story import CHROMIUM, PATIENT, QUIET
from tests.conftest import CAST, Clock, as_in_the_demo
from tests.databases import SQLITE, Masters
from tests.teams.client import DCC, PERSONAL, Client, found
from tests.wire.office import FRIDAY, STORY, WORKSPACE, settings

HERE = Path(__file__).resolve().parents[2]
OWEN = "owen.hale@trentshire.example"
PICTURES = HERE / "docs" / "pictures"
DESK: ViewportSize = {"width": 1280, "height": 900}
PHONE = "360px"
AROUND = 460  # of the page, above and below what is said
NARROW = "(card, width) => { card.style.width = width; }"
CARDS = ".ac-preview-panel"


class Quick(Clock):
    """Goes on by a second at each look, so that nobody waits until a place may have its next message."""

    def __call__(self) -> datetime:
        return self.later(seconds=1)


class Practice(NamedTuple):
    """The bot with Teams' door alone, its clock, and Microsoft's client in front of it, which is Owen's."""

    bot: Bot
    clock: Clock
    client: Client

    def monday(self) -> str:
        """The clock goes to the next Monday at 09:00, and the ticker ticks; gives that day."""
        day = self.clock().astimezone(LONDON).date()
        ahead = day + timedelta(days=7 - day.weekday())
        self.clock.set(f"{ahead} 09:00")
        self.bot.tick()
        return f"{ahead.day} {ahead:%B %Y}"


@pytest.fixture(scope="module")
def opened() -> Iterator[tuple[Signer, Playground, int]]:
    """The client and the signer; the bot will be at that port."""
    why = found()
    if why:
        pytest.skip(why)
    port = playground.free_port()
    with ExitStack() as stack:
        signer = stack.enter_context(Signer(f"http://127.0.0.1:{port}/api/messages", playground.APP))
        described = playground.configuration(WORKSPACE, OWEN)
        yield signer, stack.enter_context(Playground(described, signer.url)), port


@pytest.fixture(scope="module")
def practice(
    opened: tuple[Signer, Playground, int], masters: Masters, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Practice]:
    signer, local, port = opened
    register = shutil.copy(masters.of(SQLITE, as_in_the_demo), tmp_path_factory.mktemp("client") / "register.db")
    clock = Quick(FRIDAY.replace("T", " "))
    given = {name.lower(): value for name, value in STORY["settings"].items()}
    given |= {"teams_app_id": playground.APP, "teams_app_secret": "practice", "teams_tenant_id": playground.TENANT}
    given |= {"teams_local": True, "teams_metadata_url": signer.metadata_url, "http_port": port, "dcc_channel": DCC}
    known = settings(**given, database_url=f"sqlite:///{register}", lightkeeper_now=clock())
    bot, app = wiring.build(known, clock, pause=lambda _seconds: None)
    assert bot.teams is not None
    with ExitStack() as stack:
        stack.callback(bot.store.close)
        stack.callback(bot.teams.door.after.shutdown, wait=True)
        stack.callback(wiring.open_line(bot.teams).close)
        stack.callback(wiring.serve(bot, app).close)
        client = stack.enter_context(Client(local.url))
        local.install_bot()
        for place in playground.PLACES:
            client.arrives(place, "I keep the register of inspection findings")
        bot.teams.names.find()  # as every tick does
        name_the_others(bot)
        yield Practice(bot, clock, client)


def name_the_others(bot: Bot) -> None:
    """The client has room for six people: the others get their names here, as from the members of a channel."""
    with bot.store.read() as tx:
        unnamed = {address for _, address in people.unnamed(tx)}
    assert "marcus.frayne@trentshire.example" not in unnamed, "the client told of him"
    with bot.store.write() as tx:
        for address, name, _ in CAST.values():
            if address in unnamed:
                people.keep(tx, [Handle(EMAIL, "", address)], name, bot.clock())


# --- stories ----------------------------------------------------------------------------------------------------------


def test_owen_asks_for_what_he_owns_and_filters_it(practice: Practice) -> None:
    owen = practice.client
    assert "6 open: 2 overdue" in owen.say("mine").text
    assert "Overdue areas for improvement" in owen.say("overdue kind:afi").text
    assert "There is no filter called colour" in owen.say("list colour:red").text


def test_owen_updates_with_a_mistake_and_then_right(practice: Practice) -> None:
    owen = practice.client
    card = owen.say("CUST26-C1")
    form = owen.press(card, "Update", "CUST26-C1")
    wrong = owen.submit(form, note="New rota from 30 Nov 2026.", forecast="2026-11-12")
    assert "12 Nov 2026 has passed." in wrong.text
    assert wrong.inputs()["note"] == "New rota from 30 Nov 2026."
    saved = owen.submit(wrong, forecast="2026-12-30")
    assert "Saved. Your update of CUST26-C1 is in the register" in saved.text
    assert "30 Dec 2026" in owen.edited(card, "Saved.").text
    assert "Supt Owen Hale updated it." in owen.say("history CUST26-C1").text


def test_the_dcc_signs_off_in_a_channel_and_owen_may_not(practice: Practice) -> None:
    client = practice.client
    refused = client.say("sign off STALK25-R2", DCC)
    assert "Not signed off." in refused.text
    asked = client.press(client.say("STALK25-R2", DCC, as_="ruth"), "Sign off", "STALK25-R2", as_="ruth")
    assert "Sign off STALK25-R2?" in asked.text
    done = client.press(asked, "Sign off", "STALK25-R2", as_="ruth")
    assert "Signed off" in done.text and "STALK25-R2" in done.text
    assert "complete" in client.say("STALK25-R2").text.lower()


# --- in the page ------------------------------------------------------------------------------------------------------


class Owen:
    """Owen at the client's page, its log hidden."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def goes_to(self, place: str) -> None:
        self.page.get_by_role("treeitem", name=place).click()

    def types(self, words: str) -> None:
        self.page.get_by_role("textbox").last.click()
        self.page.keyboard.type(words)
        self.page.keyboard.press("Enter")

    def forecasts(self, day: str) -> None:
        """Types it in the form and saves; the client would read a day in figures as in America."""
        field = self.newest.get_by_role("combobox", name="Forecast date")
        field.fill(day)
        field.press("Tab")
        self.newest.get_by_role("button", name="Save").click()

    @property
    def newest(self) -> Locator:
        return self.page.locator(CARDS).last

    def sees(self, words: str) -> None:
        expect(self.newest).to_contain_text(words)

    def pictures(self, name: str, card: Locator | None = None) -> None:
        """The page, and a card, if not the newest, as wide as on a phone: the page itself is never so narrow."""
        shown = card or self.newest
        self.picture(name, card)
        if os.environ.get("LIGHTKEEPER_PICTURES"):
            shown.evaluate(NARROW, PHONE)
            self.page.set_viewport_size({**DESK, "height": 3200})  # what is scrolled away would stay white
            shown.screenshot(path=PICTURES / f"teams-{name}-phone.png", animations="disabled")
            self.page.set_viewport_size(DESK)
            shown.evaluate(NARROW, "")

    def picture(self, name: str, card: Locator | None = None) -> None:
        """The page alone, so high that all of a card stands in it."""
        if os.environ.get("LIGHTKEEPER_PICTURES"):
            self.hides_the_log()
            self.page.mouse.move(1270, 400)
            high = card.evaluate("card => card.scrollHeight") + AROUND if card else 0
            self.page.set_viewport_size({**DESK, "height": max(DESK["height"], high)})
            self.page.screenshot(path=PICTURES / f"teams-{name}-wide.png", animations="disabled")
            self.page.set_viewport_size(DESK)

    def hides_the_log(self) -> None:
        """A press of somebody else's opens it."""
        hide = self.page.get_by_role("button", name="Hide log panel")
        if hide.is_visible():
            hide.click()


@pytest.fixture
def owen(practice: Practice) -> Iterator[Owen]:
    if CHROMIUM is None:
        pytest.skip("no browser: install Debian's chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, "--no-proxy-server"])
        context = browser.new_context(viewport=DESK, device_scale_factor=1.5, locale="en-GB", timezone_id="UTC")
        page = context.new_page()
        page.set_default_timeout(PATIENT)
        expect.set_options(timeout=PATIENT)
        page.goto(practice.client.url)
        expect(page.get_by_role("treeitem", name="Personal Chat")).to_be_visible()
        yield Owen(page)
        browser.close()


def test_owen_at_the_page_from_mine_to_mondays_digest_and_reminder(practice: Practice, owen: Owen) -> None:
    owen.types("mine")
    owen.sees("Type a reference for its card")
    owen.pictures("mine")

    owen.types("overdue kind:afi")
    owen.sees("Overdue areas for improvement")
    owen.pictures("filter")
    owen.types("mine")
    owen.sees("Type a reference for its card")

    update = owen.newest.get_by_role("button", name="Update")
    update.nth(3).click()
    owen.newest.get_by_label("Progress update").fill("Both cells are out of use until the work is done.")
    owen.forecasts("12 November 2026")
    owen.sees("12 Nov 2026 has passed.")
    expect(owen.newest.get_by_label("Progress update")).to_have_value(
        "Both cells are out of use until the work is done."
    )
    owen.pictures("form")
    owen.forecasts("11 December 2027")
    owen.sees("Saved. Your update of CUST26-A7 is in the register")
    owen.pictures("saved")

    owen.goes_to("dcc-weekly")
    day = practice.monday()
    posted = owen.page.locator(CARDS).filter(has_text=f"Weekly digest, {day}")
    expect(posted).to_be_visible()
    owen.pictures("digest", posted)

    digest = practice.client.arrives(DCC, f"Weekly digest, {day}")
    asked = practice.client.press(digest, "Sign off", "PEEL25-A6", as_="ruth")
    practice.client.press(asked, "Sign off", "PEEL25-A6", as_="ruth")
    expect(posted).to_contain_text("Signed off by DCC Ruth Calder")
    posted.get_by_text("Signed off by").scroll_into_view_if_needed()
    owen.picture("signed-off")

    owen.goes_to("Personal Chat")
    owen.sees("of your items need you.")
    owen.pictures("reminder")


def test_mondays_digest_comes_to_the_channel_and_a_reminder_to_the_chat(practice: Practice) -> None:
    client = practice.client
    before = len(client.messages(PERSONAL))
    day = practice.monday()
    digest = client.arrives(DCC, f"Weekly digest, {day}")
    assert "Overdue" in digest.text
    assert "of your items need you." in client.arrives(PERSONAL, "need you", before).text
    practice.bot.tick()
    assert len([one for one in client.messages(DCC) if f"Weekly digest, {day}" in one.text]) == 1


# --- beside the practice workspace ------------------------------------------------------------------------------------


@pytest.fixture
def demo() -> Iterator[tuple[str, str]]:
    """The addresses of the practice workspace and of the client, as a newcomer starts them; ended by SIGTERM."""
    why = found()
    if why:
        pytest.skip(why)
    command = [sys.executable, "-m", "bot", "demo", "--teams", "--port", "0"]
    process = subprocess.Popen(command, cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    told = [next(process.stdout, "") for _ in range(4)]
    addresses = re.findall(r"http://127\.0\.0\.1:\d+", "".join(told))
    assert len(addresses) == 2, told
    yield addresses[0], addresses[1]
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=15) == 0
    for address in addresses:
        with socket.socket() as line:
            assert line.connect_ex(("127.0.0.1", int(address.rpartition(":")[2]))) != 0


def test_both_chats_stand_on_one_register_and_the_practice_clock_moves_both(demo: tuple[str, str]) -> None:
    workspace, at = demo

    def practice(path: str, **asked: str) -> str:
        body = json.dumps(asked).encode() if asked else None
        request = urllib.request.Request(f"{workspace}/practice/{path}", body, {"Content-Type": "application/json"})
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
            return str(answer.read().decode())

    with Client(at) as client:
        client.say("update CUST26-A7: Both cells are out of use.", until="Saved.")
        practice("say", person="U0LIA", channel="C0CUSTODY", text="/4action CUST26-A7")
        assert "Both cells are out of use." in practice("state?person=U0LIA")
        practice("clock", move="monday")
        client.arrives(DCC, "Weekly digest, 23 November 2026", within=20)


# --- how it is run ----------------------------------------------------------------------------------------------------


def test_the_client_is_open_to_this_machine_alone(opened: tuple[Signer, Playground, int]) -> None:
    """By itself it listens on every interface, and its page fetches fonts and a script."""
    _, local, _ = opened
    port = int(local.url.rpartition(":")[2])
    for other in ("127.0.0.2", "::1"):  # of this machine too, and answered by who listens on every interface
        with socket.socket(socket.AF_INET6 if ":" in other else socket.AF_INET) as line:
            assert line.connect_ex((other, port)) != 0
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(local.url) as page:
        assert page.headers["Content-Security-Policy"].startswith("default-src 'self'")


def test_one_version_is_installed_by_its_hash_and_from_wherever_npm_is_told_to() -> None:
    lock = json.loads((playground.HERE / "package-lock.json").read_text(encoding="utf-8"))
    (_, package) = lock["packages"].values()
    assert package["version"] == "0.2.28" and package["integrity"].startswith("sha512-")
    assert "resolved" not in package


def test_without_node_the_demo_says_in_one_sentence_which_it_needs(tmp_path: Path) -> None:
    env = {**os.environ, "PATH": str(tmp_path)}
    command = [sys.executable, "-m", "bot", "demo", "--teams"]
    done = subprocess.run(command, cwd=HERE, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "needs Node.js 18 or newer with npm, and this machine has none." in done.stderr


def test_a_node_that_is_too_old_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "node").write_text("#!/bin/sh\necho v16.20.2\n")
    (tmp_path / "node").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(playground.Unavailable, match=r"this machine has Node.js 16\.20\.2\."):
        playground.node()


def test_a_node_without_npm_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "node").write_text("#!/bin/sh\necho v20.1.0\n")
    (tmp_path / "node").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(playground.Unavailable, match="this machine has no npm"):
        playground.node()
