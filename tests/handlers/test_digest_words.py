"""Digests switched on and off in chat, and that somebody has seen one: by whom, in which words, and on record."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot import scheduler, wiring
from handlers import commands
from handlers.text import draw
from storage import boards, digests, outbox, reminders, verify
from storage.digests import Schedule
from storage.tables import HISTORY
from tests.conftest import Say, Town
from tests.wire.office import settings


def every(town: Town) -> list[Schedule]:
    with town.store.read() as tx:
        return digests.every(tx)


def acts(town: Town) -> list[str]:
    with town.store.read() as tx:
        return [act for act in tx.execute(select(HISTORY.c.act).order_by(HISTORY.c.seq)).scalars() if act != "register"]


def whole(town: Town) -> bool:
    return verify.verify(town.store)[0] == []


def test_digest_here_counts_before_the_settings(trentshire: Town, say: Say) -> None:
    given = settings(database_url=trentshire.store.url, dcc_channel="C0DCC")
    wiring.set_up_digest(trentshire.store, given)
    said = say("digest here", "ruth", place="slack C0BOARD")
    assert said.startswith("Changed. The DCC's digest comes to this channel each Monday at 09:00, next on 30 Nov 2026.")
    wiring.set_up_digest(trentshire.store, settings(dcc_channel="C0DCC", digest_time="10:00"))
    assert [(d.place, d.time) for d in every(trentshire)] == [("C0BOARD", "10:00")]
    assert "comes here already" in say("digest here", "lia", place="slack C0BOARD")
    assert acts(trentshire)[-1] == "digest here" and whole(trentshire)


def test_a_digest_that_could_not_be_delivered_comes_to_the_new_channel(sent: Town, say: Say) -> None:
    message = outbox.claim(sent.store, sent.clock(), timedelta(minutes=2))
    assert message and message.key == "digest:weekly:2026-W49"
    outbox.settle(sent.store, message, outbox.BLOCKED, trouble="The channel is archived.")
    say("digest here", "ruth", place="slack C0NEW")
    work = wiring.digest_work(sent.store, settings())._replace(cleared=lambda chat, place: False)
    assert scheduler.run_due(work, sent.clock()) == 1  # written anew, for those who read there
    again = outbox.claim(sent.store, sent.clock(), timedelta(minutes=2))
    assert again and (again.key, again.place) == ("digest:weekly:2026-W49", "C0NEW")


@pytest.mark.parametrize("place", ["terminal", "slack D0RUTH"])
def test_digest_here_needs_a_channel(say: Say, place: str) -> None:
    assert say("digest here", "ruth", place=place) == (
        "Not changed. Say it in the channel that the DCC's digest is to come to."
    )


def test_without_a_setting_digest_here_begins_it(trentshire: Town, say: Say) -> None:
    assert every(trentshire) == []
    desk = trentshire.desk._replace(digest_at=("fri", "16:00"))
    said = commands.answer(desk, trentshire.ask("digest here", "lia", place="slack C0DCC"))
    assert "each Friday at 16:00" in draw.said(said)
    wiring.set_up_digest(trentshire.store, settings(dcc_channel="", digest_day="tue"))
    assert [(d.name, d.place, d.day) for d in every(trentshire)] == [("weekly", "C0DCC", "tue")]


def test_a_board_a_lead_and_the_liaison_get_theirs_and_lose_it_again(trentshire: Town, say: Say) -> None:
    added = say('digest add #C0CYBER board:"Cyber Board" thu 14:00', "lia")
    assert added.startswith(
        'Added. #C0CYBER gets a digest of board:"Cyber Board" each Thursday at 14:00, first on 26 Nov'
    )
    assert say("digest add @marcus.frayne@trentshire.example tuesday", "lia") == (
        "Added. ACC Marcus Frayne gets their portfolio each Tuesday, with their message of the day."
    )
    assert "Lia Penrose gets the liaison's list each working day" in say("digest add morning", "lia")
    listed = say("digest list", "ruth")
    assert "3 digests." in listed and 'board-1 board:"Cyber Board": #C0CYBER, each Thursday at 14:00' in listed
    assert say("digest remove board-1", "lia") == 'Removed. board-1 comes no more: board:"Cyber Board".'
    assert [d.name for d in every(trentshire)] == ["lead-1", "morning-1"]
    say('digest add #C0CYBER board:"Cyber Board" thu 14:00', "lia")
    assert every(trentshire)[-1].name == "board-2"  # no name is used again
    assert acts(trentshire)[-5:] == [*["digest add"] * 3, "digest remove", "digest add"]
    assert whole(trentshire)


def test_the_same_request_again_adds_one_digest(trentshire: Town, say: Say) -> None:
    first = say("digest add morning", "lia", key="once")
    assert say("digest add morning", "lia", key="once") == first
    assert len(every(trentshire)) == 1 and whole(trentshire)
    assert "That digest is on already." in say("digest add morning", "lia", key="twice")


@pytest.mark.parametrize(("platform", "place"), [("slack", "C0CYBER"), ("teams", "19:cyber@thread.tacv2")])
def test_said_in_the_channel_itself_it_is_that_one(trentshire: Town, say: Say, platform: str, place: str) -> None:
    said = say('digest add here board:"Cyber Board" thu 14:00', "lia", place=f"{platform} {place}")
    assert said.startswith(f'Added. #{place} gets a digest of board:"Cyber Board" each Thursday at 14:00')
    (kept,) = every(trentshire)
    assert (kept.platform, kept.place, kept.name) == (platform, place, "board-1")
    assert whole(trentshire)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("digest add", "Say to whom"),
        ("digest add here board:cyber", "Say it in the channel that the digest is to come to."),
        ("digest add #C0CYBER", "Say what it is about"),
        ("digest add #cyber-board board:cyber", "Choose the channel from the list"),
        ("digest add #C0CYBER rag:red", "narrowed by what lasts"),
        ("digest add #C0CYBER owner:me", "narrowed by what lasts"),
        ("digest add #C0CYBER custody", "narrowed by what lasts"),
        ("digest add #C0CYBER colour:red", "There is no filter called colour."),
        ("digest add #C0CYBER board:cyber sat", "on a working day"),
        ("digest add #C0CYBER board:cyber mon 07:30", "from 08:00 to 17:59"),
        ("digest add #C0CYBER board:cyber mon 12:75", "from 08:00 to 17:59"),
        ("digest add dana.whitlock@trentshire.example mon", "neither a strategic lead nor the liaison"),
        ("digest add marcus.frayne@trentshire.example 14:00", "at the time they chose"),
        ("digest add nobody@trentshire.example", "knows nobody by nobody@trentshire.example"),
        ("digest remove weekly", "The DCC's digest stays"),
        ("digest remove board-7", "There is no digest board-7"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_done(trentshire: Town, say: Say, words: str, why: str) -> None:
    said = say(words, "lia")
    assert said.startswith("Not ") and why in said, said
    assert every(trentshire) == []


@pytest.mark.parametrize("who", ["owen", "marcus", "ruth", "tess"])
@pytest.mark.parametrize("words", ["digest add morning", "digest remove board-1"])
def test_only_the_liaison_switches_digests(trentshire: Town, say: Say, who: str, words: str) -> None:
    assert "Only the liaison can do that: ask Lia Penrose." in say(words, who)
    assert acts(trentshire)[-1] == "refused" and every(trentshire) == []


def test_others_neither_move_the_digest_nor_list_digests(say: Say) -> None:
    assert "Only the DCC or the liaison can do that" in say("digest here", "owen", place="slack C0CUSTODY")
    assert "kept by the DCC or the liaison: ask Lia Penrose" in say("digest list", "owen")


def test_a_filter_is_kept_as_it_was_meant(trentshire: Town, say: Say) -> None:
    say('digest add #C0CYBER board:"Cyber Board" kind:afi', "lia")
    kept = every(trentshire)[0].filter
    assert json.loads(kept)["kinds"] == ["area_for_improvement"]
    words, filters = boards.kept(kept)
    assert words == 'board:"Cyber Board" kind:afi' and filters.boards[0].name == "Cyber Board"


# --- seen -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def sent(trentshire: Town) -> Town:
    """Two digests that were sent, of Monday a week ago and of today, and one that was not."""
    store, clock = trentshire
    clock.set("2026-11-14 09:00")
    weekly = digests.set_up(store, "slack", "C0DCC", "mon", "09:00")
    for number, (period, day) in enumerate((("2026-W47", 16), ("2026-W48", 23), ("2026-W49", 30))):
        due = clock.set(f"2026-11-{day} 09:00")
        digests.claim(store, weekly, period, due)
        with store.read() as tx:
            run = next(run for run in digests.unwritten(tx) if run.period == period)
        assert digests.write_down(store, run, weekly, f"digest:weekly:{period}", "{}", {})
        if number < 2:
            message = outbox.claim(store, due, timedelta(minutes=2))
            assert message and outbox.settle(store, message, outbox.SENT, posted_ts="1", at=due)
    clock.set("2026-11-30 09:05")
    return trentshire


def seen_by(town: Town, period: str) -> list[str]:
    with town.store.read() as tx:
        weekly = digests.weekly(tx)
        run = digests.sent_run(tx, weekly.id, period) if weekly else None
        return [one.who for one in digests.seen_by(tx, run.id, town.clock())] if run else []


def test_seen_is_of_the_latest_that_was_sent_and_said_once_by_each(sent: Town, say: Say) -> None:
    said = say("seen", "ruth")
    assert said == "Recorded. You have seen the digest, 30 Nov 2026, 09:05. The next one says so."
    assert say("seen", "ruth") == "Not recorded. You have said so already."
    assert say("seen 2026-W47", "lia").startswith("Recorded.") and say("seen", "marcus").startswith("Recorded.")
    assert seen_by(sent, "2026-W48") == ["DCC Ruth Calder", "ACC Marcus Frayne"]
    assert seen_by(sent, "2026-W47") == ["Lia Penrose"]
    assert acts(sent)[-3:] == ["seen"] * 3 and whole(sent)


def test_the_same_press_again_is_one_word(sent: Town, say: Say) -> None:
    first = say("seen 2026-W48", "ruth", key="press")
    sent.clock.later(minutes=3)
    assert say("seen 2026-W48", "ruth", key="press") == first
    assert acts(sent).count("seen") == 1 and whole(sent)


@pytest.mark.parametrize(
    ("words", "who", "why"),
    [
        ("seen 2026-W49", "ruth", "There is no digest 2026-W49 that was sent."),
        ("seen yesterday", "ruth", "Say seen alone for the latest digest"),
        ("seen", "owen", "Only the DCC, a strategic lead or the liaison can do that"),
        ("seen", "tess", "Only the DCC, a strategic lead or the liaison can do that"),
    ],
)
def test_who_may_not_and_what_there_is_none_of(sent: Town, say: Say, words: str, who: str, why: str) -> None:
    said = say(words, who)
    assert said.startswith("Not recorded.") and why in said, said
    assert "seen" not in acts(sent)


def test_before_the_first_there_is_nothing_to_have_seen(say: Say) -> None:
    assert say("seen", "ruth") == "Not recorded. None was sent yet."


def test_when_reminders_began_is_no_digest(trentshire: Town, say: Say) -> None:
    reminders.begin(trentshire.store)
    assert say("digest list", "lia").startswith("Digests\nNo digest is on.")
