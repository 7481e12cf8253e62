"""The whole register as rows and as one JSON-able value, for files that go out."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from storage import history, people, questions
from storage.fields import facts_of, london_day
from storage.rows import of_item
from storage.rules import deadlines, section55
from storage.rules.deadlines import Thresholds
from storage.store import Store
from storage.tables import ITEM, REPORT


def rows(store: Store) -> list[dict[str, str]]:
    """Every item as a row of the contract, in natural order of reference."""
    with store.read() as tx:
        return [row for _, row in _pairs(tx)]


def _pairs(tx: Connection) -> Iterable[tuple[dict[str, Any], dict[str, str]]]:
    book = people.address_book(tx)
    reports = {row["id"]: dict(row) for row in tx.execute(select(REPORT)).mappings()}
    items = [dict(row) for row in tx.execute(select(ITEM).order_by(ITEM.c.sort_key, ITEM.c.id)).mappings()]
    references = {item["id"]: item["reference"] for item in items}
    for item in items:
        yield item, of_item(item, reports[item["report_id"]], references.get(item["parent_id"], ""), book)


def whole(store: Store, limits: Thresholds, now: datetime) -> dict[str, Any]:
    """Items with what is derived from them, reports with their last day, every event, and the chain's head."""
    with store.read() as tx:
        head = history.head(tx)
        return {
            "as_at": now.isoformat(),
            "items": [_item(item, row, limits, now) for item, row in _pairs(tx)],
            "reports": [_report(dict(r)) for r in tx.execute(select(REPORT).order_by(REPORT.c.sort_key)).mappings()],
            "events": [_event(minute) for minute in history.minutes(tx)],
            "chain_head": head.hash,
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
