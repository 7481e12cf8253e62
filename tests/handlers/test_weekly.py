"""The DCC's digest as it grows up: who saw the last one, what waits for approval, the last weeks, each report."""

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from bot import scheduler, wiring
from bot.scheduler import Digests, run_due
from handlers.card import Bullets, Button, Buttons, Card, Chart, Heading, Row, Span, Text, say_lines, shown_in, spans
from handlers.digests.split import split
from handlers.slack import draw
from handlers.text.draw import said
from storage import digests, outbox, record, reminders
from storage.record.digests import seen
from storage.store import Store
from storage.tables import DIGEST_RUN
from tests.conftest import Clock, actor, peopled
from tests.storage.registers import row, take
from tests.wire.limits import faults_of_message
from tests.wire.office import settings

LEASE = timedelta(minutes=2)
LATE = {"target_date": "2026-10-20", "strategic_lead": "marcus.frayne@trentshire.example"}


@pytest.fixture
def work(register: Store, clock: Clock) -> Digests:
    """An empty register with its digest set up on a Friday; nothing is sent by a postman."""
    clock.set("2026-11-06 16:00")
    peopled(register)
    digests.set_up(register, "slack", "C0DCC", "mon", "09:00")
    return wiring.digest_work(register, settings())


def cards(work: Digests, when: str) -> tuple[Card, ...]:
    """The digest due on that Monday and what follows in its thread; it counts as sent."""
    clock = work.store.clock
    assert isinstance(clock, Clock)
    assert run_due(work, clock.set(f"{when} 09:00")) == 1
    while message := outbox.claim(work.store, clock.later(seconds=2), LEASE):
        outbox.settle(work.store, message, outbox.SENT, posted_ts="1.2")
    with work.store.read() as tx:
        schedule = digests.weekly(tx)
        last = select(*(DIGEST_RUN.c[n] for n in digests.Run._fields)).order_by(DIGEST_RUN.c.due.desc()).limit(1)
        run = digests.Run(*tx.execute(last).one())
    assert schedule is not None
    return scheduler.drawn(work, schedule, run, cleared=True)[1]


def buttons(card: Card) -> list[Button]:
    lines = [b for part in card.parts if isinstance(part, Buttons) for b in (*part.shown, *part.rest)]
    return lines + [part.button for part in card.parts if isinstance(part, Row) and part.button]


def button(card: Card, label: str) -> Button:
    return next(one for one in buttons(card) if one.label == label)


# --- seen -----------------------------------------------------------------------------------------------------------


def test_the_next_digest_says_who_saw_the_last_one_and_when_or_that_nobody_did(work: Digests) -> None:
    first, *_ = cards(work, "2026-11-09")
    assert "saw the digest" not in said(first) and button(first, "Seen").say == "seen 2026-W46"
    second, *_ = cards(work, "2026-11-16")
    assert "Nobody has said that they saw the digest of 9 Nov 2026." in said(second)
    work.store.clock.set("2026-11-16 10:12")  # type: ignore[attr-defined]
    seen(work.store, actor(work.store, "ruth"), "2026-W47")
    work.store.clock.set("2026-11-17 08:00")  # type: ignore[attr-defined]
    seen(work.store, actor(work.store, "lia"), "2026-W47")
    third, *_ = cards(work, "2026-11-23")
    told = "The digest of 16 Nov 2026 was seen by DCC Ruth Calder on 16 Nov 2026 and Lia Penrose on 17 Nov 2026."
    assert told in said(third)


def test_whoever_saw_it_after_the_next_one_was_due_is_in_neither(work: Digests) -> None:
    cards(work, "2026-11-09")
    cards(work, "2026-11-16")
    seen(work.store, actor(work.store, "ruth"), "2026-W46")
    third, *_ = cards(work, "2026-11-23")
    assert "Nobody has said that they saw the digest of 16 Nov 2026." in said(third)


# --- what waits for approval ----------------------------------------------------------------------------------------


def test_an_extension_and_no_action_can_be_approved_in_their_rows_and_ask_once_more(work: Digests) -> None:
    store = work.store
    take(store, row("LAMP26-R1", target_date="2026-12-01"), row("LAMP26-R2", target_date="2026-12-02"))
    record.ask_extension(store, actor(store, "owen"), "LAMP26-R1", 1, date(2027, 1, 8), "The oil comes late.")
    store.clock.later(minutes=1)  # type: ignore[attr-defined]
    record.ask_no_action(store, actor(store, "owen"), "LAMP26-R2", 1, "The lamp was taken down.")
    first, *_ = cards(work, "2026-11-09")
    rows = [part for part in first.parts if isinstance(part, Row)]
    assert [(one.reference, one.button and one.button.say) for one in rows] == [
        ("LAMP26-R1", "approve LAMP26-R1 v2"),
        ("LAMP26-R2", "approve LAMP26-R2 v2"),
    ]
    assert "Waiting for approval: 2" in said(first)
    assert "new date 8 Jan 2027, Supt Owen Hale, The oil comes late" in said(first)
    asked = [one.button.confirm for one in rows if one.button]
    assert [one.title for one in asked if one] == ["Approve LAMP26-R1?", "Approve LAMP26-R2?"]
    assert [one.text for one in asked if one] == [
        "Asked by Supt Owen Hale. Its target date becomes 8 Jan 2027.",
        "Asked by Supt Owen Hale. It ends with no action.",
    ]


def test_what_was_decided_before_the_digest_was_due_does_not_wait_in_it(work: Digests) -> None:
    store = work.store
    take(store, row("LAMP26-R1", target_date="2026-12-01"))
    record.ask_extension(store, actor(store, "owen"), "LAMP26-R1", 1, date(2027, 1, 8), "The oil comes late.")
    record.approve(store, actor(store, "ruth"), "LAMP26-R1", 2)
    first, *_ = cards(work, "2026-11-09")
    assert "Waiting for approval" not in said(first) and "Dates moved this week: 1" in said(first)


def test_the_reason_of_a_sensitive_items_request_is_hidden_where_it_may_not_stand(work: Digests) -> None:
    store = work.store
    take(store, row("LAMP26-R1", target_date="2026-12-01", marking="OFFICIAL-SENSITIVE", title="Mend the dark lamp"))
    record.ask_extension(store, actor(store, "owen"), "LAMP26-R1", 1, date(2027, 1, 8), "The oil is stolen.")
    first, *_ = cards(work, "2026-11-09")
    shut = said(shown_in(first, cleared=False))
    assert "stolen" in said(first) and "stolen" not in shut and "dark" not in shut
    assert "LAMP26-R1 Not shown: OFFICIAL-SENSITIVE: new date 8 Jan 2027, Supt Owen Hale" in shut


# --- escalated ------------------------------------------------------------------------------------------------------


def test_an_overdue_row_says_since_when_it_is_escalated_until_its_date_is_moved(work: Digests) -> None:
    store = work.store
    reminders.begin(store)
    take(store, row("LAMP26-R1", **LATE), row("LAMP26-R2", **{**LATE, "target_date": "2026-11-05"}))
    assert "Escalated" not in said(cards(work, "2026-11-09")[0])
    reminders.escalate_to_dcc(store, date(2026, 11, 12), store.clock())
    second, *_ = cards(work, "2026-11-16")
    assert [line for line in said(second).split("\n") if "Escalated on 12 Nov 2026." in line] == [
        next(line for line in said(second).split("\n") if line.startswith("- LAMP26-R1"))
    ]
    record.ask_extension(store, actor(store, "owen"), "LAMP26-R1", 1, date(2026, 11, 18), "One week more.")
    record.approve(store, actor(store, "ruth"), "LAMP26-R1", 2)
    third, *_ = cards(work, "2026-11-23")
    assert "LAMP26-R1" in said(third) and "Escalated" not in said(third)


# --- the last weeks -------------------------------------------------------------------------------------------------


def charts(card: Card) -> list[Chart]:
    return [part for part in card.parts if isinstance(part, Chart)]


def test_from_the_third_week_on_the_chart_shows_what_was_open_and_overdue(work: Digests) -> None:
    take(work.store, row("LAMP26-R1", **LATE), row("LAMP26-R2", target_date="2026-11-12"))
    for week in ("2026-11-09", "2026-11-16"):
        assert [chart.title for chart in charts(cards(work, week)[0])] in (["Open items by colour"], [])
    take(work.store, row("LAMP26-R3"))
    (chart,) = charts(cards(work, "2026-11-23")[0])
    assert chart.title == "Open and overdue, 9 Nov 2026 to 23 Nov 2026"
    assert chart.categories == ("9 Nov", "16 Nov", "23 Nov")
    assert chart.series == (("Open", (2, 2, 3)), ("Overdue", (1, 2, 2)))


def test_the_chart_shows_twelve_weeks_at_most_and_keeps_slacks_limits(work: Digests) -> None:
    take(work.store, row("LAMP26-R1", **LATE))
    for week in range(14):
        monday = date(2026, 11, 9) + timedelta(weeks=week)
        last = cards(work, "2026-12-29" if monday == date(2026, 12, 28) else str(monday))[0]  # a bank holiday
    (chart,) = charts(last)
    assert len(chart.categories) == 12 and chart.categories[0] == "23 Nov" and chart.categories[-1] == "8 Feb"
    assert faults_of_message(draw.message(last)) == []


# --- each report ----------------------------------------------------------------------------------------------------


def test_each_report_follows_in_the_thread_with_its_figures_and_its_clock(work: Digests) -> None:
    store = work.store
    hmic = {"report_code": "CUST26", "report_title": "Custody", "source": "HMICFRS", "published_on": "2026-10-01"}
    take(store, row("LAMP26-R1", **LATE), row("LAMP26-R2"), row("CUST26-R1", **hmic), row("CUST26-R2", **hmic))
    cards(work, "2026-11-09")
    record.ask_no_action(store, actor(store, "owen"), "CUST26-R2", 1, "The cell was closed.")
    record.approve(store, actor(store, "ruth"), "CUST26-R2", 2)
    _, reports = cards(work, "2026-11-16")
    assert said(reports).split("\n") == [
        "By report, 16 Nov 2026",
        "Open and overdue now, ended since 9 Nov 2026:",
        "- CUST26 Custody: 1 open, 0 overdue, 1 ended, section 55: 9 days left, last day 25 Nov 2026.",
        "- LAMP26 Keep the lights on: 2 open, 1 overdue, 0 ended.",
    ]


def test_the_thread_stays_as_it_was_counted_whatever_changes_later(work: Digests) -> None:
    store = work.store
    take(store, row("LAMP26-R1", **LATE), row("LAMP26-R2"))
    before = cards(work, "2026-11-09")
    with store.read() as tx:
        schedule, run = digests.weekly(tx), digests.sent_run(tx, 1)
    assert schedule and run
    record.ask_no_action(store, actor(store, "owen"), "LAMP26-R1", 1, "The lamp was taken down.")
    record.approve(store, actor(store, "ruth"), "LAMP26-R1", 2)
    take(store, row("LAMP26-R3"))
    assert scheduler.drawn(work, schedule, run, cleared=True)[1] == before


def test_a_digest_that_goes_after_all_is_followed_by_its_thread(work: Digests, clock: Clock) -> None:
    store, key = work.store, "digest:weekly:2026-W46"
    take(store, row("LAMP26-R1"))
    run_due(work, clock.set("2026-11-09 09:00"))
    first = outbox.claim(store, clock(), LEASE)
    assert first is not None and outbox.settle(store, first, outbox.BLOCKED, trouble="It is archived.")
    with store.aside() as tx:
        assert outbox.requeue(tx, key, clock())
    places = []
    while message := outbox.claim(store, clock.later(seconds=2), LEASE):
        places.append((message.key, message.place, message.thread_ts))
        outbox.settle(store, message, outbox.SENT, posted_ts="1.2")
    assert places == [(key, first.place, ""), (f"{key}:1", first.place, "1.2")]


# --- what is too long goes on in the thread -------------------------------------------------------------------------


def long_card(entries: int) -> Card:
    """Every reference once, in rows and in bullets, with a foot."""
    rows = [Row(f"LAMP26-R{n}", Span("Mend the lamp " * 3), (Span("12 days late"),)) for n in range(entries)]
    told = Bullets(tuple(((Span(f"CUST26-A{n} {'x' * 200}"),),) for n in range(entries)))
    foot = (Buttons((Button("Seen", "seen", "Seen"),)), say_lines((Span("Counted."),)))
    return Card("Digest", (Heading(Span("Rows")), *rows, Heading(Span("Bullets")), Text((told,)), *foot), private=False)


@pytest.mark.parametrize("entries", [1, 3, 17, 60, 200])
def test_every_reference_stands_once_in_the_parts_and_each_part_keeps_the_limits(entries: int) -> None:
    card = long_card(entries)
    parts = split(card, draw.fits, foot=2)
    drawn = [draw.message(part) for part in parts]
    blocks = [str(message["blocks"]) for message in drawn]
    twins = [message["text"] for message in drawn]
    for told in (blocks, twins):
        found = re.findall(r"(?:LAMP26-R|CUST26-A)\d+", "\n".join(told))
        assert sorted(found) == sorted(f"{head}{n}" for head in ("LAMP26-R", "CUST26-A") for n in range(entries))
    assert [fault for message in drawn for fault in faults_of_message(message)] == []
    assert all(not twin.endswith("…") for twin in twins)
    assert [len(buttons(part)) for part in parts] == [1] + [0] * (len(parts) - 1)  # the foot stays in the first
    assert not any(isinstance(part.parts[-1], Heading) for part in parts)
    assert (len(parts) == 1) == (entries < 10)


def test_the_marking_of_a_part_is_that_of_what_stands_in_it() -> None:
    dark = Row("LAMP26-R0", Span("Dark", marking="OFFICIAL-SENSITIVE", instead="Not shown"), ())
    card = long_card(60)
    parts = split(Card(card.subject, (*card.parts[:-2], dark, *card.parts[-2:]), private=False), draw.fits, foot=2)
    assert [part.marking for part in parts] == ["OFFICIAL"] * (len(parts) - 1) + ["OFFICIAL-SENSITIVE"]


def test_a_register_of_many_reports_is_told_whole(work: Digests) -> None:
    codes = [f"LAMP{n}" for n in range(10, 90)]
    take(work.store, *(row(f"{code}-R1", report_code=code, report_title="Keep the lights on " * 3) for code in codes))
    first, *thread = cards(work, "2026-11-09")
    assert len(thread) > 1 and all(draw.fits(part) for part in (first, *thread))
    heads = [span.text for part in thread for span in spans(part) if span.style == "bold" and span.text in codes]
    assert heads == codes
