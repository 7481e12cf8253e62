"""What is due for whom: reminders to an owner, escalation up the ladder, the question to who went quiet, section 55.

Every rule is "within n days and not told yet", so that nothing is lost while nobody looked, and nothing told twice.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import NamedTuple

from storage.rules.lifecycle import AWAITING_ALLOCATION, IN_PROGRESS

BEFORE = (30, 14, 7)  # days before an item is due; then on the day
AGAIN = 7  # days: an overdue item comes back so often, counted from the last word on it, the bot's or the owner's
RUNGS = {"liaison": 7, "lead": 14, "dcc": 21}  # days overdue
_RUNG = "escalated:"  # how a step begins that records a rung
CLOCK = (28, 14, 7, 3, 1)  # days before the last day of section 55
SNOOZE_MOST, SNOOZES = 14, 2  # days ahead; times for one due date
PAUSE_MOST = 28  # days


class Dated(NamedTuple):
    """What the rules ask of an open item; `silent_until` is the day until which its owner asked for silence."""

    status: str
    due: date | None
    last_update_on: date | None
    quiet_since: date
    has_lead: bool = True
    silent_until: date | None = None


Told = Mapping[str, date]  # step -> the day on which it was told, of one item, one person and one due date


def of_owner(item: Dated, told: Told, today: date, eve: date | None = None) -> str | None:
    """The step that the owner is told today: the last that was reached, unless it was told or an update settled it.

    `eve` is the last day before the next on which anybody is told: what falls on a day off is told before it. What
    waits for somebody else's decision, or is nobody's yet, is not asked of an owner.
    """
    if item.due is None or item.status != IN_PROGRESS or _silent(item, today):
        return None
    steps = [(f"due:{n}", item.due - timedelta(days=n)) for n in (*BEFORE, 0)]
    reached = [(step, day) for step, day in steps if day <= (eve or today)]
    if not reached:
        return None
    step, day = reached[-1]
    if step not in told and not _updated_since(item, day):
        return step
    return _again(item, told, today) if step == "due:0" else None


def _again(item: Dated, told: Told, today: date) -> str | None:
    """Once a week while overdue, from the last word on it; what went to those above was no word to the owner."""
    assert item.due is not None  # it was due
    reminded = [day for step, day in told.items() if step.startswith(("due:", "late:"))]
    last = max([item.due, *([item.last_update_on] if item.last_update_on else []), *reminded])
    weeks = (today - item.due).days // 7
    step = f"late:{weeks}"
    return step if weeks and step not in told and (today - last).days >= AGAIN else None


def _silent(item: Dated, today: date) -> bool:
    return item.silent_until is not None and today < item.silent_until


def _updated_since(item: Dated, day: date) -> bool:
    return item.last_update_on is not None and item.last_update_on >= day


def rungs(item: Dated, told: Iterable[str], today: date) -> list[str]:
    """The rungs that were reached and not told yet, lowest first; without a lead there is no rung of theirs."""
    if item.due is None or item.status not in (IN_PROGRESS, AWAITING_ALLOCATION):
        return []
    late, known = (today - item.due).days, set(told)
    reached = [rung for rung, days in RUNGS.items() if late >= days and (rung != "lead" or item.has_lead)]
    return [rung for rung in reached if step_of(rung) not in known]


def step_of(rung: str) -> str:
    """The step under which a rung is recorded."""
    return f"{_RUNG}{rung}"


def rung_of(step: str) -> str:
    """The rung that a step records, "" for one that is none."""
    return step.removeprefix(_RUNG) if step.startswith(_RUNG) else ""


def question(item: Dated, told: Told, today: date, stale: int) -> str | None:
    """The step of the gentle question: after `stale` days without an update, and as long again after the last one.

    `told` are those of this silence.
    """
    if item.status != IN_PROGRESS or _silent(item, today):
        return None
    last = max([item.quiet_since, *(day for step, day in told.items() if step.startswith("quiet:"))])
    step = f"quiet:{(today - item.quiet_since).days // stale}"
    return step if (today - last).days >= stale and step not in told else None


def of_clock(last_day: date, told: Iterable[str], today: date, eve: date | None = None) -> str | None:
    """The step of a section 55 clock, or of the force's own date before it: within 28, 14, 7, 3, 1 days, then daily.

    It is asked on working days; what falls on the days off up to `eve` is told before them.
    """
    if last_day < today:
        step = f"clock:late:{today}"
        return step if step not in set(told) else None
    left = (last_day - (eve or today)).days
    reached = [n for n in CLOCK if left <= n]
    step = f"clock:{reached[-1]}" if reached else ""
    return step if step and step not in set(told) else None


def may_snooze(today: date, until: date, times: int) -> str:
    """Why an item cannot be snoozed until that day, when it was `times` times already; "" when it can."""
    if until <= today:
        return "past"
    if (until - today).days > SNOOZE_MOST:
        return "far"
    return "often" if times >= SNOOZES else ""
