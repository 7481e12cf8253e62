"""A notice to a person: once, whatever ends the process; to nobody who may not read it; and never lost unsaid."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from bot import wiring
from bot.delivery import LEASE, Postman
from bot.notices import ASKED_AGAIN, GIVEN_UP, Notices
from handlers.slack import draw
from practice.stand_in import StandInThread
from storage import away, outbox, people, record
from storage.people import EMAIL, Enrolment, Handle
from storage.store import Store, open_store
from tests.bot.dcc_channel import Json, calls, fault, key_of, outbox_rows, posted, slack_at, text_of
from tests.conftest import CAST, LIMITS, Clock, Town, actor, empty, peopled, person
from tests.databases import Database
from tests.storage.registers import row, take
from tests.wire.office import settings

PAST_LEASE = LEASE.total_seconds() + 1
DARK = "Mend the dark lamp"


def with_two_lamps(url: str) -> None:
    """Owen's two items, the second OFFICIAL-SENSITIVE, on the Monday."""
    empty(url)
    store = peopled(open_store(url, Clock("2026-11-23 09:00")))
    take(store, row("LAMP26-R1"), row("LAMP26-R2", marking="OFFICIAL-SENSITIVE", title=DARK))
    store.close()


class Round(NamedTuple):
    """A register, the pretended Slack, and what draws, addresses and delivers a notice."""

    store: Store
    clock: Clock
    slack: StandInThread

    def seen_in_chat(self, *cast: str) -> "Round":
        """Slack has said who they are."""
        with self.store.write() as tx:
            for who in cast:
                handles = [Handle(EMAIL, "", CAST[who][0]), Handle("slack", "T0TRENT", f"U0{who.upper()}")]
                people.keep(tx, handles, CAST[who][1], self.clock())
        return self

    def postman(self, **more: str) -> Postman:
        """A postman of a process of its own."""
        tokens = {"slack_bot_token": self.slack.bot_token, "slack_api_url": self.slack.api_url}
        return wiring.postman(
            self.store, settings(**tokens, lightkeeper_now=self.clock(), **more), self.clock, lambda _s: None
        )

    def notices(self, **more: str) -> Notices:
        desk = Town(self.store, self.clock).desk
        return Notices(desk._replace(limits=LIMITS), {"slack": draw.DRAWING}, self.postman(**more).alert, "officer")

    def go(self, **later: float) -> None:
        """One tick of a process that has just begun."""
        now = self.clock.later(**later)
        self.notices().address(now)
        self.postman().deliver(now)

    def dispute(self, reference: str = "LAMP26-R1") -> str:
        """Lia disputes Owen's item; gives the key of the notice to Owen."""
        saved = record.dispute(self.store, actor(self.store, "lia"), reference, None, "It is not ours.")
        return f"notice:{saved.event}:{person(self.store, 'owen').id}"

    def got(self, who: str) -> list[Json]:
        return posted(self.slack, f"D0{who.upper()}")

    def keys(self, who: str) -> list[str]:
        return [key_of(message) for message in self.got(who)]

    def state(self, key: str) -> str:
        return outbox.state_of(self.store, key).state


@pytest.fixture
def round_(database: Database) -> Iterator[Round]:
    clock = Clock("2026-11-23 09:00")
    store = open_store(database.copy(with_two_lamps), clock)
    with slack_at("2026-11-23 09:00") as slack:
        yield Round(store, clock, slack)
    store.close()


# --- once -----------------------------------------------------------------------------------------------------------


def test_a_notice_goes_once_to_the_person_alone(round_: Round) -> None:
    key = round_.seen_in_chat("owen", "lia").dispute()
    round_.go()
    round_.go(seconds=PAST_LEASE)
    assert round_.keys("owen") == [key] and round_.got("lia") == []
    said = text_of(round_.got("owen")[0])
    assert "Disputed." in said and "Lia Penrose disputed LAMP26-R1, 23 Nov 2026, 09:00." in said
    assert "It is not ours." in said and "You get this because you own it." in said
    assert round_.state(key) == "sent"


def test_killed_before_it_was_drawn_it_goes_with_the_next_process(round_: Round) -> None:
    key = round_.seen_in_chat("owen").dispute()
    round_.go(minutes=5)
    assert round_.keys("owen") == [key]


def test_killed_between_address_and_post_it_goes_once(round_: Round) -> None:
    key = round_.seen_in_chat("owen").dispute()
    assert round_.notices().address(round_.clock()) == 1
    round_.go(minutes=5)
    round_.go(minutes=5)
    assert round_.keys("owen") == [key]


@pytest.mark.parametrize("kind", ["reply_lost", "server_error"])
def test_killed_while_it_is_posted_it_is_looked_for_and_stands_there_once(round_: Round, kind: str) -> None:
    key = round_.seen_in_chat("owen").dispute()
    fault(round_.slack, "chat.postMessage", kind)
    round_.go()
    assert round_.state(key) == "sending"
    round_.go(seconds=PAST_LEASE)
    assert round_.keys("owen") == [key]
    assert calls(round_.slack, "chat.postMessage") == (1 if kind == "reply_lost" else 2)


def test_two_processes_that_draw_it_at_once_address_it_once(round_: Round) -> None:
    key = round_.seen_in_chat("owen").dispute()
    with round_.store.read() as tx:
        waiting = outbox.notices(tx, round_.clock(), 20)
    first, second = round_.notices(), round_.notices()
    assert [n._one(one, round_.clock()) for n in (first, second) for one in waiting] == [True, False]
    round_.postman().deliver(round_.clock())
    round_.postman().deliver(round_.clock())
    assert round_.keys("owen") == [key]


def test_two_events_are_two_notices_in_their_order(round_: Round) -> None:
    round_.seen_in_chat("owen").dispute()
    record.accept(round_.store, actor(round_.store, "lia"), "LAMP26-R1", None, "It is ours.")
    round_.go()
    firsts = [m["text"].splitlines()[0] for m in round_.got("owen")]
    assert firsts == ["Disputed: LAMP26-R1", "No longer disputed: LAMP26-R1"]


def test_a_person_is_written_to_in_the_conversation_that_slack_opens_for_them(round_: Round) -> None:
    """Only a post takes a person's own id: their history, and a post taken back, go by the conversation's."""
    round_.seen_in_chat("owen").dispute()
    round_.go()
    made = [c for c in round_.slack.stand_in.web_api.calls.made if "channel" in c["payload"]]
    assert {c["payload"]["channel"] for c in made} == {"D0OWEN"}
    assert calls(round_.slack, "conversations.open") == 1


# --- nobody in chat yet, or any more --------------------------------------------------------------------------------


def test_who_is_not_in_chat_yet_gets_it_when_they_are(round_: Round) -> None:
    key = round_.seen_in_chat("lia").dispute()
    round_.go()
    assert (round_.state(key), round_.got("owen")) == ("waiting", [])
    round_.seen_in_chat("owen").go(seconds=ASKED_AGAIN.total_seconds() - 1)
    assert round_.got("owen") == []  # it is looked at again in a while, not at every tick
    round_.go(seconds=2)
    assert round_.keys("owen") == [key]
    assert round_.got("lia") == []


def test_nobody_in_chat_for_a_day_and_the_liaison_is_told_once(round_: Round) -> None:
    key = round_.seen_in_chat("lia").dispute()
    round_.go()
    round_.go(seconds=GIVEN_UP.total_seconds() - 60)
    assert (round_.state(key), round_.got("lia")) == ("waiting", [])
    round_.go(seconds=ASKED_AGAIN.total_seconds() + 61)
    round_.go(seconds=ASKED_AGAIN.total_seconds())
    assert round_.state(key) == "blocked" and round_.got("owen") == []
    assert round_.keys("lia") == [f"alert:{key}"]
    assert "Nobody in chat is Supt Owen Hale, who should hear of a decision." in round_.got("lia")[0]["text"]
    assert "LAMP26" not in round_.got("lia")[0]["text"]


def test_alert_user_is_told_in_the_liaisons_place(round_: Round) -> None:
    round_.seen_in_chat("lia", "ruth").dispute()
    late = round_.clock.later(days=1, minutes=1)
    more = {"alert_user": CAST["ruth"][0]}
    for now in (late, round_.clock.later(minutes=11)):
        round_.notices(**more).address(now)
        round_.postman(**more).deliver(now)
    assert len(round_.got("ruth")) == 1 and round_.got("lia") == []


def test_after_a_day_without_the_bot_it_is_looked_for_before_it_is_given_up(round_: Round) -> None:
    """Slack says who somebody is only while the bot runs: a first look may come a day late."""
    key = round_.seen_in_chat("lia").dispute()
    round_.go(days=3)
    assert (round_.state(key), round_.got("lia")) == ("waiting", [])
    round_.seen_in_chat("owen").go(seconds=ASKED_AGAIN.total_seconds())
    assert round_.keys("owen") == [key]


# --- who may read it ------------------------------------------------------------------------------------------------


def test_who_may_not_read_it_any_more_hears_nothing_and_nobody_is_alarmed(round_: Round) -> None:
    key = round_.seen_in_chat("owen", "lia", "ana").dispute("LAMP26-R2")
    record.assign(round_.store, actor(round_.store, "lia"), "LAMP26-R2", None, person(round_.store, "ana").id or 0)
    round_.go()
    assert round_.got("owen") == [] and round_.got("lia") == []
    assert round_.state(key) == "blocked"
    assert [m["text"].splitlines()[0] for m in round_.got("ana")] == ["It is yours now: LAMP26-R2"]
    assert DARK in text_of(round_.got("ana")[0]) and DARK not in round_.got("ana")[0]["text"].splitlines()[0]
    assert {r["state"] for r in outbox_rows(round_.store.url).values()} == {"blocked", "sent"}


def test_of_whose_account_is_closed_the_liaison_is_told(round_: Round) -> None:
    key = round_.seen_in_chat("owen", "lia").dispute()
    round_.slack.stand_in.workspace.people["U0OWEN"].deleted = True
    round_.go()
    round_.go(minutes=1)
    assert round_.state(key) == "blocked" and round_.got("owen") == []
    assert round_.keys("lia") == [f"alert:{key}"]
    assert "Slack does not show that person (user_disabled)." in round_.got("lia")[0]["text"]


@pytest.mark.parametrize(("reason", "said"), [("left", "has left"), ("guest", "is a guest now")])
def test_of_whom_chat_knows_to_be_gone_the_liaison_is_told_at_once(round_: Round, reason: str, said: str) -> None:
    key = round_.seen_in_chat("owen", "lia").dispute()
    away.note(round_.store, person(round_.store, "owen").id or 0, reason)
    round_.go()
    round_.go(minutes=1)
    assert round_.state(key) == "blocked" and round_.got("owen") == []
    assert f"Supt Owen Hale {said}, who should hear of a decision." in round_.got("lia")[0]["text"]


def test_one_that_cannot_be_drawn_keeps_none_waiting_and_the_liaison_is_told(round_: Round) -> None:
    round_.seen_in_chat("owen", "lia")
    owen = str(person(round_.store, "owen").id)
    with round_.store.write() as tx:
        outbox.put(tx, "notice:0:1", outbox.PERSON, owen, '{"act": "unheard of"}', round_.clock())
    key = round_.dispute()
    round_.go()
    assert round_.keys("owen") == [key]
    assert round_.state("notice:0:1") == outbox.BLOCKED
    assert "What Supt Owen Hale should hear could not be drawn" in round_.got("lia")[0]["text"]


def test_the_dcc_who_holds_a_role_reads_what_is_sensitive(round_: Round) -> None:
    round_.seen_in_chat("lee")
    people.enrol(round_.store, [Enrolment(CAST["lee"][0], "dcc")], None, "terminal", "in the tests")
    lee = person(round_.store, "lee").id or 0
    record.delegate(round_.store, actor(round_.store, "owen"), "LAMP26-R2", None, lee)
    record.delegate(round_.store, actor(round_.store, "owen"), "LAMP26-R2", None, None)
    round_.go()
    assert len(round_.got("lee")) == 2 and DARK in text_of(round_.got("lee")[1])
