"""The one message that a person gets by schedule on a day: when it comes, what is in it, and that it comes once."""

import threading
from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import insert, select

from bot.daily import Daily
from bot.notices import Notices
from handlers.slack import draw
from storage import beside, figures, history, outbox, people, record, reminders
from storage.beside import Escalated
from storage.fields import LONDON
from storage.people import Enrolment
from storage.rules.working_days import Calendar
from storage.store import Store, open_store
from storage.tables import DIGEST, REMINDER
from tests.bot.dcc_channel import Json, outbox_rows, slack_at, text_of
from tests.bot.test_notices import Round
from tests.conftest import CAST, LIMITS, Clock, Town, actor, empty, peopled, person
from tests.databases import Database
from tests.storage.registers import row, take

FRIDAY, MONDAY = "2026-11-20 16:00", "2026-11-23 09:00"
HOLIDAYS = frozenset({date(2026, 12, 25), date(2026, 12, 28), date(2027, 1, 1)})
CALENDAR = Calendar(LONDON, HOLIDAYS)
FRESH = {"last_update_on": "2026-11-13"}


def with_lamps(url: str) -> None:
    """Owen's lamps: R1 is due in a week, R2 in a month, R3 is a week late; as they stand on a Friday afternoon."""
    empty(url)
    store = peopled(open_store(url, Clock(FRIDAY)))
    take(
        store,
        row("LAMP26-R1", target_date="2026-11-30", **FRESH),
        row("LAMP26-R2", target_date="2026-12-23", **FRESH),
        row("LAMP26-R3", target_date="2026-11-16", strategic_lead=CAST["marcus"][0], **FRESH),
    )
    reminders.begin(store)
    store.close()


class Days(Round):
    """A register whose days go by: each look is that of a process which has just begun."""

    def at(self, when: str) -> int:
        """The ticker comes round; gives how many messages were put."""
        return daily(self.store).tell(self.clock.set(when))

    def send(self, when: str = "") -> None:
        """What was put goes out."""
        now = self.clock.set(when) if when else self.clock()
        desk = Town(self.store, self.clock).desk._replace(limits=LIMITS, calendar=CALENDAR)
        Notices(desk, {"slack": draw.DRAWING}, self.postman().alert, "officer").address(now)
        self.postman().deliver(now)

    def hears(self, who: str, when: str) -> str:
        """What somebody is told at that time; "" when nothing."""
        before = len(self.got(who))
        self.at(when)
        self.send()
        return " ".join(text_of(message) for message in self.got(who)[before:])

    def steps(self, who: str) -> list[tuple[str, str]]:
        """What somebody was told: the day, and which step of which item."""
        mine = select(REMINDER.c.told_on, REMINDER.c.step).where(REMINDER.c.person_id == person(self.store, who).id)
        with self.store.read() as tx:
            rows = tx.execute(mine.order_by(REMINDER.c.id))
            return [(f"{told:%d %b}", step) for told, step in rows]

    def rungs(self) -> list[str]:
        """What the history says of the ladder."""
        with self.store.read() as tx:
            return [str(m.fields["rung"][1]) for m in history.every(tx) if m.act == "escalate" and m.fields["rung"]]

    def switched_on(self, kind: str, who: str, day: str = "mon") -> None:
        """A digest to one person."""
        told = {"name": f"{kind}-{who}", "kind": kind, "platform": "person", "place": "", "time": "09:00", "day": day}
        of = {"person_id": person(self.store, who).id, "since": self.clock(), "filter": ""}
        with self.store.write() as tx:
            tx.execute(insert(DIGEST).values(**told, **of))

    def key(self, who: str, day: str) -> str:
        return f"daily:{person(self.store, who).id}:{day}"


def daily(store: Store) -> Daily:
    return Daily(store, CALENDAR, LIMITS)


@pytest.fixture
def days(database: Database) -> Iterator[Days]:
    """Everybody is known in chat; at the end the register is held against its history."""
    clock = Clock(FRIDAY)
    store = open_store(database.copy(with_lamps), clock)
    with slack_at("2026-11-23 07:00") as slack:
        days = Days(store, clock, slack)
        days.seen_in_chat("owen", "ana", "marcus", "lia", "tess", "ruth", "jo")
        yield days
    assert history.verify(store)[0] == []
    store.close()


# --- when -----------------------------------------------------------------------------------------------------------


def test_owen_is_told_on_monday_at_nine_of_all_that_needs_him(days: Days) -> None:
    assert days.at("2026-11-21 12:00") == 0  # a Saturday
    assert days.at("2026-11-23 08:59") == 0
    said = days.hears("owen", MONDAY)
    assert "3 of your items need you." in said and "1 is overdue and 2 are due, the first in 7 days." in said
    assert said.index("LAMP26-R3") < said.index("LAMP26-R1") < said.index("LAMP26-R2")
    assert "You get this as the owner." in said and "/4action reminders" in said
    assert days.steps("owen") == [("23 Nov", "due:0"), ("23 Nov", "due:7"), ("23 Nov", "due:30")]
    assert days.hears("owen", "2026-11-23 17:59") == "" and days.hears("owen", "2026-11-24 09:00") == ""


def test_owen_chooses_his_time(days: Days) -> None:
    reminders.choose(days.store, person(days.store, "owen").id or 0, remind_at="14:00")
    assert days.hears("owen", "2026-11-23 13:59") == ""
    assert "LAMP26-R1" in days.hears("owen", "2026-11-23 14:00")
    assert days.hears("owen", "2026-11-23 14:01") == ""


def test_a_time_that_passed_before_the_bot_was_there_comes_as_soon_as_it_may(days: Days) -> None:
    assert days.at("2026-11-23 18:00") == 0 and days.at("2026-11-24 07:59") == 0
    assert "LAMP26-R1" in days.hears("owen", "2026-11-24 09:00")


def test_late_in_the_day_is_soon_enough(days: Days) -> None:
    assert "LAMP26-R1" in days.hears("owen", "2026-11-23 17:30")


def test_nobody_is_told_on_a_bank_holiday_and_what_falls_on_one_is_told_before(days: Days) -> None:
    days.hears("owen", MONDAY)
    new = record.New("action", "Paint it", under="LAMP26-R2", target_date=date(2026, 12, 28))
    record.add_item(days.store, actor(days.store, "owen"), new)
    days.hears("owen", "2026-12-21 09:00")
    assert "Paint it" in days.hears("owen", "2026-12-24 09:00")
    assert ("24 Dec", "due:0") in days.steps("owen")
    assert [days.at(f"2026-12-{day} 09:00") for day in (25, 26, 27, 28)] == [0, 0, 0, 0]


def test_what_was_due_before_reminders_were_first_switched_on_waits_for_the_next_day(
    database: Database, clock: Clock
) -> None:
    store = peopled(open_store(database.copy(empty), clock))
    take(store, row("LAMP26-R1", target_date="2026-11-30", **FRESH))
    with slack_at("2026-11-23 09:30") as slack:
        days = Days(store, clock, slack)
        days.seen_in_chat("owen")
        clock.set("2026-11-23 09:30")
        reminders.begin(store)
        assert daily(store).tell(clock()) == 0
        assert daily(store).tell(clock.set("2026-11-24 09:00")) == 1
        reminders.begin(store)  # as each process does
        assert days.key("owen", "2026-11-24") in outbox_rows(store.url)
    store.close()


def test_who_pauses_hears_nothing_and_then_once_what_came_up_meanwhile(days: Days) -> None:
    reminders.choose(days.store, person(days.store, "owen").id or 0, paused_until=date(2026, 12, 1))
    for day in ("2026-11-23", "2026-11-24", "2026-11-30"):
        assert days.hears("owen", f"{day} 09:00") == ""
    said = days.hears("owen", "2026-12-01 09:00")
    assert "LAMP26-R1" in said and "1 day late" in said
    assert days.steps("owen") == [("01 Dec", step) for step in ("due:0", "due:0", "due:30")]


def test_after_three_weeks_without_the_bot_each_item_is_told_once_by_what_is_most_urgent(days: Days) -> None:
    said = days.hears("owen", "2026-12-14 09:00")
    assert said.count("*LAMP26-R1*") == said.count("*LAMP26-R2*") == said.count("*LAMP26-R3*") == 1
    quiet = ["quiet:1"] * 3
    assert sorted(days.steps("owen")) == [("14 Dec", step) for step in ("due:0", "due:0", "due:14", *quiet)]
    assert days.hears("owen", "2026-12-15 09:00") == ""
    assert sorted(days.rungs()) == ["dcc", "lead", "liaison", "liaison"]


# --- once -----------------------------------------------------------------------------------------------------------


def test_four_tickers_at_once_put_one_message_a_person(days: Days) -> None:
    now, start = days.clock.set(MONDAY), threading.Barrier(4)
    put: list[int] = []

    def tick() -> None:
        store = open_store(days.store.url, days.clock)
        start.wait()
        put.append(daily(store).tell(now))
        store.close()

    tickers = [threading.Thread(target=tick) for _ in range(4)]
    for ticker in tickers:
        ticker.start()
    for ticker in tickers:
        ticker.join()
    assert len(put) == 4 and sum(put) == 2  # Owen of his items, Lia of what is a week late
    assert set(outbox_rows(days.store.url)) == {days.key(who, "2026-11-23") for who in ("owen", "lia")}
    assert days.rungs() == ["liaison"]


def test_many_are_told_in_turn_so_that_nothing_else_waits(days: Days, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.daily.A_TICK", 1)
    ticker, now = daily(days.store), days.clock.set(MONDAY)
    assert [ticker.tell(now) for _ in range(4)] == [1, 1, 0, 0]
    assert set(outbox_rows(days.store.url)) == {days.key(who, "2026-11-23") for who in ("owen", "lia")}


def test_each_is_told_the_same_alone_as_among_all(days: Days) -> None:
    """For a few persons only their items are read."""
    days.switched_on("morning", "lia")
    numbers, today = [person(days.store, who).id or 0 for who in CAST], date(2026, 11, 30)
    with days.store.read() as tx:
        among = reminders.due(tx, today, LIMITS, CALENDAR, numbers)
        alone = [reminders.due(tx, today, LIMITS, CALENDAR, [number]) for number in numbers]
    assert {number: told for one in alone for number, told in one.items()} == among
    assert len(among) == 3  # Owen, Lia, and ACC Marcus Frayne for what is two weeks late


# --- what has changed before it goes out ----------------------------------------------------------------------------


def test_what_was_updated_before_it_went_out_is_not_in_it(days: Days) -> None:
    days.at(MONDAY)
    record.add_update(days.store, actor(days.store, "owen"), "LAMP26-R1", None, "The lamp is on its way.", {})
    days.send()
    said = text_of(days.got("owen")[0])
    assert "LAMP26-R1" not in said and "2 of your items need you." in said


def test_an_update_of_the_day_on_which_it_was_put_counts_however_late_it_goes_out(days: Days) -> None:
    days.at(MONDAY)
    record.add_update(days.store, actor(days.store, "owen"), "LAMP26-R1", None, "The lamp is on its way.", {})
    days.send("2026-11-24 08:00")
    assert "LAMP26-R1" not in text_of(days.got("owen")[0]) and "LAMP26-R2" in text_of(days.got("owen")[0])


def test_a_message_of_which_nothing_is_left_is_dropped_and_is_no_trouble(days: Days) -> None:
    days.at(MONDAY)
    for reference in ("LAMP26-R1", "LAMP26-R2", "LAMP26-R3"):
        record.assign(days.store, actor(days.store, "lia"), reference, None, person(days.store, "ana").id or 0)
    days.send()
    assert days.got("owen") == [
        m for m in days.got("owen") if not m["metadata"]["event_payload"]["key"].startswith("daily")
    ]
    assert days.state(days.key("owen", "2026-11-23")) == "blocked"
    with days.store.read() as tx:
        assert outbox.blocked(tx, days.store.clock()) == []
    assert "LAMP26-R1" in days.hears("ana", "2026-11-24 09:00")  # whose they are now is told of them


def test_what_came_into_the_register_this_morning_is_told_this_morning(days: Days) -> None:
    days.clock.set("2026-11-23 08:30")
    take(days.store, row("LAMP26-R9", title="Hang it", target_date="2026-11-27"))
    assert "Hang it" in days.hears("owen", MONDAY)


def test_a_new_due_date_begins_anew(days: Days) -> None:
    days.hears("owen", MONDAY)
    asked = (date(2026, 12, 7), "The lamp comes late.")
    record.ask_extension(days.store, actor(days.store, "owen"), "LAMP26-R1", None, *asked)
    record.approve(days.store, actor(days.store, "ruth"), "LAMP26-R1", None)
    for day in ("2026-11-24", "2026-11-25", "2026-11-30", "2026-12-01", "2026-12-07"):
        days.at(f"{day} 09:00")
    of_it = [told for told in days.steps("owen") if told[1].startswith("due:") and told[0] != "23 Nov"]
    assert of_it == [("24 Nov", "due:14"), ("30 Nov", "due:7"), ("07 Dec", "due:0")]


def test_what_waits_for_a_decision_is_not_asked_of_the_owner(days: Days) -> None:
    evidence = ["https://evidence.example/1"]
    record.ask_sign_off(days.store, actor(days.store, "owen"), "LAMP26-R3", None, "It burns.", evidence, [])
    assert "LAMP26-R3" not in days.hears("owen", MONDAY)


# --- markings -------------------------------------------------------------------------------------------------------


def test_the_words_of_a_sensitive_item_are_not_on_a_lock_screen(days: Days) -> None:
    take(days.store, row("LAMP26-R8", title="The dark lamp", marking="OFFICIAL-SENSITIVE", target_date="2026-11-27"))
    days.hears("owen", MONDAY)
    message: Json = days.got("owen")[0]
    assert "The dark lamp" in text_of(message) and "The dark lamp" not in message["text"].splitlines()[0]


def test_who_may_not_read_it_any_more_is_not_told_of_it(days: Days) -> None:
    take(days.store, row("LAMP26-R8", title="The dark lamp", marking="OFFICIAL-SENSITIVE", target_date="2026-11-27"))
    days.at(MONDAY)
    record.assign(days.store, actor(days.store, "lia"), "LAMP26-R8", None, person(days.store, "ana").id or 0)
    days.send()
    assert not [m for m in days.got("owen") if "The dark lamp" in text_of(m)]


# --- the ladder -----------------------------------------------------------------------------------------------------


def test_what_nobody_answers_goes_up_a_rung_at_a_time_and_is_in_the_history(days: Days) -> None:
    """LAMP26-R3 was due on Monday 16 November 2026; its lead is ACC Marcus Frayne."""
    assert days.hears("lia", "2026-11-20 09:00") == "" and days.rungs() == []
    said = days.hears("lia", MONDAY)
    assert "1 overdue item has come to you." in said and "Supt Owen Hale" in said and "as the liaison" in said
    assert "LAMP26-R3" in days.hears("marcus", "2026-11-30 09:00") and days.rungs() == ["liaison", "lead"]
    assert days.hears("marcus", "2026-12-04 09:00") == ""
    days.at("2026-12-07 08:00")
    assert days.rungs() == ["liaison", "lead", "dcc"]
    days.at("2026-12-08 09:00")
    with days.store.read() as tx:
        told = figures.count(tx, figures.window_of_days(tx, days.clock(), days.clock()), LIMITS)
        (late,) = [one.item for one in told.overdue[:5] if one.item.reference == "LAMP26-R3"]
        rungs = Escalated(date(2026, 11, 30), date(2026, 12, 7))
        assert beside.escalated(tx, [late], days.clock()) == {late.id: rungs}  # as the digest tells it
    # LAMP26-R1 has come to the liaison meanwhile, a week after 30 November 2026
    assert days.rungs() == ["liaison", "lead", "dcc", "liaison"]


def test_many_that_come_to_the_dcc_at_once_are_recorded_some_at_a_time_each_once(
    days: Days, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reminders, "AT_ONCE", 2)
    take(days.store, *(row(f"LATE26-R{n}", target_date="2026-10-30", **FRESH) for n in range(5)))
    today, now = date(2026, 11, 23), days.clock.set(MONDAY)
    assert reminders.escalate_to_dcc(days.store, today, now) == 5
    assert reminders.escalate_to_dcc(days.store, today, now) == 0
    assert days.rungs() == ["dcc"] * 5


def test_each_liaison_hears_and_the_history_tells_it_once(days: Days) -> None:
    people.enrol(days.store, [Enrolment(CAST["jo"][0], "liaison")], None, "terminal", "in the tests")
    days.at(MONDAY)
    days.send()
    assert "LAMP26-R3" in text_of(days.got("lia")[0]) and "LAMP26-R3" in text_of(days.got("jo")[0])
    assert days.rungs() == ["liaison"]


def test_who_is_no_liaison_any_more_when_it_goes_out_is_not_told(days: Days) -> None:
    people.enrol(days.store, [Enrolment(CAST["jo"][0], "liaison")], None, "terminal", "in the tests")
    days.at(MONDAY)
    people.enrol(days.store, [Enrolment(CAST["jo"][0], "")], None, "terminal", "in the tests")
    days.send()
    assert days.got("jo") == [] and len(days.got("lia")) == 1


def test_what_is_in_work_and_nobodys_is_told_to_the_liaison(days: Days) -> None:
    take(days.store, row("LAMP26-R7", title="The lost lamp", action_owner="", target_date="2026-11-27", **FRESH))
    said = days.hears("lia", MONDAY)
    assert "1 item that is due has no owner." in said and "The lost lamp" in said
    assert "The lost lamp" not in days.hears("lia", "2026-11-24 09:00")


def test_silence_asked_for_is_kept_and_stops_no_escalation(days: Days) -> None:
    until, reason = date(2026, 12, 1), "It waits for the printer."
    record.snooze(days.store, actor(days.store, "owen"), "LAMP26-R3", None, until, reason)
    days.at(MONDAY)
    days.send()
    assert "LAMP26-R3" not in text_of(days.got("owen")[0]) and "LAMP26-R3" in text_of(days.got("lia")[0])
    with days.store.read() as tx:
        told = reminders.snoozed(tx, date(2026, 11, 23))
    assert [(one.reference, one.until, one.reason) for one in told] == [("LAMP26-R3", until, reason)]
    assert days.hears("owen", "2026-11-30 09:00").count("*LAMP26-R3*") == 0
    assert days.hears("owen", "2026-12-01 09:00").count("*LAMP26-R3*") == 1


# --- the question after a silence, and section 55 -------------------------------------------------------------------


def test_who_has_said_nothing_for_four_weeks_is_asked_with_two_buttons(days: Days) -> None:
    take(days.store, row("LAMP26-R6", last_update_on="2026-10-26"))
    said = days.hears("owen", MONDAY)
    assert "1 item has had no update for 28 days." in said
    assert '"accessibility_label": "No change to LAMP26-R6"' in said and '"Update LAMP26-R6"' in said
    assert "LAMP26-R6" not in days.hears("owen", "2026-12-07 09:00")
    assert "no update for 56 days" in days.hears("owen", "2026-12-21 09:00")


def test_section_55_falls_out_once_the_comments_are_published(days: Days) -> None:
    """Published on 1 October 2026, the last day is 25 November 2026: two days are left on the Monday."""
    report = {"report_code": "PEEL26", "source": "HMICFRS", "published_on": "2026-10-01", "inspected_body": "police"}
    take(days.store, row("PEEL26-R1", **report, **FRESH))
    days.at(MONDAY)
    days.send()
    assert "PEEL26" in text_of(days.got("tess")[0]) and "2 days left" in text_of(days.got("tess")[0])
    assert "PEEL26" in text_of(days.got("lia")[0])
    days.at("2026-11-24 09:00")
    record.record_step(
        days.store, actor(days.store, "tess"), "PEEL26", None, "comments_published_on", date(2026, 11, 24)
    )
    days.send()
    assert len(days.got("tess")) == 1
    assert days.hears("tess", "2026-11-26 09:00") == ""


# --- digests to one person ------------------------------------------------------------------------------------------


def test_a_leads_portfolio_and_the_liaisons_list_come_in_the_one_message(days: Days) -> None:
    days.switched_on("lead", "marcus")
    days.switched_on("morning", "lia")
    assert "1 item is open in your portfolio:" in days.hears("marcus", MONDAY)
    first = text_of(days.got("lia")[0])
    assert (
        len(days.got("lia")) == 1 and "1 overdue item has come to you." in first and "For you as the liaison:" in first
    )
    assert "For you as the liaison:" in days.hears("lia", "2026-11-24 09:00")
    assert days.hears("marcus", "2026-11-24 09:00") == ""  # weekly


def test_however_much_there_is_one_message_holds_every_section_and_why_it_comes(days: Days) -> None:
    lia = {"action_owner": CAST["lia"][0], "target_date": "2026-11-27"}
    rows = [row(f"HERS26-R{n}", **lia, **FRESH) for n in range(12)]
    rows += [row(f"LOST26-R{n}", action_owner="", target_date="2026-11-27", **FRESH) for n in range(12)]
    rows += [row(f"LATE26-R{n}", target_date="2026-11-10", **FRESH) for n in range(12)]
    rows += [row(f"DULL26-R{n}", action_owner=CAST["lia"][0], last_update_on="2026-10-01") for n in range(12)]
    police = {"source": "HMICFRS", "published_on": "2026-10-01", "inspected_body": "police"}
    rows += [row(f"PEEL{n}-R1", report_code=f"PEEL{n}", **police, **FRESH) for n in range(12)]
    take(days.store, *rows)
    days.switched_on("morning", "lia")
    days.at(MONDAY)
    days.send()
    (message,) = days.got("lia")
    assert len(message["blocks"]) <= 50
    heads = [block["text"]["text"] for block in message["blocks"] if block["type"] == "header"]
    assert heads == ["Your items", "Gone quiet", "Without an owner", "Section 55", "Escalated to you", "Your list"]
    said = text_of(message)
    assert said.count("12 ") >= 5 and "You get this as the owner and the liaison." in said


def test_who_is_the_liaison_no_longer_gets_the_list_no_longer(days: Days) -> None:
    people.enrol(days.store, [Enrolment(CAST["jo"][0], "liaison")], None, "terminal", "in the tests")
    days.switched_on("morning", "jo")
    record.snooze(days.store, actor(days.store, "owen"), "LAMP26-R3", None, date(2026, 12, 1), "The printer is away.")
    assert "The printer is away." in days.hears("jo", MONDAY)
    people.enrol(days.store, [Enrolment(CAST["jo"][0], "")], None, "terminal", "in the tests")
    assert days.hears("jo", "2026-11-24 09:00") == ""


def test_who_pauses_is_named_to_the_liaison(days: Days) -> None:
    days.switched_on("morning", "lia")
    reminders.choose(days.store, person(days.store, "owen").id or 0, paused_until=date(2026, 12, 1))
    assert "Supt Owen Hale" in days.hears("lia", MONDAY)
