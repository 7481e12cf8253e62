"""A past digest read again: the very bytes that were kept, for the DCC and the liaison, until its words are erased."""

import json
import multiprocessing.spawn
from typing import Any

import pytest

from bot import apart, scheduler, wiring
from bot.scheduler import Digests, run_due
from handlers.ask import Ask
from handlers.card import shown_in
from handlers.commands import answer
from handlers.slack import draw
from storage import digests, record
from storage.digests import Kept
from storage.store import Store
from tests.bot.terminal import Terminal
from tests.conftest import Say, Town, actor, person
from tests.databases import reading
from tests.storage.registers import row, take
from tests.wire.office import settings

Block = dict[str, Any]
ASKED = (
    ("owen", "complete CUST26-R2: All teams trained https://intranet.trentshire.example/audit"),
    ("lia", "verify CUST26-R2: I have seen the audit"),
    ("owen", "extend CUST26-A5 in 8 weeks: The trainers are booked until then"),
)


@pytest.fixture
def sent(trentshire: Town) -> Digests:
    """Monday's digest, with something to sign off and to approve, and the life that went on until the Thursday."""
    clock = trentshire.clock
    clock.set("2026-11-20 16:40")
    for who, words in ASKED:
        assert answer(trentshire.desk, trentshire.ask(words, who)).saved, words
    digests.set_up(trentshire.store, "slack", "C0DCC", "mon", "09:00")
    due = wiring.digest_work(trentshire.store, settings())._replace(cleared=lambda chat, place: False)
    assert run_due(due, clock.set("2026-11-23 09:00")) == 1
    clock.set("2026-11-26 10:00")
    take(trentshire.store, row("LAMP26-R1", target_date="2026-11-01"), row("LAMP26-R2"))
    for reference in {*told_of(kept(trentshire.store)), "CUST26-R2", "CUST26-A5"}:
        record.edit(trentshire.store, actor(trentshire.store, "lia"), reference, None, "title", "Another", "reworded")
    return due


def told_of(digest: Kept) -> list[str]:
    """Every item that has a row or a bullet of its own in it."""
    figures = json.loads(digest.figures)
    return [*figures["pending"], *(one["reference"] for one in figures["overdue"][:5])]


def kept(store: Store) -> Kept:
    with store.read() as tx:
        schedule = digests.weekly(tx)
        found = digests.kept(tx, schedule.id, store.clock()) if schedule else None
    assert found is not None
    return found


def erase(store: Store) -> None:
    """What a purge leaves of a message: its key and when it was sent, no words."""
    with store.write() as tx:
        tx.exec_driver_sql("UPDATE outgoing_message SET payload = ''")


def in_chat(town: Town, words: str, who: str) -> dict[str, Any]:
    ask = Ask(words, person(town.store, who), town.clock(), place="slack C0DCC", forms=True)
    return draw.message(answer(town.desk, ask))


def unseen_changes(blocks: list[Block]) -> list[Block]:
    return [block for block in blocks if block["type"] != "data_visualization"]


@pytest.mark.parametrize("who", ["ruth", "lia"])
@pytest.mark.parametrize("words", ["digest 23 Nov 2026", "digest 2026-11-25"])
def test_in_chat_it_is_block_for_block_what_was_kept(trentshire: Town, sent: Digests, who: str, words: str) -> None:
    told, was = in_chat(trentshire, words, who), json.loads(kept(trentshire.store).payload)
    assert told["text"] == was["text"]
    assert json.dumps(told["blocks"]) == json.dumps(unseen_changes(was["blocks"]))
    assert "LAMP26" not in json.dumps(told)  # what came later is not in it


def test_now_is_another_one(trentshire: Town, sent: Digests, say: Say) -> None:
    assert "63 open, 2 more than" in say("digest", "ruth") and "63 open" not in say("digest 23 Nov 2026", "ruth")


def test_counted_and_drawn_anew_it_has_the_very_bytes_that_were_kept(trentshire: Town, sent: Digests) -> None:
    was = kept(trentshire.store)
    with trentshire.store.read() as tx:
        schedule = digests.weekly(tx)
    assert schedule is not None
    _, cards = scheduler.drawn(sent, schedule, was.run, cleared=False)
    drawn = [sent.drawings["slack"].payload(shown_in(card, cleared=False)) for card in cards]
    with reading(trentshire.store.url) as other:
        rows = other.execute("SELECT payload FROM outgoing_message WHERE key LIKE 'digest:%' ORDER BY id").fetchall()
    assert drawn == [payload for (payload,) in rows]
    assert drawn[0] == was.payload
    assert '"sign off CUST26-R2 v' in was.payload and '"approve CUST26-A5 v' in was.payload


def test_a_process_of_its_own_writes_the_very_same(trentshire: Town, sent: Digests) -> None:
    was = kept(trentshire.store)
    with trentshire.store.read() as tx:
        schedule = digests.weekly(tx)
    assert schedule is not None
    here = scheduler.written(sent, schedule, was.run, None, cleared=False)
    assert apart.written(sent, schedule, was.run, None, cleared=False) == here
    assert (here.first, list(here.parts)) == (was.payload, list(was.parts))


def test_where_no_process_can_be_had_the_bot_writes_it_itself(
    trentshire: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    trentshire.clock.set("2026-11-20 16:40")
    digests.set_up(trentshire.store, "slack", "C0DCC", "mon", "09:00")
    due = wiring.digest_work(trentshire.store, settings())._replace(cleared=lambda chat, place: False, apart=True)
    monkeypatch.setattr(apart, "LARGE", 10)
    monkeypatch.setattr(multiprocessing.spawn, "_python_exe", b"/nowhere")
    assert run_due(due, trentshire.clock.set("2026-11-23 09:01")) == 1
    assert "61 open" in kept(trentshire.store).payload


@pytest.mark.parametrize(
    ("words", "who", "why"),
    [
        ("digest 23 Nov 2026", "owen", "Only the DCC or the liaison can see earlier digests."),
        ("digest 23 Nov 2026", "marcus", "Only the DCC or the liaison can see earlier digests."),
        ("digest 22 Nov 2026", "ruth", "No digest was written by 22 Nov 2026."),
        ("digest 30 Nov 2026", "ruth", "30 Nov 2026 has not come yet."),
        ("digest at dawn", "ruth", "Nothing shown."),
    ],
)
def test_what_there_is_none_of_is_said(sent: Digests, say: Say, words: str, who: str, why: str) -> None:
    said = say(words, who)
    assert said.startswith("Nothing shown.") and why in said, said


def test_once_its_words_are_erased_it_says_so(trentshire: Town, sent: Digests, say: Say) -> None:
    erase(trentshire.store)
    said = say("digest 23 Nov 2026", "ruth")
    assert said.startswith("Nothing shown. The words of the digest of 23 Nov 2026 have been erased;")


def test_at_the_terminal_it_is_what_was_kept_too(trentshire: Town, sent: Digests, terminal: Terminal) -> None:
    terminal.register(trentshire.store.url, "2026-11-26T10:00:00")
    was = kept(trentshire.store)
    told = terminal("digest", "--preview", "--as-at", "2026-11-23")
    texts = [json.loads(payload)["text"] for payload in (was.payload, *was.parts)]
    text = "\n\n".join(texts).replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">")
    assert (told.status, told.out) == (0, text + "\n")
    assert len(was.parts) == 1 and "PEEL25" in texts[1]  # report by report, as in its thread
    figures = terminal("digest", "--preview", "--json", "--as-at", "2026-11-25")
    assert figures.json == json.loads(was.figures)
    erase(trentshire.store)
    gone = terminal("digest", "--preview", "--as-at", "2026-11-23")
    assert (gone.status, gone.out) == (1, "")
    assert gone.err == "The digest 2026-W48 was sent, and its words have been erased since.\n"


def test_a_week_that_was_missed_is_counted_anew(trentshire: Town, sent: Digests, terminal: Terminal) -> None:
    terminal.register(trentshire.store.url, "2026-12-02T10:00:00")
    told = terminal("digest", "--preview", "--json", "--as-at", "2026-12-01")
    assert told.json["period"] == "2026-W49" and told.json["by_import"] == ["LAMP26-R1", "LAMP26-R2"]
