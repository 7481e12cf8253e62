"""Campaign C5: generated items, hostile ones too, through every view of both chats; no limit broken, nothing live.

LIGHTKEEPER_ITEMS sets how many items (2,000 in a test run on SQLite, 300 on PostgreSQL); seed and counts are printed.
"""

import json
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from handlers import commands
from handlers.card import Card, shown_in
from handlers.digests import weekly
from handlers.slack import draw
from handlers.teams import draw as teams
from storage import digests, figures, imports, questions
from storage.questions import Filters, Reader
from storage.rows import COLUMNS, FileRow
from storage.rules import lifecycle
from storage.store import Store, open_store
from tests.conftest import LIMITS, SLASH, Clock, Town, actor, empty, enrol, person
from tests.databases import Database
from tests.teams.limits import faults_of_card
from tests.teams.limits import faults_of_message as faults_in_teams
from tests.wire.limits import faults_of_message, faults_of_view

SEED = 20261123
PIECES = (
    "<!channel>",
    "<@U0OWEN>",
    "<https://evil.example|click here>",
    "*bold*",
    "_under_",
    "~gone~",
    "`code`",
    "```pre```",
    "> quote",
    ":rotating_light:",
    "@here",
    "#general",
    "&amp;",
    "&",
    "<",
    "🚨" * 3,
    "a\u0301\u0323" * 4,
    "\u202eevil",
    "\u200b\u200d",
    "=1+1",
    "-",
    "x" * 90,
    "custody",
    "the night rota",
    "of the review",
    "in two older cells",
    "line\nbreak",
    "https://intranet.example/a?b=c&d=e",
    "{{DATE(2026-11-23T09:00:00Z,SHORT)}}",
    "{{{{TIME(",
    "<at>Chief Constable</at>",
    "<img src=x onerror=alert(1)>",
    "[press](javascript:alert(1))",
    "![x](https://evil.example/x.png)",
    "javascript:alert(1)",
    "\u05e9\u05dc\u05d5\u05dd",
    '"\\"',
)


def words(dice: random.Random, most: int) -> str:
    text = ""
    while len(text) < dice.randint(1, most):
        text += dice.choice(PIECES) + " "
    return text[:most].strip() or "plain"


def rows(dice: random.Random, many: int) -> Iterator[FileRow]:
    parents: list[str] = []
    for number in range(many):
        code = f"R{number % 40}"
        reference = f"{code}-{dice.choice('CRA')}{number}" if number % 50 else f"{code}-{'9' * 20}{number:04d}"
        status = dice.choice(sorted(lifecycle.STATUSES))
        cells = dict.fromkeys(COLUMNS, "") | {
            "reference": reference,
            "report_code": code,
            "report_title": f"Report {code} <!channel> & more",
            "published_on": f"2026-0{1 + number % 40 % 9}-11",
            "source": "HMICFRS",
            "kind": dice.choice(sorted(lifecycle.KINDS)),
            "title": words(dice, 200),
            "text": words(dice, dice.choice((40, 400, 5000, 29_000 if number % 100 == 0 else 900))),
            "deadline_wording": words(dice, 200),
            "target_date": f"2026-{dice.randint(9, 12):02d}-{dice.randint(1, 28):02d}" if dice.random() < 0.8 else "",
            "action_owner": dice.choice(("owen.hale@trentshire.example", "ana.brook@trentshire.example", "")),
            "status": status,
            "scope": dice.choice(("force", "national")),
            "marking": dice.choice(("OFFICIAL",) * 4 + ("OFFICIAL-SENSITIVE",)),
            "off_track": words(dice, 280).replace("\n", " ") if dice.random() < 0.1 else "",
            "waiting_on": words(dice, 120).replace("\n", " ") if dice.random() < 0.1 else "",
            "board": words(dice, 60).replace("\n", " "),
            "parent_reference": dice.choice(parents) if parents and dice.random() < 0.3 else "",
        }
        del cells["version"]
        parents.append(reference)
        yield FileRow(number + 2, cells)


def many_of(url: str) -> int:
    """Drawing hangs on no database: on PostgreSQL it is enough to see that it comes to the same."""
    return int(os.environ.get("LIGHTKEEPER_ITEMS", "2000" if url.startswith("sqlite") else "300"))


def with_many_items(url: str) -> None:
    """Generated items of every shape, brought in at once."""
    empty(url)
    store = open_store(url, Clock("2026-10-05 09:00"))
    for who in ("owen", "ana", "lia", "ruth"):
        enrol(store, who)
    made = list(rows(random.Random(SEED), many_of(url)))
    found = imports.apply(store, actor(store, "lia"), made, source="many.csv")
    assert found.errors == []
    store.close()


@pytest.fixture
def town(database: Database) -> Iterator[Town]:
    clock = Clock("2026-11-20 16:40")
    store = open_store(database.copy(with_many_items), clock)
    yield Town(store, clock)
    store.close()


def references(store: Store) -> list[str]:
    with store.read() as tx:
        reader = Reader(person(store, "ruth"), Clock("2026-11-20 16:40")().date(), LIMITS)
        page = questions.listed(tx, Filters(everything=True), reader, size=100_000)
    return [row.reference for row in page.rows]


class Drawn(NamedTuple):
    """An answer as each chat gets it: a message, or a form."""

    slack: dict[str, Any]
    teams: dict[str, Any]


def drawn(town: Town, said: str, who: str = "ruth") -> Drawn:
    card = commands.answer(town.desk, town.ask(said, who, forms=True))
    if card.form is None:
        return both(card, said)
    return Drawn(
        draw.view(card.form, "n1", {"url": "https://x.example"}), teams.form(card.form, "n1", {}, {}, {}, said)
    )


def both(card: Card, said: str = "") -> Drawn:
    return Drawn(draw.message(card, said), teams.message(card, said, "0123456789ab"))


def faults(found: Drawn) -> list[str]:
    if found.slack.get("type") == "modal":
        return faults_of_view(found.slack) + faults_of_card(found.teams)
    return faults_of_message(found.slack) + faults_in_teams(found.teams)


def digest_card(town: Town, *, cleared: bool) -> Card:
    with town.store.read() as tx:
        window = digests.window(tx, None, town.clock(), 10**9)
        counted = figures.count(tx, window, LIMITS)
    return shown_in(weekly.card(counted, LIMITS, SLASH), cleared=cleared)


def campaign(town: Town) -> tuple[Counter[str], list[str]]:
    """Every view of every item, and every list to its last page: what was drawn, and what is wrong with it."""
    tally: Counter[str] = Counter()
    wrong: list[str] = []

    def look(kind: str, said: str, found: Drawn) -> None:
        tally[kind] += 1
        wrong.extend(f"{said}: {fault}" for fault in faults(found))

    every = references(town.store)
    for reference in every:
        look("card", reference, drawn(town, reference))
    for reference in every[::4]:
        look("history", reference, drawn(town, f"history {reference}"))
        look("form", reference, drawn(town, f"update {reference}", "lia"))
        look("sign-off form", reference, drawn(town, f"complete {reference}", "lia"))
        look("whole text", reference, drawn(town, f"show {reference}: text 2"))
    wrong += pages(town, "list sort:reference", look)
    wrong += pages(town, "find custody", look)
    for said in (
        "",
        "overdue",
        "mine",
        "reports",
        "report R3",
        "pending",
        "help",
        "help filters",
        "who am I",
        "digest",
    ):
        for who in ("owen", "ruth"):
            look("answer", said, drawn(town, said, who))
    for cleared in (True, False):
        look("digest", "digest", both(digest_card(town, cleared=cleared)))
    return tally, wrong


def pages(town: Town, said: str, look: Any) -> list[str]:
    """Every page of a list; what is wrong when a reference is dropped or comes twice."""
    with town.store.read() as tx:
        reader = Reader(person(town.store, "ruth"), town.clock().date(), LIMITS)
        filters = Filters(words=("custody",), everything=True) if said.startswith("find") else Filters()
        wanted = [row.reference for row in questions.listed(tx, filters, reader, size=100_000).rows]
    seen: list[str] = []
    for page in range(1, -(-len(wanted) // 10) + 1):
        found = drawn(town, f"{said} page:{page}")
        look("page", f"{said} page:{page}", found)
        seen += [b["accessory"]["value"].split()[-1] for b in found.slack["blocks"] if b.get("accessory")]
        pressed = [part["selectAction"] for part in found.teams["card"]["body"] if "selectAction" in part]
        assert [act["data"]["say"].split()[-1] for act in pressed] == seen[-len(pressed) :]
    return [] if sorted(seen) == sorted(wanted) else [f"{said}: {len(seen)} rows shown of {len(wanted)}"]


def test_nothing_breaks_a_limit_is_dropped_or_comes_alive(town: Town) -> None:
    began = time.monotonic()
    tally, wrong = campaign(town)
    told = ", ".join(f"{count} {kind}" for kind, count in sorted(tally.items()))
    many = many_of(town.store.url)
    print(f"\nC5 seed {SEED}: {many} items; {told}; {len(wrong)} faults; {time.monotonic() - began:.1f} s")
    assert tally["card"] == many
    assert wrong == []


def test_a_digest_in_a_channel_that_is_not_cleared_says_nothing_of_a_sensitive_item(town: Town) -> None:
    said = json.dumps(draw.message(digest_card(town, cleared=False)), ensure_ascii=False)
    whole = json.dumps(draw.message(digest_card(town, cleared=True)), ensure_ascii=False)
    with town.store.read() as tx:
        counted = figures.count(tx, digests.window(tx, None, town.clock(), 10**9), LIMITS)
    shown = [late.item for late in counted.overdue[:5] if late.item.marking != "OFFICIAL"]
    shown += [one.item for one in counted.pending[:3] if one.item.marking != "OFFICIAL"]
    assert shown, "the seed puts no sensitive item in the digest"
    for item in shown:
        title = weekly._title(item).text
        assert item.reference in said
        assert json.dumps(title, ensure_ascii=False)[1:-1] not in said or title not in whole
    assert "Not shown: OFFICIAL-SENSITIVE" in said


@pytest.mark.parametrize("guard", ["escaped", "cut", "every page"])
def test_the_campaign_finds_the_product_without_a_guard(
    town: Town, guard: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broken variants: words no longer escaped, no longer cut, and a page that skips a row."""
    if guard == "escaped":
        monkeypatch.setattr(draw, "escaped", lambda text, most: text[:most])
    elif guard == "cut":
        monkeypatch.setattr(draw, "_cut", lambda text, most: text)
        monkeypatch.setattr(draw, "escaped", lambda text, most: text.replace("<", "&lt;"))
    else:
        monkeypatch.setattr(questions, "PAGE", 9)
        monkeypatch.setattr(questions.listed, "__kwdefaults__", {"page": 1, "size": 9})
    wrong: list[str] = []

    def look(kind: str, said: str, found: Drawn) -> None:
        wrong.extend(faults_of_message(found.slack))

    wrong += pages(town, "find custody", look)
    for reference in references(town.store)[:60]:
        look("card", reference, drawn(town, reference))
    assert wrong
