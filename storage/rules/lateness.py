"""When what was due is so late that somebody has to hear of it: an hour, of which closed hours do not count."""

from datetime import datetime, timedelta

from storage.rules.working_days import OPENS, Calendar

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
    """Whether what was due should have gone more than an hour ago; at night and on days off nothing is."""
    return calendar.open_at(now) and now - could_go_from(calendar, due) > TOO_LATE
