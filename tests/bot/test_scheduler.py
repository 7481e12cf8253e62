"""When a digest is due: by London's wall clock, over clock changes and bank holidays, one a week, once."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import holidays
import pytest
from sqlalchemy import insert, text

from bot import scheduler, wiring
from bot.clock import clock as bot_clock
from bot.doors import RunFault
from bot.scheduler import Digests, latest, run_due, upcoming
from bot.settings import SettingsFault, read
from storage import digests, outbox
from storage.digests import Schedule
from storage.fields import LONDON
from storage.rules.working_days import Calendar
from storage.store import Store
from storage.tables import DIGEST
from tests.conftest import Clock, london
from tests.wire.office import settings

BUNDLED = wiring.calendar(settings()).holidays
NEXT, SAME = Calendar(LONDON, BUNDLED, True), Calendar(LONDON, BUNDLED, False)
LONG_AGO = datetime(2012, 1, 1, tzinfo=UTC)


def schedule(day: str = "mon", time: str = "09:00", since: datetime = LONG_AGO) -> Schedule:
    return Schedule(1, "weekly", "slack", "C0DCC", day, time, since)


# (day, now in London, calendar, period, due in London, due in UTC)
DUE = [
    ("mon", "2026-10-19 09:00", NEXT, "2026-W43", "2026-10-19 09:00", "2026-10-19 08:00"),  # summer time
    ("mon", "2026-10-26 09:00", NEXT, "2026-W44", "2026-10-26 09:00", "2026-10-26 09:00"),  # the day after it ended
    ("mon", "2026-10-26 08:59", NEXT, "2026-W43", "2026-10-19 09:00", "2026-10-19 08:00"),
    ("mon", "2026-03-23 12:00", NEXT, "2026-W13", "2026-03-23 09:00", "2026-03-23 09:00"),  # winter
    ("mon", "2026-03-30 09:00", NEXT, "2026-W14", "2026-03-30 09:00", "2026-03-30 08:00"),  # the day after it began
    ("sun", "2026-10-25 12:00", NEXT, "2026-W43", "2026-10-25 09:00", "2026-10-25 09:00"),  # the day itself
    ("sun", "2026-03-29 12:00", NEXT, "2026-W13", "2026-03-29 09:00", "2026-03-29 08:00"),
    ("mon", "2026-04-06 12:00", NEXT, "2026-W14", "2026-03-30 09:00", "2026-03-30 08:00"),  # Easter Monday: not yet
    ("mon", "2026-04-07 09:00", NEXT, "2026-W15", "2026-04-07 09:00", "2026-04-07 08:00"),
    ("mon", "2026-04-06 09:00", SAME, "2026-W15", "2026-04-06 09:00", "2026-04-06 08:00"),
    ("fri", "2026-04-07 09:00", NEXT, "2026-W14", "2026-04-07 09:00", "2026-04-07 08:00"),  # Good Friday to Tuesday
    ("fri", "2026-04-10 09:00", NEXT, "2026-W15", "2026-04-10 09:00", "2026-04-10 08:00"),
    ("fri", "2026-12-29 09:00", NEXT, "2026-W52", "2026-12-29 09:00", "2026-12-29 09:00"),  # Christmas Day to Tuesday
    ("mon", "2026-12-29 09:00", NEXT, "2026-W53", "2026-12-29 09:00", "2026-12-29 09:00"),  # a year of 53 weeks
    ("mon", "2027-01-04 09:00", NEXT, "2027-W01", "2027-01-04 09:00", "2027-01-04 09:00"),
    ("mon", "2024-12-30 09:00", NEXT, "2025-W01", "2024-12-30 09:00", "2024-12-30 09:00"),  # ISO's year, not the day's
    ("mon", "2027-12-29 09:00", NEXT, "2027-W52", "2027-12-29 09:00", "2027-12-29 09:00"),  # two substitute days
]


@pytest.mark.parametrize(("day", "now", "calendar", "period", "local", "utc"), DUE)
def test_due_by_the_wall_clock(day: str, now: str, calendar: Calendar, period: str, local: str, utc: str) -> None:
    found = latest(schedule(day), calendar, london(now))
    assert found is not None
    assert (found.name, found.due.astimezone(LONDON)) == (period, london(local))
    assert found.due.astimezone(UTC) == datetime.fromisoformat(utc).replace(tzinfo=UTC)


def test_a_second_early_is_not_due_and_the_second_is() -> None:
    due = london("2026-11-23 09:00")
    early = latest(schedule(), NEXT, due - timedelta(microseconds=1))
    there = latest(schedule(), NEXT, due)
    assert early is not None and early.name == "2026-W47"
    assert there is not None and there.name == "2026-W48"
    coming = upcoming(schedule(), NEXT, due)
    assert coming is not None and (coming.name, coming.due) == ("2026-W49", london("2026-11-30 09:00"))


@pytest.mark.parametrize(
    ("day", "time", "calendar"),
    [
        ("mon", "09:00", NEXT),
        ("mon", "09:00", SAME),
        ("fri", "16:30", NEXT),
        ("sun", "00:30", NEXT),
        ("wed", "02:00", SAME),
    ],
)
def test_five_years_day_by_day_hold_one_due_instant_a_week(calendar: Calendar, day: str, time: str) -> None:
    """Against a table of bank holidays of another make, and weeks counted by hand."""
    seen: dict[str, datetime] = {}
    at, end = london("2024-01-01 23:59"), london("2028-12-24 23:59")
    plan = schedule(day, time)
    while at <= end:
        found = latest(plan, calendar, at)
        if found is not None:
            assert seen.setdefault(found.name, found.due) == found.due, "a week with two due instants"
        at = (at.replace(tzinfo=None) + timedelta(days=1)).replace(tzinfo=LONDON)
    expected = dict(_by_hand(day, time, calendar.next_working_day))
    missing = {k: v for k, v in expected.items() if london("2024-01-02 00:00") <= v <= end}
    assert {k: v.astimezone(UTC) for k, v in seen.items() if k in missing} == {
        k: v.astimezone(UTC) for k, v in missing.items()
    }
    assert 258 <= len(missing) <= 262
    locals_ = [due.astimezone(LONDON) for due in seen.values()]
    assert {f"{due:%H:%M}" for due in locals_} == {time}
    assert not [due for due in locals_ if due.hour == 1]
    instants = sorted(seen.values())
    assert len(set(instants)) == len(instants)


def _by_hand(day: str, time: str, shifted: bool) -> list[tuple[str, datetime]]:
    off = holidays.country_holidays("GB", subdiv="ENG", years=range(2023, 2030))
    weekday = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].index(day)
    found = []
    for week in range(54 * 5 + 3):
        nominal = date(2024, 1, 1) + timedelta(days=7 * week + weekday)
        year, number, _ = nominal.isocalendar()
        due = nominal
        if shifted and nominal in off and nominal.weekday() < 5:  # gov.uk lists no Saturday or Sunday
            while due in off or due.weekday() > 4:
                due += timedelta(days=1)
        found.append((f"{year}-W{number:02d}", london(f"{due} {time}")))
    return found


@pytest.mark.parametrize("time", ["01:00", "01:30", "01:59"])
def test_the_hour_that_a_clock_change_takes_or_repeats_is_refused(time: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_TIME", time)
    with pytest.raises(SettingsFault, match="DIGEST_TIME lies between 01:00 and 02:00"):
        read(None)


def test_the_bank_holidays_file_takes_the_place_of_the_table(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("days") / "days.txt"
    path.write_text("2026-11-23\n")
    own = wiring.calendar(settings(bank_holidays_file=path))
    assert own.holidays == {date(2026, 11, 23)}
    found = latest(schedule(), own, london("2026-11-24 09:00"))
    assert found is not None and (found.name, found.due) == ("2026-W48", london("2026-11-24 09:00"))
    path.write_text("23/11/2026\n")
    with pytest.raises(RunFault, match="BANK_HOLIDAYS_FILE cannot be read"):
        wiring.calendar(settings(bank_holidays_file=path))


# --- what a tick does -----------------------------------------------------------------------------------------------


@pytest.fixture
def work(register: Store) -> Digests:
    return wiring.digest_work(register, settings())


Runs = Callable[[], list[str]]


@pytest.fixture
def keys(register: Store) -> Runs:
    """The digests in the outbox, in order."""

    def look() -> list[str]:
        with register.read() as tx:
            return list(tx.execute(text("SELECT key FROM outgoing_message ORDER BY id")).scalars())

    return look


def set_up(work: Digests, clock: Clock, when: str) -> None:
    clock.set(when)
    digests.set_up(work.store, "slack", "C0DCC", "mon", "09:00")


def test_nothing_that_was_due_before_the_digest_was_set_up_is_sent(work: Digests, clock: Clock, keys: Runs) -> None:
    set_up(work, clock, "2026-11-25 10:00")
    assert run_due(work, clock()) == 0
    assert run_due(work, clock.set("2026-11-30 08:59")) == 0
    assert keys() == []
    assert run_due(work, clock.set("2026-11-30 09:00")) == 1
    assert keys() == ["digest:weekly:2026-W49"]


def test_setting_up_again_keeps_the_day_since_when_it_exists(work: Digests, clock: Clock, keys: Runs) -> None:
    set_up(work, clock, "2026-11-20 10:00")
    set_up(work, clock, "2026-11-23 09:05")  # a restart after the hour
    assert run_due(work, clock()) == 1
    assert keys() == ["digest:weekly:2026-W48"]


def test_of_missed_weeks_only_the_latest_is_caught_up(work: Digests, clock: Clock, keys: Runs) -> None:
    set_up(work, clock, "2026-10-30 10:00")
    assert run_due(work, clock.set("2026-11-25 10:00")) == 1
    assert run_due(work, clock()) == 0
    assert keys() == ["digest:weekly:2026-W48"]


def test_a_clock_that_is_put_back_sends_no_week_that_a_later_one_took_in(
    work: Digests, clock: Clock, keys: Runs
) -> None:
    set_up(work, clock, "2026-10-30 10:00")
    assert run_due(work, clock.set("2026-11-23 09:05")) == 1  # after weeks of sleep
    assert run_due(work, clock.set("2026-11-23 08:55")) == 0
    assert keys() == ["digest:weekly:2026-W48"]


def test_many_ticks_write_one_digest_a_week(work: Digests, clock: Clock, keys: Runs) -> None:
    set_up(work, clock, "2026-10-19 08:00")
    ticks = 0
    while clock() < london("2026-11-16 17:00"):
        run_due(work, clock())
        for key in keys():
            _settle(work.store, key)
        clock.later(hours=7)
        ticks += 1
    assert keys() == [f"digest:weekly:2026-W{week}" for week in range(43, 48)]
    assert ticks > 90


def _settle(store: Store, key: str) -> None:
    with store.write() as tx:
        tx.execute(text("UPDATE outgoing_message SET state = 'sent', posted_ts = '1.2' WHERE key = :key"), {"key": key})


def test_a_run_claimed_by_a_process_that_died_is_written_by_the_next(work: Digests, clock: Clock, keys: Runs) -> None:
    set_up(work, clock, "2026-11-20 10:00")
    now = clock.set("2026-11-23 09:00")
    with work.store.read() as tx:
        plan = digests.schedules(tx)[0]
    assert digests.claim(work.store, plan, "2026-W48", now)
    assert not digests.claim(work.store, plan, "2026-W48", now)
    assert keys() == []
    assert run_due(work, now) == 1
    assert keys() == ["digest:weekly:2026-W48"]
    assert run_due(work, now) == 0


def test_an_earlier_digest_is_settled_before_the_next_is_counted(work: Digests, clock: Clock, keys: Runs) -> None:
    set_up(work, clock, "2026-11-13 10:00")
    run_due(work, clock.set("2026-11-16 09:00"))
    assert run_due(work, clock.set("2026-11-23 09:00")) == 0  # it waits
    _settle(work.store, "digest:weekly:2026-W47")
    assert run_due(work, clock()) == 1
    assert keys() == ["digest:weekly:2026-W47", "digest:weekly:2026-W48"]


def test_a_digest_half_an_hour_after_its_time_says_so(work: Digests, clock: Clock, register: Store) -> None:
    set_up(work, clock, "2026-11-13 10:00")
    for week, when, late in (("47", "2026-11-16 09:30", False), ("48", "2026-11-23 09:31", True)):
        run_due(work, clock.set(when))
        with register.read() as tx:
            payload = str(tx.execute(text(f"SELECT payload FROM outgoing_message WHERE key LIKE '%W{week}'")).scalar())
        assert ("Sent late." in json.loads(payload)["text"]) is late
        _settle(register, f"digest:weekly:2026-W{week}")


def test_a_digest_that_cannot_be_written_keeps_no_other_waiting(work: Digests, clock: Clock, keys: Runs) -> None:
    clock.set("2026-11-20 16:00")
    with work.store.write() as tx:
        row = {"name": "board-1", "kind": "board", "platform": "slack", "place": "C0BOARD", "day": "mon"}
        tx.execute(insert(DIGEST).values(**row, time="08:30", filter="no JSON at all", since=clock()))
    set_up(work, clock, "2026-11-20 16:00")
    assert run_due(work, clock.set("2026-11-23 09:00")) == 1
    assert keys() == ["digest:weekly:2026-W48"]


def test_the_clock_of_tests_runs_on_from_where_it_is_put() -> None:
    start = london("2026-11-23 08:59")
    ticking = bot_clock(start)
    first, second = ticking(), ticking()
    assert start <= first <= second < start + timedelta(seconds=5)
    assert outbox.SETTLED == ("sent", "blocked") and scheduler.TICK_SECONDS <= 60
