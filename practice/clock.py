"""The practice clock: starts where it is told, runs on in real time, and moves forwards only."""

from __future__ import annotations

import time
from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo


def london() -> ZoneInfo:
    """The zone in which the practice workspace lives."""
    return ZoneInfo("Europe/London")


def in_london(instant: datetime) -> datetime:
    """The same instant on a London clock; without an offset it is taken as London time."""
    if instant.tzinfo is None:
        return instant.replace(tzinfo=london())
    return instant.astimezone(london())


class ClockGoesForwards(ValueError):
    """The clock was asked to stand still or go back."""


class Clock:
    """Tells the practice time and stamps messages: no two stamps are alike, and none goes back."""

    def __init__(self, start: datetime) -> None:
        self._start = in_london(start).astimezone(UTC)
        self._since = time.monotonic()
        self._last_stamp = 0

    def now(self) -> datetime:
        """The practice time, in London."""
        passed = timedelta(seconds=time.monotonic() - self._since)
        return (self._start + passed).astimezone(london())

    def move(self, to: datetime) -> None:
        """Sets the clock to a later instant, from which it runs on."""
        if in_london(to) <= self.now():
            raise ClockGoesForwards("The clock moves forwards only.")
        self._start = in_london(to).astimezone(UTC)
        self._since = time.monotonic()

    def ts(self) -> str:
        """A message's stamp in Slack's form, later than every stamp before."""
        stamp = max(int(self.now().timestamp() * 1_000_000), self._last_stamp + 1)
        self._last_stamp = stamp
        return stamp_of(stamp)


def stamp_of(microseconds: int) -> str:
    """Slack's form of a stamp: whole seconds, a dot, six digits."""
    return f"{microseconds // 1_000_000}.{microseconds % 1_000_000:06d}"


def instant_of(ts: str) -> datetime:
    """The London time of a stamp."""
    return datetime.fromtimestamp(float(ts), UTC).astimezone(london())


def target(move: str, now: datetime, holidays: Collection[date] = ()) -> datetime:
    """Where a named move leads from now: one hour on, the next working day 08:00, the next Monday 09:00."""
    if move == "hour":
        return (now.astimezone(UTC) + timedelta(hours=1)).astimezone(london())
    if move == "working_day":
        return _at(_next_working_day(now.date(), holidays), 8)
    if move == "monday":
        return _next_monday(now)
    raise ValueError(f"no such move: {move}")


def _next_working_day(today: date, holidays: Collection[date]) -> date:
    day = today + timedelta(days=1)
    while day.weekday() > 4 or day in holidays:
        day += timedelta(days=1)
    return day


def _next_monday(now: datetime) -> datetime:
    this_week = _at(now.date() - timedelta(days=now.weekday()), 9)
    return this_week if this_week > now else _at(this_week.date() + timedelta(days=7), 9)


def _at(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=london())
