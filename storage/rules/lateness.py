"""When what was due is so late that somebody has to hear of it: an hour, of which closed hours do not count."""

from datetime import datetime, timedelta

from storage.rules.working_days import OPENS, SHUTS, Calendar

TOO_LATE = timedelta(hours=1)


def could_go_from(calendar: Calendar, due: datetime) -> datetime:
    """The instant itself in working hours, else the opening of the next ones."""
    if calendar.open_at(due):
        return due
    day, opening = calendar.today(due), OPENS.isoformat()
    if calendar.works(day) and due < calendar.on(day, opening):
        return calendar.on(day, opening)
    return calendar.on(calendar.working_day(day, 1), opening)


def too_late(calendar: Calendar, due: datetime, now: datetime) -> bool:
    """Whether what was due could have gone for more than an hour of working hours; outside them nothing is late."""
    return calendar.open_at(now) and _open_hours(calendar, could_go_from(calendar, due), now) > TOO_LATE


def _open_hours(calendar: Calendar, start: datetime, now: datetime) -> timedelta:
    """The working hours between two instants within them, as far as they matter here."""
    first, today = calendar.today(start), calendar.today(now)
    if first >= today:
        return now - start
    if calendar.working_day(first, 1) < today:
        return timedelta(days=1)
    return calendar.on(first, SHUTS.isoformat()) - start + now - calendar.on(today, OPENS.isoformat())
