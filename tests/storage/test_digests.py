"""Digests as data: one process has a period, its window meets the one before, and an earlier one goes first."""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from storage import digests, history, outbox
from storage.digests import Run, Schedule
from storage.figures import Window
from storage.store import Store, open_store
from storage.tables import DIGEST, DIGEST_RUN
from tests.conftest import Clock, london, peopled
from tests.storage.registers import row, take

TURNS = itertools.count(1)  # seconds: no two messages of a channel go in one
LEASE = timedelta(minutes=2)
WEEKS = ("2026-W46", "2026-W47", "2026-W48")
DUE = dict(zip(WEEKS, (london(f"2026-11-{day:02} 09:00").astimezone(UTC) for day in (9, 16, 23)), strict=True))


@pytest.fixture
def there(register: Store, clock: Clock) -> Iterator[Store]:
    """The same register, opened by a second process."""
    store = open_store(register.url, clock)
    yield store
    store.close()


@pytest.fixture
def weekly(register: Store) -> Schedule:
    return digests.set_up(register, "slack", "C0DCC", "mon", "09:00")


def claim(store: Store, schedule: Schedule, week: str) -> bool:
    return digests.claim(store, schedule, week, DUE[week])


def unwritten(store: Store) -> list[str]:
    with store.read() as tx:
        return [run.period for run in digests.unwritten(tx)]


def run(store: Store, week: str) -> Run:
    with store.read() as tx:
        where = DIGEST_RUN.c.period == week
        return Run(*tx.execute(select(*(DIGEST_RUN.c[n] for n in Run._fields)).where(where)).one())


def write(store: Store, schedule: Schedule, week: str) -> bool:
    return digests.write_down(store, run(store, week), schedule, f"weekly:{week}", '{"text": "x"}', {"open": 1})


def settle(store: Store, state: str) -> None:
    message = outbox.claim(store, store.clock() + timedelta(seconds=next(TURNS)), LEASE)
    assert message is not None
    assert outbox.settle(store, message, state)


def test_set_up_once_and_changed_by_the_settings(register: Store, clock: Clock) -> None:
    first = digests.set_up(register, "slack", "C0DCC", "mon", "09:00")
    clock.later(days=30)
    again = digests.set_up(register, "slack", "C0NEW", "tue", "10:00")
    assert again == first._replace(place="C0NEW", day="tue", time="10:00")  # `since` stays
    with register.read() as tx:
        assert digests.schedules(tx) == [again]


def test_one_process_has_a_period(register: Store, there: Store, weekly: Schedule) -> None:
    with register.read() as tx:
        assert not digests.known(tx, weekly, "2026-W46", DUE["2026-W46"])
    won = [claim(store, weekly, week) for week in WEEKS for store in (there, register, there)]
    assert won == [True, False, False] * 3
    with register.read() as tx:
        assert all(digests.known(tx, weekly, week, DUE[week]) for week in WEEKS)


def test_a_period_that_was_lost_is_not_counted_twice(register: Store, there: Store, weekly: Schedule) -> None:
    claim(register, weekly, "2026-W46")
    assert write(register, weekly, "2026-W46") is True
    assert write(there, weekly, "2026-W46") is False


def test_an_unwritten_run_waits_until_the_earlier_one_is_settled(
    register: Store, weekly: Schedule, clock: Clock
) -> None:
    clock.set("2026-11-23 09:00")
    for week in reversed(WEEKS):
        claim(register, weekly, week)
    assert unwritten(register) == ["2026-W46"]
    write(register, weekly, "2026-W46")
    assert unwritten(register) == []  # put, not sent yet
    message = outbox.claim(register, clock(), LEASE)
    assert message is not None
    assert unwritten(register) == []  # being sent
    outbox.settle(register, message, outbox.SENT)
    assert unwritten(register) == ["2026-W47"]
    write(register, weekly, "2026-W47")
    settle(register, outbox.BLOCKED)  # given up is settled too
    assert unwritten(register) == ["2026-W48"]


def test_the_last_event_counted_is_the_last_by_the_due_instant(register: Store, weekly: Schedule, clock: Clock) -> None:
    clock.set("2026-11-09 08:59")
    take(peopled(register), row("A-1"))
    clock.set("2026-11-09 09:00")
    take(register, row("A-2"))
    with register.read() as tx:
        by_then = history.head(tx).seq
    clock.set("2026-11-09 09:01")
    take(register, row("A-3"))
    claim(register, weekly, "2026-W46")  # late: somebody slept
    assert run(register, "2026-W46").last_event == by_then


def window(store: Store, weekly: Schedule, week: str) -> Window:
    with store.read() as tx:
        return digests.window(tx, weekly.id, DUE[week], run(store, week).last_event)


def test_windows_begin_where_the_last_digest_that_was_sent_ended(
    register: Store, weekly: Schedule, clock: Clock
) -> None:
    take(peopled(register), row("A-1"))
    for day in (6, 13, 20):  # something happens in every week
        clock.set(f"2026-11-{day:02} 15:00")
        take(register, row(f"A-{day}"))
    clock.set("2026-11-24 09:00")
    for week in WEEKS:
        claim(register, weekly, week)
    first = window(register, weekly, "2026-W46")
    assert (first.start, first.end) == (london("2026-11-02 09:00"), DUE["2026-W46"])  # none yet: a week before
    write(register, weekly, "2026-W46")
    settle(register, outbox.SENT)
    second = window(register, weekly, "2026-W47")
    assert (second.start, second.start_event) == (first.end, first.end_event)
    write(register, weekly, "2026-W47")
    settle(register, outbox.BLOCKED)  # never reached anybody: its week is told by the next
    third = window(register, weekly, "2026-W48")
    assert (third.start, third.start_event) == (first.end, first.end_event)
    assert third.end_event > second.end_event > first.end_event > first.start_event


@pytest.mark.parametrize(
    ("due", "start"),
    [
        ("2026-10-26 09:00", datetime(2026, 10, 19, 8, tzinfo=UTC)),  # the clocks went back on the 25th
        ("2027-03-29 09:00", datetime(2027, 3, 22, 9, tzinfo=UTC)),  # and forward on the 28th
        ("2026-11-23 09:00", datetime(2026, 11, 16, 9, tzinfo=UTC)),
    ],
)
def test_a_week_before_is_the_same_wall_clock_time(register: Store, due: str, start: datetime) -> None:
    with register.read() as tx:
        assert digests.window(tx, None, london(due), 0).start == start


def test_two_digests_do_not_wait_for_each_other(register: Store, weekly: Schedule, clock: Clock) -> None:
    clock.set("2026-11-23 09:00")
    with register.write() as tx:
        values = {"name": "reminders", "platform": "slack", "place": "C1", "filter": "", "day": "mon", "time": "09:00"}
        tx.execute(DIGEST.insert(), {**values, "since": clock()})
        other = digests.schedules(tx)[1]
    claim(register, weekly, "2026-W46")
    assert digests.claim(register, other, "2026-W47", DUE["2026-W47"])
    assert unwritten(register) == ["2026-W46", "2026-W47"]
