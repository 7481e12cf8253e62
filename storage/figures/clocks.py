"""The section 55 clocks of the reports, as at an instant."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import select

from storage.figures import stood
from storage.figures.instant import Instant
from storage.figures.shapes import Clock
from storage.questions import facts_of_report
from storage.rules import references, section55
from storage.rules.section55 import ReportFacts
from storage.tables import HISTORY, REPORT

Reports = list[tuple[Mapping[str, Any], ReportFacts]]


def reports(at: Instant) -> Reports:
    """Those that may have a clock, as they stood: published, and as far as is known without comments published."""
    may_run = (REPORT.c.published_on.is_not(None), REPORT.c.comments_published_on.is_(None))
    later = stood.changed(HISTORY.c.report_id, at.window.end_event)
    rows = select(*stood.columns(REPORT, stood.REPORT_COLUMNS)).where(*may_run, REPORT.c.id.not_in(later))
    changed = stood.reports(at.tx, at.window.end_event).values()
    return [(report, facts_of_report(report)) for report in (*at.tx.execute(rows).mappings(), *changed)]


def not_recorded(found: Reports) -> list[str]:
    codes = [r["code"] for r, facts in found if section55.owed(facts) and section55.not_recorded(facts)]
    return sorted(codes, key=references.natural)


def running(found: Reports, today: date) -> list[Clock]:
    """Soonest first."""
    clocks = [_clock(r, today) for r, facts in found if section55.running(facts)]
    return sorted(clocks, key=lambda c: (c.days_left, references.natural(c.code)))


def _clock(report: Mapping[str, Any], today: date) -> Clock:
    last, left = section55.last_day(report["published_on"]), section55.days_left(report["published_on"], today)
    return Clock(report["code"], report["title"], last, left)
