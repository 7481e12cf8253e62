"""Eight weeks at the wire, day by day: what each person is told by schedule, and what three weeks of silence bring."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import pytest

from bot.wiring import Job
from practice.clock import instant_of
from storage.fields import LONDON
from tests.bot.dcc_channel import key_of
from tests.conftest import Clock
from tests.wire.conftest import hold_to_the_limits
from tests.wire.office import Office, shown

Json = dict[str, Any]
STARTS = "2026-11-20 16:40"
LOOKS = ("07:30", "08:00", "09:00", "12:30", "17:59")  # when the ticker comes round, on each day
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
        assert self.office.bot.pulse.late_seconds < 5  # no job failed: a tick that did leaves no mark
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


def weekly(told: list[Told]) -> list[Told]:
    return [one for one in told if one.key.startswith("digest:weekly:") and one.key.count(":") == 2]


def to(told: list[Told], who: str) -> list[Told]:
    """What somebody was told by schedule, oldest first."""
    return [one for one in told if one.key.startswith("daily:") and one.place == f"D0{who.upper()}"]


def on(told: list[Told], who: str, day: date) -> str:
    """What somebody was told on a day; "" when nothing."""
    return " ".join(one.words for one in to(told, who) if one.at.date() == day)


def hold_to_the_calendar(told: list[Told]) -> None:
    """By day, on working days, nobody twice on one day, the DCC's digest once a week."""
    scheduled = [one for one in told if not one.key.startswith("notice:")]
    for one in scheduled:
        local = one.at.astimezone(LONDON)
        assert local.weekday() < 5 and local.date() not in HOLIDAYS, one
        assert 8 <= local.hour < 18, one
    a_day = Counter((one.place, one.at.date()) for one in told if one.key.startswith("daily:"))
    assert a_day and set(a_day.values()) == {1}
    keys = Counter(one.key for one in scheduled)
    assert set(keys.values()) == {1}


def test_eight_weeks_as_people_meet_them(weeks: Weeks) -> None:
    told = weeks.until(date(2026, 11, 21), date(2027, 1, 15))
    print(by_kind(told))
    hold_to_the_calendar(told)
    assert [d.at.strftime("%d %b %H:%M") for d in weekly(told)] == [
        *("23 Nov 09:00", "30 Nov 09:00", "07 Dec 09:00", "14 Dec 09:00", "21 Dec 09:00"),
        *("29 Dec 09:00", "04 Jan 09:00", "11 Jan 09:00"),  # Monday 28 December 2026 is a bank holiday
    ]
    assert {one.at.strftime("%H:%M") for one in told if one.key.startswith("daily:")} == {"09:00"}


def test_an_owner_is_reminded_until_they_answer(weeks: Weeks) -> None:
    """CUST26-A7 is due on Monday 30 November 2026: a week before, on the day, a week late; then Owen says how it is."""
    told = weeks.until(date(2026, 11, 21), date(2026, 12, 7))
    days = [one.at.date() for one in to(told, "owen") if "CUST26-A7" in one.words]
    assert days == [date(2026, 11, 23), date(2026, 11, 30), date(2026, 12, 7)]
    assert "due 30 Nov 2026" in on(told, "owen", days[0]) and "due today" in on(told, "owen", days[1])
    weeks.at(date(2026, 12, 8), "10:00")
    answer = weeks.office.owen.says("update CUST26-A7: The bars are in; the paint dries until Friday.")
    assert shown(answer).startswith("Saved.")
    later = weeks.until(date(2026, 12, 9), date(2026, 12, 15))
    assert [one.at.date() for one in to(later, "owen") if "CUST26-A7" in one.words] == [date(2026, 12, 15)]
    assert "15 days late" in on(later, "owen", date(2026, 12, 15))


def test_what_nobody_answers_goes_up_the_ladder_once_a_rung(weeks: Weeks) -> None:
    """PEEL25-A8 is due on 23 November 2026: the liaison hears after 7 days, its lead after 14, the DCC after 21."""
    office = weeks.office
    office.lia.says("edit PEEL25-A8 strategic lead: marcus.frayne@trentshire.example | He leads on it.")
    told = weeks.until(date(2026, 11, 21), date(2026, 12, 14))
    hold_to_the_calendar(told)
    came = {w: [o.at.date() for o in to(told, w) if "PEEL25-A8" in o.words] for w in ("lia", "marcus")}
    assert came == {"lia": [date(2026, 11, 30)], "marcus": [date(2026, 12, 7)]}
    rungs = [pair["rung"][1] for act, pair in office.acts("PEEL25-A8") if act == "escalate"]
    assert rungs == ["liaison", "lead", "dcc"]
    assert "escalated it, as it was overdue" in shown(office.lia.says("history PEEL25-A8"))


def test_who_goes_quiet_is_asked_and_a_sentence_is_enough(weeks: Weeks) -> None:
    """SOC23-R2 had no update since 19 October 2026, and has no date."""
    told = weeks.until(date(2026, 11, 21), date(2026, 11, 25))
    asked = [one for one in to(told, "marcus") if "SOC23-R2" in one.words]
    assert [one.at.date() for one in asked] == [date(2026, 11, 23)] and "no update for 35 days" in asked[0].words
    marcus = weeks.office.person("marcus", "D0MARCUS")
    message = next(m for m in marcus.messages() if "SOC23-R2" in str(m.get("blocks")))
    form = marcus.presses_open(message, "No change to SOC23-R2")
    assert "errors" in str(marcus.sends(form))
    assert marcus.sends(form, note="The gang unit reports in January 2027.")["ok"]
    assert "No change: The gang unit reports" in shown(weeks.office.lia.says("SOC23-R2"))
    later = weeks.until(date(2026, 11, 26), date(2026, 12, 24))
    assert [o.at.date() for o in to(later, "marcus") if "SOC23-R2" in o.words] == [date(2026, 12, 23)]


TWO = ("lia", "tess")


def test_section_55_is_told_to_the_liaison_and_the_office(weeks: Weeks) -> None:
    """CUST26 has its last day on 26 November 2026: 3 days and 1 day before, then each working day until it is done.

    The liaison hears each working day before it too: the force's own date for its part has passed.
    """
    told = weeks.until(date(2026, 11, 21), date(2026, 12, 1))
    days = {who: [o.at.day for o in to(told, who) if "Police custody in Trentshire" in o.words] for who in TWO}
    assert days == {"tess": [23, 25, 27, 30, 1], "lia": [23, 24, 25, 26, 27, 30, 1]}
    weeks.at(date(2026, 12, 1), "22:00")
    assert shown(weeks.office.tess.says("comments CUST26 published 1 Dec 2026")).startswith("Recorded.")
    later = weeks.until(date(2026, 12, 2), date(2026, 12, 4))
    assert not [o for o in to(later, "tess") if "Police custody in Trentshire" in o.words]


def test_three_weeks_of_silence_end_in_one_digest_that_tells_it_once(weeks: Weeks) -> None:
    """The ticker does not come round from 24 November to 15 December 2026; what people do meanwhile is kept."""
    weeks.until(date(2026, 11, 21), date(2026, 11, 23))
    weeks.clock.set("2026-12-01 10:00")
    office = weeks.office
    assert shown(office.lia.says("supersede PEEL25-A11 by none: Registered twice.")).startswith("Superseded.")
    told = weeks.until(date(2026, 12, 15), date(2026, 12, 22))
    hold_to_the_calendar(told)
    assert [d.at.strftime("%d %b %H:%M") for d in weekly(told)] == ["15 Dec 08:00", "21 Dec 09:00"]
    first, second = weekly(told)
    assert "Sent late." in first.words and "60 + 0 new + 0 reopened − 1 ended = 59" in first.words
    assert "59 + 0 new + 0 reopened − 0 ended = 59" in second.words
    assert "CUST26-A7" in on(told, "owen", date(2026, 12, 15))  # what came due meanwhile is not lost


def test_a_job_that_fails_keeps_no_other_from_its_turn_and_the_tick_has_no_mark(
    weeks: Weeks, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_now: datetime) -> None:
        raise LookupError("nobody foresaw this")

    marks: list[bool] = []
    monkeypatch.setattr(weeks.office.bot.pulse, "ticked", lambda: marks.append(True))
    weeks.office.bot.jobs = (Job("broken", fails), *weeks.office.bot.jobs)
    assert any(one.key == "digest:weekly:2026-W48" for one in weeks.at(date(2026, 11, 23), "09:00"))
    assert marks == []
    weeks.office.bot.jobs = weeks.office.bot.jobs[1:]
    weeks.at(date(2026, 11, 23), "09:01")
    assert marks == [True]
