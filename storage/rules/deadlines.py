"""Due, overdue, stale and colour: the rules of the figures for one item on one London day."""

from datetime import date
from typing import NamedTuple

from storage.rules.lifecycle import AWAITING_ALLOCATION, is_open

FAR = date.max
TEN_YEARS = 3653  # days
COLOURS = ("red", "amber", "white", "green", "blue")


class Thresholds(NamedTuple):
    """Days until due that count as soon, and days without an update that count as stale."""

    due_soon: int = 14
    stale: int = 28


class Facts(NamedTuple):
    """What the colour of an item is derived from."""

    status: str
    due: date | None
    off_track: str
    waits: bool
    quiet_since: date
    extensions: int


def due(target_date: date | None, inspectorate_deadline: date | None) -> date | None:
    """The earlier of the two, where set."""
    return min((d for d in (target_date, inspectorate_deadline) if d), default=None)


def overdue_days(facts: Facts, today: date) -> int:
    """0 when not late; due today is not late; waiting for sign-off does not stop the clock."""
    if facts.due is None or not is_open(facts.status):
        return 0
    return max(0, (today - facts.due).days)


def days_until(facts: Facts, today: date) -> int | None:
    return None if facts.due is None else (facts.due - today).days


def due_soon(facts: Facts, today: date, limits: Thresholds) -> bool:
    """Open, and due from today to `limits.due_soon` days from now, both included."""
    days = days_until(facts, today)
    return is_open(facts.status) and days is not None and 0 <= days <= limits.due_soon


def stale_days(facts: Facts, today: date) -> int | None:
    """Days since the last progress update, else since creation; None when ended or not allocated."""
    if not is_open(facts.status) or facts.status == AWAITING_ALLOCATION:
        return None
    return (today - facts.quiet_since).days


def stale(facts: Facts, today: date, limits: Thresholds) -> bool:
    days = stale_days(facts, today)
    return days is not None and days >= limits.stale


def why(facts: Facts, today: date, limits: Thresholds) -> tuple[str, str]:
    """The colour and the word for why: the first that fits, in the order of the rules of the figures."""
    if not is_open(facts.status):
        return "blue", "ended"
    if facts.off_track:
        return "red", "off_track"
    if facts.waits:
        return "white", "waits"
    if overdue_days(facts, today):
        return "red", "overdue"
    return _amber(facts, today, limits)


def _amber(facts: Facts, today: date, limits: Thresholds) -> tuple[str, str]:
    reasons = {
        "due_soon": due_soon(facts, today, limits),
        "stale": stale(facts, today, limits),
        "no_date": facts.due is None,
        "extended": facts.extensions >= 2,
    }
    first = next((reason for reason, fits in reasons.items() if fits), None)
    return ("amber", first) if first else ("green", "on_track")


def colour(facts: Facts, today: date, limits: Thresholds) -> str:
    return why(facts, today, limits)[0]
