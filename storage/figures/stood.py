"""Items and reports that have changed since an event, as they stood then: the few that the database cannot count."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import JSON, ColumnElement, Connection, Integer, Select, Table, cast, func, literal, select
from sqlalchemy.dialects.postgresql import JSONB

from storage.fields import restored
from storage.rules import marking
from storage.tables import HISTORY, ITEM, KEPT_TEXT, REPORT

# what figures hang on; texts and their like are never read by the thousand
ITEM_COLUMNS = (
    *("reference", "title", "kind", "marking", "status", "target_date", "inspectorate_deadline", "off_track"),
    *("external_dependency", "waiting_on", "last_update_on", "extensions", "owner_id"),
)
REPORT_COLUMNS = (
    *("code", "title", "source", "inspected_body", "section_55", "published_on", "comments_requested_on"),
    *("comments_received_on", "comments_published_on", "copied_to_inspectorate_on", "copied_to_home_secretary_on"),
)
_FIXED = {"item": ("id", "created_at", "version"), "report": ("id", "registered_on")}
Rows = dict[int, dict[str, Any]]


def items(tx: Connection, after: int, hidden: frozenset[int] = frozenset()) -> Rows:
    """By id, those with events after that one, as they stood at it; what was registered later is left out."""
    rows = _stood(tx, ITEM, HISTORY.c.item_id, ITEM_COLUMNS, after)
    return {number: row for number, row in rows.items() if number not in hidden}


def reports(tx: Connection, after: int) -> Rows:
    """The same of reports."""
    return _stood(tx, REPORT, HISTORY.c.report_id, REPORT_COLUMNS, after)


def changed(owner: ColumnElement[Any], after: int) -> Select[Any]:
    """The ids (`item_id` or `report_id`) that events after that one are about."""
    return select(owner).where(HISTORY.c.seq > after, owner.is_not(None))


def columns(table: Table, names: tuple[str, ...]) -> list[Any]:
    return [table.c[name] for name in (*_FIXED[table.name], *names)]


def _stood(tx: Connection, table: Table, owner: ColumnElement[Any], names: tuple[str, ...], after: int) -> Rows:
    born = changed(owner, after).where(HISTORY.c.act == "register")
    older = changed(owner, after).where(owner.not_in(born))
    now = tx.execute(select(*columns(table, names)).where(table.c.id.in_(older))).mappings()
    rows = {row["id"]: dict(row) for row in now}
    if rows:
        events = select(owner, KEPT_TEXT.c.field, KEPT_TEXT.c.pair).join(HISTORY, HISTORY.c.seq == KEPT_TEXT.c.event)
        told = events.where(HISTORY.c.seq > after, owner.in_(older), KEPT_TEXT.c.field.in_(names))
        _work_back(rows, tx.execute(told.order_by(HISTORY.c.seq)))
    return rows


def _work_back(rows: Rows, told: Iterable[Any]) -> None:
    """The first event after that one knows what was before it; a value that was erased says nothing."""
    known = set()
    for number, field, pair in told:
        if pair and (number, field) not in known:
            known.add((number, field))
            rows[number][field] = _then(rows[number], field, json.loads(pair)[0])


def _then(row: Mapping[str, Any], field: str, before: Any) -> Any:
    """The value as it was; of the markings the higher, so that what was marked since is hidden since."""
    value = restored(field, before)
    return marking.highest([row["marking"], value]) if field == "marking" else value


# --- many rows at once ------------------------------------------------------------------------------------------------


def columns_of(tx: Connection, rows: Select[Any], values: Mapping[str, Any]) -> list[list[Any]]:
    """All rows column by column, days as ISO text, read as one row.

    A driver gives way to other threads between two rows for too short a time for any of them to be heard; while the
    database puts thousands of rows together, whoever waits for an answer gets theirs.
    """
    those = rows.subquery()
    gathered = func.json_group_array if tx.dialect.name == "sqlite" else func.json_agg
    found = tx.execute(select(*(gathered(column, type_=JSON) for column in those.c)), values).one()
    return [column or [] for column in found]


def among(tx: Connection, numbers: Iterable[int]) -> Select[Any]:
    """Those numbers as a subquery, however many they are: a statement takes some thousands of parameters only."""
    if tx.dialect.name == "sqlite":
        return select(func.json_each(json.dumps(sorted(numbers))).table_valued("value").c.value)
    each = func.jsonb_array_elements_text(literal(sorted(numbers), JSONB)).table_valued("value").render_derived()
    return select(cast(each.c.value, Integer))


def parts(numbers: Iterable[int], most: int = 500) -> Iterator[list[int]]:
    """At most so many at a time."""
    left = list(numbers)
    for start in range(0, len(left), most):
        yield left[start : start + most]
