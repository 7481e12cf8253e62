"""How what is new comes into the register: its row, its event, who works on it, its first target date."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, insert

from storage.fields import ITEM_FIELDS, REPORT_FIELDS, derived, differences, london_day, ties
from storage.history import Event, Head, Pair, append
from storage.rows import DATE_COLUMNS, SAME_NAMED
from storage.rules import lifecycle, references
from storage.store import Store, new_id
from storage.tables import ITEM, ITEM_PERSON, REPORT, TARGET_CHANGE

REGISTER = "register"  # the act with which the history of an item or a report begins
EventOf = Callable[[Mapping[str, Pair], dict[str, Any]], Event]


def new_item(values: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The row of an item as it begins; `values` are what is known of it, the rest is empty."""
    item = {**values, "version": 1, "created_at": now, "updated_at": now, "extensions": 0, "moves": 0}
    item |= {"completed_on": None, "closed_on": None, "original_target_date": item.get("target_date")}
    item["brought_in_ended"] = not lifecycle.is_open(item["status"])
    for column in SAME_NAMED:
        item.setdefault(column, None if column in DATE_COLUMNS else "")
    return item | derived(item, now)


def insert_items(
    tx: Connection, store: Store, items: Sequence[dict[str, Any]], event: EventOf, now: datetime, *, by_import: bool
) -> list[Head]:
    """Put the rows in with all that goes with them; each gets its `id`. Gives the head after each one's event."""
    statement = insert(ITEM).returning(ITEM.c.id, sort_by_parameter_order=True)
    for item, number in zip(items, tx.execute(statement, list(items)).scalars().all(), strict=True):
        item["id"] = number
    events = [event(differences(ITEM_FIELDS, {}, item), item) for item in items]
    heads = append(tx, store, events, now=now)
    held = [(item, person, tie) for item in items for person, tie in sorted(ties(item))]
    rows = [{"item_id": i["id"], "person_id": p, "tie": t, "since": now, "until": None} for i, p, t in held]
    _insert(tx, ITEM_PERSON, rows)
    dated = [(item, e, head) for item, e, head in zip(items, events, heads, strict=True) if item["target_date"]]
    _insert(tx, TARGET_CHANGE, [_first_target(item, e, head, by_import) for item, e, head in dated])
    return heads


def _first_target(item: Mapping[str, Any], event: Event, head: Head, by_import: bool) -> dict[str, Any]:
    row = {"item_id": item["id"], "event": head.seq, "at": head.at, "before": None, "after": item["target_date"]}
    return {**row, "number": 0, "reason": "", "person_id": event.actor_id, "by_import": by_import}


def _insert(tx: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        tx.execute(insert(table), rows)


def insert_report(tx: Connection, store: Store, values: Mapping[str, Any], event: EventOf, now: datetime) -> Head:
    """Put a report in, with its event; gives the head after it."""
    code = values["code"]
    row = {**values, "code_key": references.key(code), "sort_key": references.natural(code), "version": 1}
    row["registered_on"] = london_day(now)
    row["id"] = new_id(tx, insert(REPORT).values(**row))
    return append(tx, store, [event(differences(REPORT_FIELDS, {}, row), row)], now=now)[0]
