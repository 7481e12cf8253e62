"""The whole register as rows and as one JSON-able value, for files that go out."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from storage import history, people, questions
from storage.fields import ITEM_FIELDS, REPORT_FIELDS, derived, facts_of, london_day
from storage.rows import of_item
from storage.rules import deadlines, section55
from storage.rules.deadlines import Thresholds
from storage.store import Store
from storage.tables import HISTORY, ITEM, REPORT


class Stood(NamedTuple):
    """The register as it stood after an event: items in natural order, reports by id, the events, the chain's head."""

    items: list[dict[str, Any]]
    reports: dict[int, dict[str, Any]]
    events: list[history.Minute]
    head: str


def rows(store: Store, past: datetime | None = None) -> list[dict[str, str]]:
    """Every item as a row of the contract, in natural order of reference; as at an instant of the past, if given.

    Persons are told by the address or user ID that they have now: those are no part of the record.
    """
    with store.read() as tx:
        return [row for _, row in _pairs(tx, _stood(tx, past, told=False))]


def _stood(tx: Connection, past: datetime | None, *, told: bool) -> Stood:
    """`told` is whether the events are asked for."""
    head = history.head(tx)
    items, reports = ({r["id"]: dict(r) for r in tx.execute(select(table)).mappings()} for table in (ITEM, REPORT))
    events = history.minutes(tx) if told or past is not None else []
    if past is not None:
        upto = history.last_event_at(tx, past)
        later, events = [m for m in events if m.seq > upto], [m for m in events if m.seq <= upto]
        items = _back(history.worked_back(items, later, ITEM_FIELDS, "item_id"), events, "item_id")
        reports = _back(history.worked_back(reports, later, REPORT_FIELDS, "report_id"), events, "report_id")
        items = {n: {**item, **derived(item, item["created_at"])} for n, item in items.items()}
    inorder = sorted(items.values(), key=lambda item: (item["sort_key"], item["id"]))
    return Stood(inorder, reports, events, head.hash if past is None else _hash(tx, upto))


def _back(rows_: dict[int, dict[str, Any]], events: Iterable[history.Minute], owner: str) -> dict[int, dict[str, Any]]:
    """With the version and the time of the last of these events that changed each."""
    for minute in events:
        row = rows_.get(getattr(minute, owner) or 0)
        if row is not None and minute.body["version"] is not None:
            row["version"] = minute.body["version"]
            row |= {"updated_at": minute.at} if "updated_at" in row else {}
    return rows_


def _hash(tx: Connection, seq: int) -> str:
    return tx.execute(select(HISTORY.c.hash).where(HISTORY.c.seq == seq)).scalar() or history.GENESIS


def _pairs(tx: Connection, stood: Stood) -> Iterable[tuple[dict[str, Any], dict[str, str]]]:
    book = people.address_book(tx)
    references = {item["id"]: item["reference"] for item in stood.items}
    for item in stood.items:
        yield item, of_item(item, stood.reports[item["report_id"]], references.get(item["parent_id"], ""), book)


def whole(store: Store, limits: Thresholds, now: datetime, past: datetime | None = None) -> dict[str, Any]:
    """Items with what is derived from them, reports with their last day, every event, and the chain's head.

    As at `now`, which is then the time of the file; as it stood at an instant of the `past`, if given.
    """
    with store.read() as tx:
        stood = _stood(tx, past, told=True)
        return {
            "as_at": now.isoformat(),
            "items": [_item(item, row, limits, now) for item, row in _pairs(tx, stood)],
            "reports": [_report(r) for r in sorted(stood.reports.values(), key=lambda r: (r["sort_key"], r["id"]))],
            "events": [_event(minute) for minute in stood.events],
            "chain_head": stood.head,
        }


def _item(item: dict[str, Any], row: dict[str, str], limits: Thresholds, now: datetime) -> dict[str, Any]:
    today = london_day(now)
    facts = facts_of(item)
    return {
        **row,
        "rag": deadlines.colour(facts, today, limits),
        "overdue_days": deadlines.overdue_days(facts, today),
        "stale_days": deadlines.stale_days(facts, today),
        "original_target_date": _iso(item["original_target_date"]),
        "extensions": item["extensions"],
        "version": item["version"],
        "updated_at": item["updated_at"].isoformat(),
        "completed_on": _iso(item["completed_on"]),
        "closed_on": _iso(item["closed_on"]),
    }


def _iso(day: Any) -> str | None:
    return day.isoformat() if day else None


def _report(report: dict[str, Any]) -> dict[str, Any]:
    published = report["published_on"]
    owed = section55.owed(questions.facts_of_report(report))
    shown = {k: _iso(v) if hasattr(v, "isoformat") else v for k, v in report.items() if k not in HIDDEN}
    return {**shown, "last_day": _iso(section55.last_day(published)) if published and owed else None}


HIDDEN = frozenset({"id", "code_key", "sort_key"})


def _event(minute: history.Minute) -> dict[str, Any]:
    values = {field: list(pair) if pair else None for field, pair in minute.fields.items()}
    return {"seq": minute.seq, "at": history.stamp(minute.at), "body": minute.body, "values": values}
