"""Eight weeks at the wire, day by day: what each person is told by schedule, and what three weeks of silence bring."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import pytest

from practice.clock import instant_of
from storage.fields import LONDON
from tests.bot.dcc_channel import key_of
from tests.conftest import Clock
from tests.wire.conftest import hold_to_the_limits
from tests.wire.office import DCC, Office, shown

Json = dict[str, Any]
STARTS = "2026-11-20 16:40"
LOOKS = ("07:30", "08:00", "09:00", "09:01", "12:30", "17:59", "21:00")  # when the ticker comes round, on each day
HOLIDAYS = {date(2026, 12, 25), date(2026, 12, 28), date(2027, 1, 1)}


class Told(NamedTuple):
    """One message that a person or a channel got by schedule."""

    key: str
    place: str
    at: datetime
    words: str


class Weeks:
    """An office whose days go by; what the bot sends is kept with the time at which it was sent."""

    def __init__(self, office: Office, clock: Clock) -> None:
        self.office, self.clock, self.told = office, clock, list[Told]()
        self.known = len(office.slack.stand_in.workspace.kept)

    def at(self, day: date, time: str) -> list[Told]:
        """The ticker comes round at that time of the day; gives what was sent then."""
        self.clock.set(f"{day} {time}")
        self.office.slack.stand_in.workspace.clock.move(self.clock())
        self.office.bot.tick()
        kept = list(self.office.slack.stand_in.workspace.kept)
        new = [k for k in kept[self.known :] if k.message.get("metadata")]
        self.known = len(kept)
        sent = [Told(key_of(k.message), k.channel, instant_of(k.ts), shown(k.message)) for k in new]
        self.told += sent
        return sent

    def day(self, day: date) -> list[Told]:
        return [one for time in LOOKS for one in self.at(day, time)]

    def until(self, first: date, last: date) -> list[Told]:
        return [one for n in range((last - first).days + 1) for one in self.day(first + timedelta(days=n))]


@pytest.fixture
def weeks(register_url: str) -> Iterator[Weeks]:
    clock = Clock(STARTS)
    with Office(register_url, time=clock) as office:
        yield Weeks(office, clock)
        office.bot.door.after.shutdown(wait=True)
        hold_to_the_limits(office)


def by_kind(told: list[Told]) -> Counter[str]:
    return Counter(one.key.partition(":")[0] for one in told)


def test_eight_weeks_as_people_meet_them(weeks: Weeks) -> None:
    told = weeks.until(date(2026, 11, 21), date(2027, 1, 15))
    print(by_kind(told))
    daily = [one for one in told if one.key.startswith("daily:")]
    digests = [one for one in told if one.key.startswith("digest:weekly:") and one.key.count(":") == 2]
    assert len(digests) == 8 and all(d.place == DCC for d in digests)
    for one in [*daily, *digests]:
        local = one.at.astimezone(LONDON)
        assert local.weekday() < 5 and local.date() not in HOLIDAYS and local.strftime("%H:%M") == "09:00", one
    a_day = Counter((one.place, one.at.astimezone(LONDON).date()) for one in daily)
    assert a_day and set(a_day.values()) == {1}  # nobody is told twice on one day
