"""Digests as people name them: days, channels, what narrows them, and when each comes."""

import re
from datetime import date, datetime, timedelta
from typing import NamedTuple

from handlers import wording
from handlers.ask import Desk
from handlers.card import Card, Line, Span, say_lines
from handlers.wording import british
from storage import boards, people, refusals
from storage.digests import LEAD, MORNING, WEEKLY, Schedule
from storage.refusals import FieldFaults

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

_HERE, _NAMED = re.compile(r"here(?:\s+|\Z)", re.IGNORECASE), re.compile(r"#?([CG][A-Z0-9]{2,})(?:\s+|\Z)")


def channel_of(place: str) -> tuple[str, str]:
    """Platform and id of the channel in which something was said; empty for direct messages and the terminal."""
    found = _CHANNEL.match(place)
    return (found[1] or found[3], found[2] or found[4]) if found else ("", "")


class Channel(NamedTuple):
    """A channel that somebody named, and what they said after it."""

    platform: str
    place: str
    rest: str


def named(words: str, said_in: str) -> Channel | None:
    """The channel that words begin with: by its id, or `here`. Raises FieldFaults for `here` outside of any."""
    here, found = _HERE.match(words), _NAMED.match(words)
    if not here:
        return Channel("slack", found[1], words[found.end() :]) if found else None
    platform, place = channel_of(said_in)
    if not place:
        raise FieldFaults({"place": "Say it in the channel that the digest is to come to."})
    return Channel(platform, place, words[here.end() :])


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
