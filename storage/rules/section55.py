"""The clock of section 55 of the Police Act 1996 (as amended by the Policing and Crime Act 2017, section 37)."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

from storage.rules.lifecycle import NO_ACTION, SUPERSEDED

PERIOD_DAYS = 56
STEPS = (
    "comments_requested_on",
    "comments_received_on",
    "comments_published_on",
    "copied_to_inspectorate_on",
    "copied_to_home_secretary_on",
)


class ReportFacts(NamedTuple):
    """What decides whether a report has a clock and how it stands."""

    source: str
    inspected_body: str
    section_55: str
    published_on: date | None
    registered_on: date
    comments_published_on: date | None
    anything_recorded: bool


class Finding(NamedTuple):
    """A finding of a report, for the letter: whether an action stands under it that still counts."""

    reference: str
    kind: str
    status: str
    has_action: bool


def last_day(published_on: date) -> date:
    """The day of publication is day 1 of 56: "the period of 56 days beginning with the day on which the report
    is published" (section 55(5))."""
    period = timedelta(days=PERIOD_DAYS - 1)
    return published_on + period if published_on <= date.max - period else date.max


def of_the_inspectorate(source: str) -> bool:
    return source.strip().upper() in {"HMICFRS", "HMIC"}


def inspected_body(given: str, source: str) -> str:
    """Empty means police for a report of the inspectorate, else other."""
    return given or ("police" if of_the_inspectorate(source) else "other")


def owed(report: ReportFacts) -> bool:
    """Whether comments are owed at all; `section_55` overrides what source and body say."""
    if report.published_on is None or report.section_55 == "not_required":
        return False
    derived = of_the_inspectorate(report.source) and report.inspected_body == "police"
    return derived or report.section_55 == "required"


def not_recorded(report: ReportFacts) -> bool:
    """Its last day had passed when it was first registered, and nobody has said anything since."""
    if report.published_on is None or report.anything_recorded:
        return False
    return last_day(report.published_on) < report.registered_on


def running(report: ReportFacts) -> bool:
    """Whether the clock is shown: owed, not yet published, and not one of those `not_recorded`."""
    return owed(report) and report.comments_published_on is None and not not_recorded(report)


def days_left(published_on: date, today: date) -> int:
    """0 on the last day, negative after it."""
    return (last_day(published_on) - today).days


def days_late(published_on: date, comments_published_on: date) -> int:
    """By how many days comments were published after the last day; 0 when they were in time."""
    return max(0, (comments_published_on - last_day(published_on)).days)


def gaps(findings: Iterable[Finding]) -> list[str]:
    """The recommendations of which the letter could not yet say what is done, or why nothing is.

    For each recommendation the comments give the action taken or proposed, or the reason why there is none; areas for
    improvement may be left out. One that was superseded stands no more.
    """
    owed_words = (f for f in findings if f.kind == "recommendation" and f.status not in {NO_ACTION, SUPERSEDED})
    return [f.reference for f in owed_words if not f.has_action]


def step_fault(day: date, published_on: date | None, today: date) -> str:
    """Why a step cannot have been taken on that day: `future` or `before`; "" when it can."""
    if day > today:
        return "future"
    return "before" if published_on is not None and day < published_on else ""
