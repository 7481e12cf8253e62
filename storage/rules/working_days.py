"""Working days and waking hours: Monday to Friday less the bank holidays, by the wall clock."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import NamedTuple
from zoneinfo import ZoneInfo

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")  # as a digest's day is kept
OPENS, SHUTS = time(8), time(18)  # what is late waits for these hours of a working day


class Calendar(NamedTuple):
    """The wall clock's zone, the days off, and whether a digest due on one waits for the next working day."""

    zone: ZoneInfo
    holidays: frozenset[date]
    next_working_day: bool = True

    def works(self, day: date) -> bool:
        return day.weekday() < 5 and day not in self.holidays

    def today(self, now: datetime) -> date:
        """The day that it is by the wall clock."""
        return now.astimezone(self.zone).date()

    def on(self, day: date, at: str) -> datetime:
        """The instant at which the wall clock shows `at`, like 09:00, on that day."""
        return datetime.combine(day, time.fromisoformat(at), self.zone)

    def open_at(self, now: datetime) -> bool:
        """Whether a message that nobody waits for may reach a person now: by day, on a working day."""
        local = now.astimezone(self.zone)
        return self.works(local.date()) and OPENS <= local.time() < SHUTS

    def eve(self, day: date) -> date:
        """The last day before the next working day after it: the day itself, or the end of the days off."""
        return self.working_day(day, 1) - timedelta(days=1)

    def first_from(self, day: date) -> date:
        """That day where it is a working day, else the next one."""
        return day if self.works(day) else self.working_day(day, 1)

    def working_day(self, day: date, number: int) -> date:
        """The n-th working day after `day`, from 1 on."""
        return next(islice(self._after(day), number - 1, None))

    def _after(self, day: date) -> Iterator[date]:
        while True:
            day += timedelta(days=1)
            if self.works(day):
                yield day
