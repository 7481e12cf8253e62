"""`--as-at DATE`: the end of that London day."""

from datetime import datetime, timedelta

from bot.cli import Refused
from handlers import dates
from storage.fields import LONDON, london_day


def end_of(typed: str, now: datetime) -> datetime:
    """The last instant of the day that was typed, with a sentence for what is no day, or none the register knows."""
    try:
        day = dates.read_date(typed, london_day(now))
    except dates.DoubtfulDate as doubt:
        raise Refused(str(doubt)) from None
    if not 2000 <= day.year < 2100:
        raise Refused("The register knows the years 2000 to 2099. Give a day in one of them, like 2026-11-23.")
    return datetime.combine(day + timedelta(days=1), datetime.min.time(), LONDON) - timedelta(microseconds=1)


def past(typed: str, now: datetime) -> datetime | None:
    """The end of a day that is over; None for today, which is as it stands. A day to come is refused."""
    end = end_of(typed, now)
    if london_day(end) > london_day(now):
        raise Refused("That day has not come yet. Give today or an earlier day, like 2026-11-23.")
    return end if end < now else None
