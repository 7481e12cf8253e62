"""`reminders`, `snooze` and `no change` as people type them."""

from datetime import date

import pytest

from storage import record, reminders
from tests.conftest import Say, Town, actor, person


def chosen(town: Town, who: str) -> tuple[str, date | None]:
    with town.store.read() as tx:
        choice = reminders.choice(tx, person(town.store, who).id, date(2026, 11, 23))
    return choice.time, choice.paused_until


# --- reminders ------------------------------------------------------------------------------------------------------


def test_owen_reads_what_comes_when_and_why(say: Say) -> None:
    said = say("reminders")
    assert "Once a day, at 09:00, on working days." in said
    assert "30, 14 and 7 days before they are due, on the day, then every 7 days" in said
    assert "a question after 28 days without an update" in said
    assert "As the liaison" not in said
    assert "As the liaison" in say("reminders", as_="lia")
    assert "Section 55" in say("reminders", as_="tess")


@pytest.mark.parametrize(
    ("words", "time"),
    [
        ("at 14:00", "14:00"),
        ("at 8", "08:00"),
        ("at 2pm", "14:00"),
        ("at 12 pm", "12:00"),
        ("AT 17.59", "17:59"),
        ("at 9:30.", "09:30"),
    ],
)
def test_a_time_is_chosen(say: Say, trentshire: Town, words: str, time: str) -> None:
    assert f"You hear of what needs you at {time}" in say(f"reminders {words}")
    assert chosen(trentshire, "owen") == (time, None) and chosen(trentshire, "ana") == ("09:00", None)
    assert f"at {time}, on working days" in say("reminders")


@pytest.mark.parametrize("words", ["at 7:59", "at 18:00", "at 25", "at 12:60", "at 12 am", "at 3"])
def test_nobody_is_told_at_night(say: Say, trentshire: Town, words: str) -> None:
    assert "Not saved. Messages come by day. Choose a time from 08:00 to 17:59." in say(f"reminders {words}")
    assert chosen(trentshire, "owen") == ("09:00", None)


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("pause until 3 Dec 2026", date(2026, 12, 3)),
        ("pause until 21 Dec 2026", date(2026, 12, 21)),
        ("pause in 3 working days", date(2026, 11, 26)),
        ("pause until friday", date(2026, 11, 27)),
    ],
)
def test_a_pause_ends_on_its_day(say: Say, trentshire: Town, words: str, day: date) -> None:
    assert "No reminders before" in say(f"reminders {words}")
    assert chosen(trentshire, "owen") == ("09:00", day)
    assert "Paused until" in say("reminders")
    assert "You hear again" in say("reminders on") and chosen(trentshire, "owen") == ("09:00", None)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("pause until 23 Nov 2026", "23 Nov 2026 is not ahead."),
        ("pause until 1 Nov 2026", "1 Nov 2026 is not ahead."),
        ("pause until 22 Dec 2026", "22 Dec 2026 is over 28 days ahead. Choose 21 Dec 2026 or earlier."),
        ("pause until further notice", "further notice"),
        ("off", "That is not known here."),
    ],
)
def test_a_pause_that_cannot_be_is_refused_in_a_sentence(say: Say, trentshire: Town, words: str, why: str) -> None:
    said = say(f"reminders {words}")
    assert said.startswith("Not saved") and why in said
    assert chosen(trentshire, "owen") == ("09:00", None)


# --- snooze ---------------------------------------------------------------------------------------------------------


def test_an_owner_snoozes_an_item_and_its_card_says_so_and_why(say: Say) -> None:
    said = say("snooze CUST26-C1 in 5 working days: It waits for the printer.")
    assert "Snoozed." in said and "before 30 Nov 2026" in said
    assert "It waits for the printer." in say("CUST26-C1", as_="lia") and "30 Nov 2026" in say("CUST26-C1", as_="lia")
    assert "snoozed" in say("history CUST26-C1", as_="lia").lower()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("23 Nov 2026: busy", "is not ahead"),
        ("8 Dec 2026: busy", "is over 14 days ahead. Choose 7 Dec 2026 or earlier."),
    ],
)
def test_a_snooze_that_cannot_be_is_refused(say: Say, words: str, why: str) -> None:
    assert why in say(f"snooze CUST26-C1 {words}")


def test_a_snooze_needs_a_reason(say: Say, trentshire: Town) -> None:
    assert "Snoozed." not in say("snooze CUST26-C1 30 Nov 2026")
    with trentshire.store.read() as tx:
        assert reminders.snoozed(tx, date(2026, 11, 23)) == []


def test_twice_for_one_due_date_and_no_more(say: Say, trentshire: Town) -> None:
    for day in (24, 25):
        assert "Snoozed." in say(f"snooze CUST26-C1 {day} Nov 2026: It waits.")
    assert "It was snoozed 2 times for this due date already." in say("snooze CUST26-C1 26 Nov 2026: It waits.")
    asked = (date(2027, 3, 1), "The printer comes late.")
    record.ask_extension(trentshire.store, actor(trentshire.store, "owen"), "CUST26-C1", None, *asked)
    record.approve(trentshire.store, actor(trentshire.store, "ruth"), "CUST26-C1", None)
    assert "Snoozed." in say("snooze CUST26-C1 26 Nov 2026: It waits.")


@pytest.mark.parametrize("who", ["lia", "ruth", "ana"])
def test_only_the_owner_or_a_delegate_snoozes(say: Say, who: str) -> None:
    assert say("snooze CUST26-C1 30 Nov 2026: It waits.", as_=who).startswith("Not snoozed.")


# --- no change ------------------------------------------------------------------------------------------------------


def test_no_change_needs_a_sentence(say: Say) -> None:
    assert "Saved." not in say("no change CUST26-C1") and "Saved." not in say("no change CUST26-C1:  ")
    assert "Saved." in say("no change CUST26-C1: The printer comes in January.")
    assert "No change: The printer comes in January." in say("history CUST26-C1")


def test_days_are_counted_in_working_days_wherever_a_day_is_typed(say: Say) -> None:
    """From Monday 23 November 2026 the fifth working day is the Monday after."""
    assert "30 Nov 2026" in say("extend CUST26-C1 in 5 working days: The printer comes late.")
    assert "needs a date" not in say('list due<"in 5 working days"')


def test_no_change_is_for_whoever_may_update(say: Say) -> None:
    assert "Saved." not in say("no change CUST26-C1: It stands.", as_="jo")
