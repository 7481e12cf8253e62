"""One APScheduler tick calls `run_due(now)`; due times come from its CronTrigger over the schedule kept as data."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from bot import apart
from handlers.card import Card, shown_in
from handlers.carrier import Drawing
from handlers.digests import board, weekly
from handlers.digests.split import split
from storage import beside, boards, digests, figures
from storage.digests import Run, Schedule
from storage.figures import Figures
from storage.rules.deadlines import Thresholds
from storage.rules.working_days import Calendar
from storage.store import Store, StoreFault

log = logging.getLogger(__name__)
TICK_SECONDS = 30
LATE_AFTER = timedelta(minutes=30)


class Period(NamedTuple):
    """A digest's period: the ISO week of its nominal day, and the instant that it is due."""

    name: str
    due: datetime


class Digests(NamedTuple):
    """What writing digests needs."""

    store: Store
    calendar: Calendar
    limits: Thresholds
    slash: str
    drawings: Mapping[str, Drawing]
    cleared: Callable[[str, str], bool]
    apart: bool = False  # a large register is counted in a process of its own


class Written(NamedTuple):
    """A digest to be kept: its first message, its figures, and the messages of its thread."""

    first: str
    told: dict[str, Any]
    parts: list[str]


def run_due(work: Digests, now: datetime) -> int:
    """Claim and write every digest that is due; gives how many were written. Safe to call from many processes."""
    with work.store.read() as tx:
        schedules = [schedule for schedule in digests.schedules(tx) if schedule.platform in work.drawings]
    for schedule in schedules:
        _claim_latest(work, schedule, now)
    return _write_claimed(work, schedules, now)


def _claim_latest(work: Digests, schedule: Schedule, now: datetime) -> None:
    """The latest missed period only; nothing that was due before the digest was set up."""
    period = latest(schedule, work.calendar, now)
    if period is None or period.due <= schedule.since:
        return
    with work.store.read() as tx:
        if digests.known(tx, schedule, period.name, period.due):
            return
    if digests.claim(work.store, schedule, period.name, period.due):
        log.info("digest %s of %s claimed", schedule.name, period.name)


def latest(schedule: Schedule, calendar: Calendar, now: datetime) -> Period | None:
    """The period that was last due by `now`."""
    due = [period for period in _periods(schedule, calendar, now) if period.due <= now]
    return max(due, key=lambda period: period.due) if due else None


def upcoming(schedule: Schedule, calendar: Calendar, now: datetime) -> Period | None:
    """The period that is due next after `now`."""
    due = [period for period in _periods(schedule, calendar, now) if period.due > now]
    return min(due, key=lambda period: period.due) if due else None


def _periods(schedule: Schedule, calendar: Calendar, now: datetime) -> list[Period]:
    """Periods from three weeks back to two ahead; a wall-clock time stays itself over clock changes."""
    from apscheduler.triggers.cron import CronTrigger

    hour, minute = schedule.time.split(":")
    trigger = CronTrigger(day_of_week=schedule.day, hour=int(hour), minute=int(minute), timezone=calendar.zone)
    at, end = now - timedelta(days=21), now + timedelta(days=15)
    periods = []
    while (nominal := trigger.get_next_fire_time(None, at)) and nominal <= end:
        year, week, _ = nominal.date().isocalendar()
        periods.append(Period(f"{year}-W{week:02d}", _shifted(nominal, calendar)))
        at = nominal + timedelta(seconds=1)
    return periods


def _shifted(nominal: datetime, calendar: Calendar) -> datetime:
    """A digest due on a bank holiday comes at the same wall-clock time of the next working day."""
    day = nominal.date()
    if not calendar.next_working_day or day not in calendar.holidays:
        return nominal
    return datetime.combine(calendar.first_from(day), nominal.timetz().replace(tzinfo=None), calendar.zone)


def _write_claimed(work: Digests, schedules: list[Schedule], now: datetime) -> int:
    """Write the message of every claimed run that lacks one, whoever claimed it and however it ended."""
    by_id = {schedule.id: schedule for schedule in schedules}
    with work.store.read() as tx:
        runs = digests.unwritten(tx)
    return sum(_written(work, by_id[run.digest_id], run, now) for run in runs if run.digest_id in by_id)


def _written(work: Digests, schedule: Schedule, run: Run, now: datetime) -> bool:
    """One that cannot be written keeps none of the others waiting; somebody is told once it is late."""
    try:
        return _write(work, schedule, run, now)
    except StoreFault:
        raise
    except Exception:
        log.exception("digest %s of %s cannot be written", schedule.name, run.period)
        return False


def _write(work: Digests, schedule: Schedule, run: Run, now: datetime) -> bool:
    late = run.due if now - run.due > LATE_AFTER else None
    cleared = work.cleared(schedule.platform, schedule.place)
    told = None
    if work.apart and apart.wanted(work.store):
        told = apart.written(work, schedule, run, late, cleared=cleared)
    told = told or written(work, schedule, run, late, cleared=cleared)
    return digests.write_down(work.store, run, schedule, key_of(schedule, run.period), *told)


def written(work: Digests, schedule: Schedule, run: Run, late: datetime | None, *, cleared: bool) -> Written:
    """The message and its thread as the outbox keeps them, and the figures as scripts get them."""
    counted, cards = drawn(work, schedule, run, late, cleared=cleared)
    drawing = work.drawings[schedule.platform]
    first, *parts = (drawing.payload(shown_in(card, cleared=cleared)) for card in cards)
    return Written(first, figures.as_json(counted, run.period), parts)


def drawn(
    work: Digests, schedule: Schedule, run: Run, late: datetime | None = None, *, cleared: bool
) -> tuple[Figures, tuple[Card, ...]]:
    """The figures of a run, as at the instant that it was due for, and its message with those of its thread."""
    of_board = schedule.kind == digests.BOARD

    def fits(card: Card) -> bool:
        """As it will stand there: what is not shown may be said in more words than what is."""
        return work.drawings[schedule.platform].fits(shown_in(card, cleared=cleared))

    with work.store.read() as tx:
        unseen = boards.hidden(tx, schedule.filter, work.limits, cleared=cleared) if of_board else frozenset()
        window = digests.window(tx, run.digest_id, run.due, run.last_event)
        counted = figures.count(tx, window, work.limits, unseen)
        if of_board:
            counted = boards.narrow(tx, counted, unseen)
        else:
            more = beside.of_digest(tx, run.digest_id, run.period, counted, window, work.limits)
    slash = work.slash if work.drawings[schedule.platform].slash else ""
    if of_board:
        return counted, split(board.card(counted, work.limits, slash, schedule.filter, late=late), fits)
    return counted, weekly.cards(counted, work.limits, slash, more, fits, late=late)


def key_of(schedule: Schedule, period: str) -> str:
    """The key that names one digest of one period wherever it goes; it rides in the message's metadata."""
    return f"digest:{schedule.name}:{period}"


def ticker(tick: Callable[[], Any]) -> Any:
    """An APScheduler that calls `tick` every half minute, one call at a time; not started yet."""
    from apscheduler.schedulers.background import BackgroundScheduler

    scheduler = BackgroundScheduler(timezone="UTC")
    scheduler.add_job(
        tick,
        "interval",
        seconds=TICK_SECONDS,
        coalesce=True,
        max_instances=1,
        misfire_grace_time=None,
        id="tick",
        next_run_time=datetime.now(ZoneInfo("UTC")),
    )
    return scheduler
