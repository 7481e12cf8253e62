"""What a digest tells beside its figures: who asks for what, each report, what was escalated, the weeks before."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import JSON, Connection, case, cast, func, select

from storage import digests, history, people
from storage.figures import SHOWN, Counted, Figures, Window, stood
from storage.figures.instant import Instant, instant, whole
from storage.figures.sections import OPEN
from storage.rules import lifecycle, references, reminders
from storage.rules.deadlines import Thresholds, overdue_days
from storage.tables import DIGEST_RUN, HISTORY, ITEM, KEPT_TEXT, REMINDER, REPORT, REQUEST

WEEKS = 12


class Asked(NamedTuple):
    """A request that the DCC approves: an extension to `proposed`, else no action; `words` say why."""

    item: Counted
    asker: str
    proposed: date | None
    words: str


class OfReport(NamedTuple):
    """How much of a report is open and overdue at the end of a window, and how many ended in it."""

    code: str
    title: str
    open: int
    overdue: int
    ended: int


class Week(NamedTuple):
    """An earlier digest: the instant that it was due for, and what was open and overdue then."""

    due: datetime
    open: int
    overdue: int


class Escalated(NamedTuple):
    """On which day an overdue item came to its lead, where it has one, and on which to the DCC."""

    to_lead: date | None
    to_dcc: date


class LastSeen(NamedTuple):
    """The digest before: the instant that it was due for, and who said when that they saw it."""

    due: datetime
    by: tuple[tuple[str, datetime], ...]


class Beside(NamedTuple):
    """All of it; `period` names the digest that can be said to be seen, "" for one that is only looked at."""

    period: str = ""
    asked: tuple[Asked, ...] = ()
    reports: tuple[OfReport, ...] = ()
    weeks: tuple[Week, ...] = ()
    escalated: Mapping[int, Escalated] = {}
    last: LastSeen | None = None


def of_digest(
    tx: Connection,
    digest_id: int,
    period: str,
    figures: Figures,
    window: Window,
    limits: Thresholds,
    hidden: frozenset[int] = frozenset(),
) -> Beside:
    """What stands beside these figures of one digest, as at the same instant for the same readers."""
    at = instant(tx, window, limits, hidden)
    return Beside(
        period,
        asked(at),
        by_report(at),
        weeks(tx, digest_id, window.end),
        escalated(tx, [late.item for late in figures.overdue[:SHOWN]], window.end),
        last_seen(tx, digest_id, window.end),
    )


# --- what waits for approval ------------------------------------------------------------------------------------------


def asked(at: Instant) -> tuple[Asked, ...]:
    """Extensions and no action that were asked for by then and not decided, the oldest first."""
    undecided = REQUEST.c.decided_at.is_(None) | (REQUEST.c.decided_at > at.window.end)
    those = (REQUEST.c.kind.in_(("extend", "no_action")), REQUEST.c.event <= at.window.end_event, undecided)
    columns = (REQUEST.c.item_id, REQUEST.c.kind, REQUEST.c.asker_id, REQUEST.c.proposed_date, REQUEST.c.words)
    chosen = select(*columns).where(*those, *at.seen(REQUEST.c.item_id))
    rows = at.tx.execute(chosen.order_by(REQUEST.c.asked_at, REQUEST.c.id)).all()
    items = whole(at, [row.item_id for row in rows])
    return tuple(_asked(at.tx, items[row.item_id], row) for row in rows)


def _asked(tx: Connection, item: Counted, row: Any) -> Asked:
    proposed = row.proposed_date if row.kind == "extend" else None
    return Asked(item, people.called(tx, row.asker_id), proposed, row.words)


# --- each report ------------------------------------------------------------------------------------------------------


def by_report(at: Instant) -> tuple[OfReport, ...]:
    """Every report of which something is open or ended in the window, in natural order of their codes."""
    tally: dict[int, Counter[str]] = defaultdict(Counter)
    for row in at.tx.execute(_steady(at), at.values):
        tally[row.report_id].update(open=row.open, overdue=row.overdue)
    report_of = _reports_of(at.tx, at.changed)
    for number, item in at.changed.items():
        facts = at.facts(item)
        if lifecycle.is_open(facts.status):
            tally[report_of[number]].update(open=1, overdue=int(overdue_days(facts, at.today) > 0))
    for report, many in _ended(at):
        tally[report].update(ended=many)
    return _named(at, tally)


def _steady(at: Instant) -> Any:
    late = func.sum(case((ITEM.c.due_order < at.today, 1), else_=0)).label("overdue")
    chosen = select(ITEM.c.report_id, func.count().label("open"), late).where(OPEN, *at.steady)
    return chosen.group_by(ITEM.c.report_id)


def _reports_of(tx: Connection, numbers: Iterable[int]) -> dict[int, int]:
    """An item stays in its report."""
    chosen = select(ITEM.c.id, ITEM.c.report_id).where(ITEM.c.id.in_(stood.among(tx, numbers)))
    return {row.id: row.report_id for row in tx.execute(chosen)}


def _ended(at: Instant) -> list[tuple[int, int]]:
    """How many moves to an end there were in the window, by report."""
    first, last = at.window.start_event, at.window.end_event
    inside = (HISTORY.c.seq > first, HISTORY.c.seq <= last, KEPT_TEXT.c.field == "status")
    moves = [history.canonical([b, a]) for b in sorted(lifecycle.OPEN) for a in sorted(lifecycle.ENDED)]
    chosen = select(ITEM.c.report_id, func.count()).select_from(HISTORY)
    chosen = chosen.join(KEPT_TEXT, KEPT_TEXT.c.event == HISTORY.c.seq).join(ITEM, ITEM.c.id == HISTORY.c.item_id)
    chosen = chosen.where(*inside, KEPT_TEXT.c.pair.in_(moves), *at.seen(HISTORY.c.item_id))
    return [(row[0], row[1]) for row in at.tx.execute(chosen.group_by(ITEM.c.report_id))]


def _named(at: Instant, tally: dict[int, Counter[str]]) -> tuple[OfReport, ...]:
    """Under the codes and titles that they had."""
    rows: dict[int, Any] = {row["id"]: row for row in at.tx.execute(_REPORTS).mappings()}
    rows |= stood.reports(at.tx, at.window.end_event)
    told = ((rows[number], many) for number, many in tally.items() if many["open"] or many["ended"])
    named = (OfReport(row["code"], row["title"], n["open"], n["overdue"], n["ended"]) for row, n in told)
    return tuple(sorted(named, key=lambda one: references.natural(one.code)))


_REPORTS = select(REPORT.c.id, REPORT.c.code, REPORT.c.title)


# --- the weeks before -------------------------------------------------------------------------------------------------


def weeks(tx: Connection, digest_id: int, before: datetime) -> tuple[Week, ...]:
    """The digests before that one as they were counted, the oldest first; those without figures left out."""
    told = (DIGEST_RUN.c.digest_id == digest_id, DIGEST_RUN.c.due < before, DIGEST_RUN.c.figures != "")
    chosen = select(DIGEST_RUN.c.due, *_counts(tx)).where(*told).order_by(DIGEST_RUN.c.due.desc()).limit(WEEKS - 1)
    return tuple(Week(*row) for row in reversed(tx.execute(chosen).all()))


def _counts(tx: Connection) -> tuple[Any, Any]:
    """Two numbers out of figures that may be long: the database reads them."""
    kept = DIGEST_RUN.c.figures
    if tx.dialect.name == "sqlite":
        return func.json_extract(kept, "$.open"), func.json_array_length(kept, "$.overdue")
    told = cast(kept, JSON)
    return told["open"].as_integer(), func.json_array_length(told["overdue"])


# --- what was said of it ----------------------------------------------------------------------------------------------


def escalated(tx: Connection, items: Iterable[Counted], upto: datetime) -> dict[int, Escalated]:
    """Which of these overdue items had come as far as the DCC's digest by then, for the day that they were due."""
    due = {f"item:{item.id}": item for item in items}
    to_lead, to_dcc = reminders.step_of("lead"), reminders.step_of("dcc")
    those = (REMINDER.c.about.in_(due), REMINDER.c.step.in_((to_lead, to_dcc)), REMINDER.c.at <= upto)
    days: dict[str, dict[str, date]] = defaultdict(dict)
    for row in tx.execute(select(REMINDER).where(*those).order_by(REMINDER.c.id)):
        if row.day == due[row.about].facts.due:
            days[row.about].setdefault(row.step, row.told_on)
    return {due[about].id: Escalated(d.get(to_lead), d[to_dcc]) for about, d in days.items() if to_dcc in d}


def last_seen(tx: Connection, digest_id: int, upto: datetime) -> LastSeen | None:
    """The digest that was sent before that instant; None when there is none."""
    last = digests.sent_run(tx, digest_id, before=upto)
    return last and LastSeen(last.due, tuple((seen.who, seen.at) for seen in digests.seen_by(tx, last.id, upto)))
