"""What a digest tells beside its figures: what waits for approval, what was escalated, who saw the last, earlier weeks."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, or_, select

from storage import digests, people, reminders
from storage.digests import Seen
from storage.fields import london_day
from storage.tables import DIGEST_RUN, ITEM, REQUEST

WEEKS = 12


class Asked(NamedTuple):
    """An extension, or no action, that waits for a decision: who asked, and from which date to which."""

    reference: str
    title: str
    marking: str
    version: int
    kind: str
    asker: str
    before: date | None
    after: date | None


class Week(NamedTuple):
    """The figures of an earlier digest: as at which day, how many were open and how many overdue."""

    day: date
    open: int
    overdue: int


class Beside(NamedTuple):
    """All of it, as at the instant that the digest is due.

    `last` is the day of the digest sent before and `seen` who said that they saw it; `escalated` the day on which an
    item, by its id, came as far as the DCC; `weeks` are the earlier ones, oldest first.
    """

    asked: tuple[Asked, ...] = ()
    escalated: Mapping[int, date] = {}
    last: date | None = None
    seen: tuple[Seen, ...] = ()
    weeks: tuple[Week, ...] = ()


def beside(tx: Connection, digest_id: int | None, due: datetime, hidden: frozenset[int] = frozenset()) -> Beside:
    """What stands beside the figures of the DCC's digest due then, for a reader from whom these items are hidden."""
    before = digests.sent_run(tx, digest_id, before=due) if digest_id else None
    return Beside(
        asked(tx, due, hidden),
        reminders.escalated(tx, due),
        london_day(before.due) if before else None,
        tuple(digests.seen_by(tx, before.id, due)) if before else (),
        weeks(tx, digest_id, due) if digest_id else (),
    )


def asked(tx: Connection, due: datetime, hidden: frozenset[int] = frozenset()) -> tuple[Asked, ...]:
    """What waited for approval at that instant, the oldest first."""
    columns = (REQUEST.c.asker_id, REQUEST.c.kind, REQUEST.c.proposed_date, ITEM.c.target_date)
    of_item = (ITEM.c.id, ITEM.c.reference, ITEM.c.title, ITEM.c.marking, ITEM.c.version)
    waited = or_(REQUEST.c.decided_at.is_(None), REQUEST.c.decided_at > due)
    found = select(*columns, *of_item).join(ITEM, ITEM.c.id == REQUEST.c.item_id)
    found = found.where(REQUEST.c.kind.in_(("extend", "no_action")), REQUEST.c.asked_at <= due, waited)
    rows = tx.execute(found.order_by(REQUEST.c.asked_at, REQUEST.c.id))
    return tuple(_asked(tx, row) for row in rows if row.id not in hidden)


def _asked(tx: Connection, row: Any) -> Asked:
    who = people.called(tx, row.asker_id)
    days = (row.target_date, row.proposed_date) if row.kind == "extend" else (None, None)
    return Asked(row.reference, row.title, row.marking, row.version, row.kind, who, *days)


def weeks(tx: Connection, digest_id: int, due: datetime) -> tuple[Week, ...]:
    """The figures kept with the digests before that one, those that were erased left out."""
    found = select(DIGEST_RUN.c.due, DIGEST_RUN.c.figures)
    found = found.where(DIGEST_RUN.c.digest_id == digest_id, DIGEST_RUN.c.due < due, DIGEST_RUN.c.figures != "")
    rows = tx.execute(found.order_by(DIGEST_RUN.c.due.desc()).limit(WEEKS - 1)).all()
    return tuple(_week(row.due, json.loads(row.figures)) for row in reversed(rows))


def _week(due: datetime, figures: Mapping[str, Any]) -> Week:
    return Week(london_day(due), figures["open"], len(figures["overdue"]))
