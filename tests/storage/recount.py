"""The figures counted once more, slowly: every item read whole, worked back through the ledger, folded in Python.

`storage.figures` lets the database count; what it finds has to be what this finds.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import Connection, func, select

from storage import history, people
from storage.fields import ITEM_FIELDS, REPORT_FIELDS, derived, facts_of, london_day
from storage.figures import (
    SHOWN,
    Clock,
    Counted,
    Figures,
    Late,
    Listed,
    Moved,
    Movement,
    Waiting,
    Window,
    first_sentence,
)
from storage.figures.sections import Entry, columns_in
from storage.history import Minute
from storage.questions import facts_of_report
from storage.rules import deadlines, lifecycle, marking, references, section55
from storage.rules.deadlines import Thresholds
from storage.tables import EVIDENCE, HISTORY, ITEM, REPORT, REQUEST, TARGET_CHANGE, UPDATE

T = TypeVar("T")
STARS = {"accelerated_cause_of_concern": 0, "cause_of_concern": 1}


def items(tx: Connection, window: Window, limits: Thresholds, hidden: frozenset[int] = frozenset()) -> list[Counted]:
    """Every item as it stood at the window's end, in natural order of the references."""
    return _items(tx, _past(tx, window, hidden), london_day(window.end), limits)


def count(tx: Connection, window: Window, limits: Thresholds, hidden: frozenset[int] = frozenset()) -> Figures:
    """What `figures.count` has to give."""
    today = london_day(window.end)
    inside = history.minutes(tx, after=window.start_event, upto=window.end_event)
    inside = [m for m in inside if m.item_id not in hidden]
    past = _past(tx, window, hidden)
    everything = _items(tx, past, today, limits)
    by_id = {item.id: item for item in everything}
    opened = [i for i in everything if lifecycle.is_open(i.facts.status)]
    earlier = history.worked_back(dict(past), inside, ITEM_FIELDS, "item_id")
    movement, ended_in = _movement(past, earlier, inside)
    reports = _reports(tx, history.minutes(tx, after=window.end_event))
    imported = [m for m in inside if m.item_id in by_id and "file" in m.fields]
    return Figures(
        window.start,
        window.end,
        window.end_event,
        _head_at(tx, window.end_event),
        len(everything),
        len(opened),
        dict(Counter(i.facts.status for i in everything)),
        _by_colour(everything),
        _by_colour(_items(tx, earlier, london_day(window.start), limits)),
        movement,
        _told(_overdue(tx, opened, past, today, window.end_event), lambda late: _brief(late.item, ranked=True)),
        _told([i for i in _soonest(opened) if deadlines.due_soon(i.facts, today, limits)], _brief),
        _moved(tx, by_id, window),
        _told([i for i in _soonest(opened) if i.facts.off_track], _brief),
        _told(_with_status(opened, "awaiting_allocation"), _brief),
        _told(_waiting(tx, _with_status(opened, "pending_sign_off"), window), lambda waiting: _brief(waiting.item)),
        _told(_stale(opened, today, limits), lambda quiet: _quiet(quiet[0])),
        _told(_with_status(opened, "disputed"), _brief),
        _clocks(reports, today),
        _codes_not_recorded(reports),
        _in_order(by_id, ended_in),
        _in_order(by_id, [m.item_id for m in imported if m.item_id is not None]),
        sorted({people.called(tx, m.actor_id) for m in imported}),
    )


def _told(entries: list[T], brief: Callable[[T], Entry]) -> Listed[T]:
    return Listed(tuple(entries[:SHOWN]), columns_in([brief(entry) for entry in entries]))


def _brief(item: Counted, *, ranked: bool = False) -> Entry:
    rank = STARS.get(item.kind, 2) if ranked else 0
    return (item.id, item.reference, str(item.facts.due or deadlines.FAR), rank)


def _quiet(item: Counted) -> Entry:
    return (item.id, item.reference, str(item.facts.quiet_since), 0)


def _past(tx: Connection, window: Window, hidden: frozenset[int]) -> dict[int, dict[str, Any]]:
    present = {r["id"]: dict(r) for r in tx.execute(select(ITEM)).mappings() if r["id"] not in hidden}
    later = history.minutes(tx, after=window.end_event)
    marked = {number: row["marking"] for number, row in present.items()}
    past = history.worked_back(present, later, ITEM_FIELDS, "item_id")
    for number, row in past.items():
        row["marking"] = marking.highest([row["marking"], marked[number]])
    for minute in reversed(later):
        if minute.item_id in past and minute.body["version"] is not None:
            past[minute.item_id]["version"] = minute.body["version"] - 1
    return past


def _items(tx: Connection, past: Mapping[int, dict[str, Any]], today: date, limits: Thresholds) -> list[Counted]:
    names = {n: people.called(tx, n) for n in {i["owner_id"] for i in past.values()} if n}
    rows = [_item(row, names, today, limits) for row in past.values()]
    return sorted(rows, key=lambda item: references.natural(item.reference))


def _item(row: dict[str, Any], names: Mapping[int, str], today: date, limits: Thresholds) -> Counted:
    row = {**row, **derived(row, row["created_at"])}
    facts = facts_of(row)
    return Counted(
        row["id"],
        row["reference"],
        row["title"],
        row["kind"],
        row["marking"],
        facts,
        deadlines.colour(facts, today, limits),
        names.get(row["owner_id"], "no owner"),
        row["waiting_on"],
        row["version"],
    )


def _by_colour(items: list[Counted]) -> dict[str, int]:
    tally = Counter(item.colour for item in items)
    return {colour: tally[colour] for colour in deadlines.COLOURS}


def _soonest(items: list[Counted]) -> list[Counted]:
    return sorted(items, key=lambda i: (i.facts.due or deadlines.FAR, references.natural(i.reference)))


def _with_status(items: list[Counted], status: str) -> list[Counted]:
    return [i for i in _soonest(items) if i.facts.status == status]


def _overdue(
    tx: Connection, items: list[Counted], past: Mapping[int, dict[str, Any]], today: date, upto: int
) -> list[Late]:
    late = [(item, deadlines.overdue_days(item.facts, today)) for item in items]
    late = [(item, days) for item, days in late if days]
    late.sort(key=lambda pair: (STARS.get(pair[0].kind, 2), -pair[1], references.natural(pair[0].reference)))
    said = _last_words(tx, upto)
    return [Late(item, days, _reason(past[item.id], said.get(item.id, ""))) for item, days in late]


def _last_words(tx: Connection, upto: int) -> dict[int, str]:
    rows = tx.execute(select(UPDATE.c.item_id, UPDATE.c.words).where(UPDATE.c.event <= upto).order_by(UPDATE.c.id))
    return {row.item_id: row.words for row in rows}


def _reason(row: Mapping[str, Any], said: str) -> str:
    return str(row["off_track"] or first_sentence(said) or "No reason given")


def _stale(items: list[Counted], today: date, limits: Thresholds) -> list[tuple[Counted, int]]:
    quiet = [(i, deadlines.stale_days(i.facts, today) or 0) for i in items if deadlines.stale(i.facts, today, limits)]
    return sorted(quiet, key=lambda pair: (-pair[1], references.natural(pair[0].reference)))


def _waiting(tx: Connection, items: list[Counted], window: Window) -> list[Waiting]:
    """The oldest request first; those brought in without a request after them."""
    undecided = REQUEST.c.decided_at.is_(None) | (REQUEST.c.decided_at > window.end)
    pending = (REQUEST.c.kind == "sign_off", REQUEST.c.event <= window.end_event, undecided)
    asked = {row.item_id: row for row in tx.execute(select(REQUEST).where(*pending).order_by(REQUEST.c.id))}
    shown = set(tx.execute(select(EVIDENCE.c.request_id).where(EVIDENCE.c.event <= window.end_event)).scalars())
    looked_at = _last_checks(tx, window.end_event)
    waiting = []
    for item in items:
        row = asked.get(item.id)
        if row is None:
            waiting.append(Waiting(item, "", None, False, False))
        else:
            who = people.called(tx, row.asker_id)
            checked = looked_at.get(item.id, 0) > row.event
            waiting.append(Waiting(item, who, row.asked_at, checked, row.id in shown))
    return sorted(waiting, key=lambda w: (w.asked_at is None, w.asked_at))


def _last_checks(tx: Connection, upto: int) -> dict[int, int]:
    """By item the last event in which evidence was checked; a request itself keeps only the newest check."""
    checks = (HISTORY.c.act == "verify", HISTORY.c.seq <= upto)
    rows = tx.execute(select(HISTORY.c.item_id, func.max(HISTORY.c.seq)).where(*checks).group_by(HISTORY.c.item_id))
    return {row[0]: row[1] for row in rows}


# --- movement -------------------------------------------------------------------------------------------------------


def _movement(
    past: Mapping[int, dict[str, Any]], earlier: Mapping[int, dict[str, Any]], inside: list[Minute]
) -> tuple[Movement, list[int]]:
    """The moves of the window, and the items brought in already ended; a move is one event, not one item."""
    new = reopened = ended = 0
    brought_in_ended: list[int] = []
    for minute in inside:
        before, after = minute.fields.get("status") or (None, None)
        if minute.act == "register" and minute.item_id is not None:
            opens = lifecycle.is_open(str(after))
            new += opens
            brought_in_ended += [] if opens else [minute.item_id]
        elif before and after:
            was, becomes = lifecycle.is_open(str(before)), lifecycle.is_open(str(after))
            reopened += becomes and not was
            ended += was and not becomes
    closing = sum(lifecycle.is_open(row["status"]) for row in past.values())
    opening = sum(lifecycle.is_open(row["status"]) for row in earlier.values())
    return Movement(opening, new, reopened, ended, closing), brought_in_ended


def _moved(tx: Connection, items: Mapping[int, Counted], window: Window) -> list[Moved]:
    rows = tx.execute(
        select(TARGET_CHANGE)
        .where(TARGET_CHANGE.c.before.is_not(None), TARGET_CHANGE.c.event <= window.end_event)
        .order_by(TARGET_CHANGE.c.id)
    ).all()
    moved = []
    for number, item in items.items():
        inside = [r for r in rows if r.item_id == number and r.event > window.start_event]
        if inside:
            ever = sum(r.item_id == number for r in rows)
            first, last = inside[0], inside[-1]
            words = "" if last.by_import else last.reason
            moved.append(Moved(item, first.before, last.after, len(inside), ever, words, last.by_import))
    return moved


def _in_order(items: Mapping[int, Counted], numbers: list[int]) -> list[str]:
    chosen = {items[n].reference for n in numbers if n in items}
    return sorted(chosen, key=references.natural)


def _head_at(tx: Connection, seq: int) -> str:
    """The chain's head as it was after that event."""
    found = tx.execute(select(HISTORY.c.hash).where(HISTORY.c.seq == seq)).scalar()
    return str(found or history.GENESIS)[: history.HEAD_SHOWN]


# --- section 55 -----------------------------------------------------------------------------------------------------


def _reports(tx: Connection, later: list[Minute]) -> list[dict[str, Any]]:
    present = {row["id"]: dict(row) for row in tx.execute(select(REPORT)).mappings()}
    return list(history.worked_back(present, later, REPORT_FIELDS, "report_id").values())


def _codes_not_recorded(reports: list[dict[str, Any]]) -> list[str]:
    facts = {r["code"]: facts_of_report(r) for r in reports}
    codes = [code for code, f in facts.items() if section55.owed(f) and section55.not_recorded(f)]
    return sorted(codes, key=references.natural)


def _clocks(reports: list[dict[str, Any]], today: date) -> list[Clock]:
    running = [r for r in reports if section55.running(facts_of_report(r))]
    clocks = [
        Clock(
            r["code"],
            r["title"],
            section55.last_day(r["published_on"]),
            section55.days_left(r["published_on"], today),
        )
        for r in running
    ]
    return sorted(clocks, key=lambda c: (c.days_left, references.natural(c.code)))
