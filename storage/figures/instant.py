"""The instant that figures are of: which items stand as they stood then, and how the others stood."""

import json
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, select

from storage import history, people
from storage.fields import facts_of, london_day
from storage.figures import stood
from storage.figures.shapes import Counted, Window
from storage.rules import deadlines
from storage.rules.deadlines import Facts, Thresholds
from storage.tables import HISTORY, ITEM


class Instant(NamedTuple):
    """Of what is counted: `changed` since, as it stood; `steady`, the conditions of what stands as it stood."""

    tx: Connection
    window: Window
    limits: Thresholds
    hidden: frozenset[int]
    today: date
    changed: dict[int, dict[str, Any]]
    steady: list[ColumnElement[bool]]
    values: dict[str, Any]

    def seen(self, number: ColumnElement[Any]) -> list[ColumnElement[bool]]:
        """The condition that an item is not hidden from the reader."""
        return [number.not_in(stood.among(self.tx, self.hidden))] if self.hidden else []

    def facts(self, row: Mapping[str, Any]) -> Facts:
        due = deadlines.due(row["target_date"], row["inspectorate_deadline"])
        quiet = row["last_update_on"] or london_day(row["created_at"])
        return facts_of({**row, "due": due, "quiet_since": quiet})


def instant(tx: Connection, window: Window, limits: Thresholds, hidden: frozenset[int]) -> Instant:
    """The instant at which a window ends."""
    today = london_day(window.end)
    values = {"yes": True, **days("", today, limits), **days("_before", london_day(window.start), limits)}
    at = Instant(tx, window, limits, hidden, today, {}, [], values)
    steady = at.seen(ITEM.c.id)
    if history.head(tx).seq == window.end_event:
        return at._replace(steady=steady)
    steady.append(ITEM.c.id.not_in(stood.changed(HISTORY.c.item_id, window.end_event)))
    return at._replace(steady=steady, changed=stood.items(tx, window.end_event, hidden))


def days(of: str, today: date, limits: Thresholds) -> dict[str, date]:
    """The days that the colour of an item hangs on, under the names that `questions.lists.colour` has for them."""
    soon, stale = today + timedelta(days=limits.due_soon), today - timedelta(days=limits.stale)
    return {f"today{of}": today, f"soon{of}": soon, f"stale_since{of}": stale}


def whole(at: Instant, numbers: Iterable[int]) -> dict[int, Counted]:
    """These items with all that a digest says of one, by id."""
    wanted = set(numbers)
    rows = _as_it_stood(at, [number for number in wanted if number in at.changed])
    chosen = select(*stood.columns(ITEM, stood.ITEM_COLUMNS))
    for part in stood.parts(wanted - rows.keys()):
        rows |= {row["id"]: dict(row) for row in at.tx.execute(chosen.where(ITEM.c.id.in_(part))).mappings()}
    names = {owner: people.called(at.tx, owner) for owner in {row["owner_id"] for row in rows.values()}}
    return {number: _counted(at, row, names[row["owner_id"]]) for number, row in rows.items()}


def _as_it_stood(at: Instant, numbers: list[int]) -> dict[int, dict[str, Any]]:
    """Those that have changed since, with the version that they had: the first event after gave them the next."""
    rows = {number: dict(at.changed[number]) for number in numbers}
    for part in stood.parts(numbers):
        after = select(HISTORY.c.item_id, HISTORY.c.body).where(HISTORY.c.seq > at.window.end_event)
        for number, body in at.tx.execute(after.where(HISTORY.c.item_id.in_(part)).order_by(HISTORY.c.seq.desc())):
            version = json.loads(body)["version"]
            rows[number]["version"] = rows[number]["version"] if version is None else version - 1
    return rows


def _counted(at: Instant, row: Mapping[str, Any], owner: str) -> Counted:
    facts = at.facts(row)
    colour = deadlines.colour(facts, at.today, at.limits)
    plainly = (row["id"], row["reference"], row["title"], row["kind"], row["marking"])
    return Counted(*plainly, facts, colour, owner, row["waiting_on"], row["version"])
