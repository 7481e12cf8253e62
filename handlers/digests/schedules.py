"""Digests as people name them: days, channels, what narrows them, and when each comes."""

import re
from datetime import date, datetime, timedelta

from handlers import wording
from handlers.ask import Desk
from handlers.card import Card, Line, Span, say_lines
from handlers.wording import british
from storage import boards, people, refusals
from storage.digests import LEAD, MORNING, WEEKLY, Schedule

DAYS = {
    "mon": "Monday",
    "tue": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
}
_CHANNEL = re.compile(r"(slack) ([CG][A-Z0-9]+)\Z|(teams) (19:\S+@thread\.\S+)\Z")


def channel_of(place: str) -> tuple[str, str]:
    """Platform and id of the channel in which something was said; empty for direct messages and the terminal."""
    found = _CHANNEL.match(place)
    return (found[1] or found[3], found[2] or found[4]) if found else ("", "")


def first_day(desk: Desk, day: str, now: datetime, time: str) -> date:
    """The first day on which a digest of that weekday comes after now."""
    today = desk.calendar.today(now)
    ahead = (list(DAYS).index(day) - today.weekday()) % 7
    nominal = today + timedelta(days=ahead)
    if ahead == 0 and desk.calendar.on(today, time) <= now:
        nominal += timedelta(days=7)
    return desk.calendar.first_from(nominal) if nominal in desk.calendar.holidays else nominal


def refused(act: str, sentence: str) -> Card:
    """Why a digest was not switched on or off."""
    first = refusals.opening(act)
    return Card(first.rstrip("."), (say_lines(wording.answer_first(first, sentence)),), ok=False)


def channel(place: str) -> Span:
    """A channel by its id; the chat shows its name."""
    return Span(f"#{place}", "channel")


def called(kept: Schedule) -> str:
    """What a digest is of, in a few words."""
    if kept.kind == WEEKLY:
        return "The DCC's digest"
    if kept.kind == MORNING:
        return "The liaison's list"
    return "A lead's portfolio" if kept.kind == LEAD else boards.kept(kept.filter)[0]


def when(kept: Schedule) -> str:
    """each Thursday at 14:00."""
    if kept.kind == MORNING:
        return "each working day, with their message of the day"
    if kept.kind == LEAD:
        return f"each {DAYS[kept.day]}, with their message of the day"
    return f"each {DAYS[kept.day]} at {kept.time}"


def whom(desk: Desk, kept: Schedule) -> Line:
    """The channel or the person that it goes to."""
    if kept.person_id is None:
        return (channel(kept.place),)
    with desk.store.read() as tx:
        return (Span(people.called(tx, kept.person_id)),)


def since(desk: Desk, kept: Schedule) -> str:
    return f"since {british(desk.calendar.today(kept.since))}"
