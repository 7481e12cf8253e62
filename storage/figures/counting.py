"""All figures together: totals and colours as tallies of the database, what changed since beside them, movement."""

import json
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, func, select

from storage import history, people
from storage.fields import london_day
from storage.figures import clocks, sections, stood
from storage.figures.instant import Instant, instant
from storage.figures.shapes import Figures, Movement, Window
from storage.questions.lists import colour
from storage.rules import deadlines, lifecycle, references
from storage.rules.deadlines import Facts, Thresholds
from storage.tables import HISTORY, ITEM, KEPT_TEXT


def count(tx: Connection, window: Window, limits: Thresholds, hidden: frozenset[int] = frozenset()) -> Figures:
    """The figures as at the window's end, its movement over the window; items `hidden` from the reader do not exist."""
    at = instant(tx, window, limits, hidden)
    totals = _totals(at)
    reports = clocks.reports(at)
    return Figures(
        window.start,
        window.end,
        window.end_event,
        head_at(tx, window.end_event),
        sum(totals.by_status.values()),
        _open(totals.by_status),
        totals.by_status,
        totals.colours,
        totals.colours_before,
        _movement(at, totals),
        sections.overdue(at),
        sections.items(at, "due_soon"),
        sections.dates_moved(at),
        sections.items(at, "off_track"),
        sections.items(at, "awaiting_allocation"),
        sections.pending(at),
        sections.stale(at),
        sections.items(at, "disputed"),
        clocks.running(reports, at.today),
        clocks.not_recorded(reports),
        _references(at, _brought_in_ended(at)),
        _references(at, _by_import(at, HISTORY.c.item_id)),
        _importers(at),
    )


def window_of_days(tx: Connection, start: datetime, end: datetime) -> Window:
    """The events with start < at <= end."""
    return Window(start, end, history.last_event_at(tx, start), history.last_event_at(tx, end))


def head_at(tx: Connection, seq: int) -> str:
    """The chain's head as it was after that event."""
    found = tx.execute(select(HISTORY.c.hash).where(HISTORY.c.seq == seq)).scalar()
    return str(found or history.GENESIS)[: history.HEAD_SHOWN]


# --- totals -----------------------------------------------------------------------------------------------------------


class Totals(NamedTuple):
    """How many items there are by status and by colour, at the end of the window and at its start."""

    by_status: dict[str, int]
    by_status_before: dict[str, int]
    colours: dict[str, int]
    colours_before: dict[str, int]


def _totals(at: Instant) -> Totals:
    """What has not changed since the window began counts for both of its ends."""
    tallied = [*at.tx.execute(_opened(at), at.values), *at.tx.execute(_ended(at), at.values)]
    now = [at.facts(row) for row in at.changed.values()]
    then = [at.facts(row) for row in stood.items(at.tx, at.window.start_event, at.hidden).values()]
    same = [row for row in tallied if not row.moved]
    return Totals(
        _sum(((row.status, row.many) for row in tallied), (f.status for f in now)),
        _sum(((row.status, row.many) for row in same), (f.status for f in then)),
        _colours(((row.now, row.many) for row in tallied), now, at, london_day(at.window.end)),
        _colours(((row.before, row.many) for row in same), then, at, london_day(at.window.start)),
    )


def _opened(at: Instant) -> Select[Any]:
    """The open ones by status, both colours, and whether something happened to them in the window."""
    columns = (ITEM.c.status, colour().label("now"), colour("_before").label("before"), _moved(at).label("moved"))
    each = select(*columns).where(sections.OPEN, *at.steady).subquery()
    return select(*each.c, func.count().label("many")).group_by(*each.c)


def _ended(at: Instant) -> Select[Any]:
    """The ended ones, which are blue, counted in an index alone."""
    each = select(ITEM.c.status, _moved(at).label("moved")).where(ITEM.c.status.in_(lifecycle.ENDED), *at.steady)
    ended = each.subquery()
    blue = (func.max("blue").label("now"), func.max("blue").label("before"))
    return select(*ended.c, *blue, func.count().label("many")).group_by(*ended.c)


def _moved(at: Instant) -> ColumnElement[bool]:
    return ITEM.c.id.in_(stood.changed(HISTORY.c.item_id, at.window.start_event))


def _sum(tallied: Iterable[tuple[str, int]], apart: Iterable[str]) -> dict[str, int]:
    total = Counter(apart)
    for name, many in tallied:
        total[name] += many
    return dict(total)


def _colours(tallied: Iterable[tuple[str, int]], apart: list[Facts], at: Instant, day: date) -> dict[str, int]:
    total = _sum(tallied, (deadlines.colour(facts, day, at.limits) for facts in apart))
    return {name: total.get(name, 0) for name in deadlines.COLOURS}


def _open(by_status: dict[str, int]) -> int:
    return sum(many for status, many in by_status.items() if lifecycle.is_open(status))


# --- movement ---------------------------------------------------------------------------------------------------------


def _movement(at: Instant, totals: Totals) -> Movement:
    """The moves of the window; a move is one event, not one item, and the ends are counted for themselves."""
    new = reopened = ended = 0
    for act, pair, many in _moves(at):
        before, after = json.loads(pair) if pair else (None, None)
        was, becomes = lifecycle.is_open(str(before)), lifecycle.is_open(str(after))
        if act == "register":
            new += many * becomes
        elif before and after:
            reopened += many * (becomes and not was)
            ended += many * (was and not becomes)
    return Movement(_open(totals.by_status_before), new, reopened, ended, _open(totals.by_status))


def _moves(at: Instant) -> list[tuple[str, str, int]]:
    """Act, status before and after, and how many events of the window were so."""
    each = _events(at, "status", HISTORY.c.act, KEPT_TEXT.c.pair).subquery()
    found = at.tx.execute(select(*each.c, func.count()).group_by(*each.c))
    return [(row[0], row[1], row[2]) for row in found]


def _events(at: Instant, field: str, *columns: Any) -> Select[Any]:
    """The window's events on items that say something of this field."""
    joined = select(*columns).join_from(HISTORY, KEPT_TEXT, HISTORY.c.seq == KEPT_TEXT.c.event)
    first, last = at.window.start_event, at.window.end_event
    inside = (HISTORY.c.seq > first, HISTORY.c.seq <= last, HISTORY.c.item_id.is_not(None))
    return joined.where(KEPT_TEXT.c.field == field, *inside, *at.seen(HISTORY.c.item_id))


def _brought_in_ended(at: Instant) -> Select[Any]:
    pairs = [history.canonical([None, status]) for status in lifecycle.ENDED]
    registered = _events(at, "status", HISTORY.c.item_id).where(HISTORY.c.act == "register")
    return registered.where(KEPT_TEXT.c.pair.in_(pairs))


def _by_import(at: Instant, column: ColumnElement[Any]) -> Select[Any]:
    return _events(at, "file", column)


def _importers(at: Instant) -> list[str]:
    who = at.tx.execute(_by_import(at, HISTORY.c.actor_id).distinct()).scalars()
    return sorted({people.called(at.tx, number) for number in who})


def _references(at: Instant, numbers: Select[Any]) -> list[str]:
    """The references of these items, in natural order."""
    rows = select(ITEM.c.id, ITEM.c.reference).where(ITEM.c.id.in_(numbers)).order_by(ITEM.c.sort_key)
    ids, said = stood.columns_of(at.tx, rows, {})
    if not at.changed:
        return said
    then = {number: row["reference"] for number, row in at.changed.items()}
    return sorted((then.get(n, reference) for n, reference in zip(ids, said, strict=True)), key=references.natural)
