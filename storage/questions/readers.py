"""Who reads, on which day, and an item as every list shows it to them."""

from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, case, func, literal_column, or_, select
from sqlalchemy.sql.elements import ColumnElement

from storage.people import EMAIL, Person
from storage.record import standing
from storage.rules import marking, permissions
from storage.rules.deadlines import Facts, Thresholds
from storage.rules.permissions import READS_EVERYTHING
from storage.tables import IDENTITY, ITEM, ITEM_PERSON, PERSON

PAGE = 10


class Reader(NamedTuple):
    """For whom a reading is, on which London day, with which thresholds."""

    person: Person
    today: date
    limits: Thresholds

    @property
    def reads_everything(self) -> bool:
        return bool(self.person.roles & READS_EVERYTHING)


class Row(NamedTuple):
    """An item as a list shows it."""

    id: int
    reference: str
    title: str
    kind: str
    status: str
    marking: str
    due: date | None
    off_track: str
    waits: bool
    waiting_on: str
    quiet_since: date
    extensions: int
    completed_on: date | None
    version: int
    owner_id: int | None
    owner: str
    owner_away: str | None

    @property
    def facts(self) -> Facts:
        return Facts(self.status, self.due, self.off_track, self.waits, self.quiet_since, self.extensions)


_ADDRESS = (
    select(IDENTITY.c.external_id)
    .where(IDENTITY.c.person_id == PERSON.c.id, IDENTITY.c.platform == EMAIL)
    .order_by(IDENTITY.c.id)
    .limit(1)
    .correlate(PERSON)
    .scalar_subquery()
)


WAITS: ColumnElement[bool] = or_(ITEM.c.external_dependency == literal_column("'yes'"), ITEM.c.waiting_on != "")


_OWNER = func.coalesce(case((PERSON.c.name != "", PERSON.c.name), else_=_ADDRESS), "")


ROW = (
    ITEM.c.id,
    ITEM.c.reference,
    ITEM.c.title,
    ITEM.c.kind,
    ITEM.c.status,
    ITEM.c.marking,
    ITEM.c.due,
    ITEM.c.off_track,
    WAITS.label("waits"),
    ITEM.c.waiting_on,
    ITEM.c.quiet_since,
    ITEM.c.extensions,
    ITEM.c.completed_on,
    ITEM.c.version,
    ITEM.c.owner_id,
    _OWNER.label("owner"),
    PERSON.c.away.label("owner_away"),
)


MINE = (
    select(ITEM_PERSON.c.id)
    .where(
        ITEM_PERSON.c.item_id == ITEM.c.id,
        ITEM_PERSON.c.person_id == bindparam("me"),
        ITEM_PERSON.c.until.is_(None),
    )
    .correlate(ITEM)
    .exists()
)


def readable(tx: Connection, row: Any, reader: Reader) -> bool:
    if row.marking == marking.OFFICIAL or reader.reads_everything:
        return True
    return permissions.may_read(row.marking, standing(tx, reader.person, {"id": row.id}))


def registered(tx: Connection) -> int:
    """How many items the register holds, whatever their status or marking."""
    return int(tx.execute(select(func.count()).select_from(ITEM)).scalar_one())


def hidden(tx: Connection, reader: Reader) -> frozenset[int]:
    """The ids of the items that do not exist for this reader."""
    if reader.reads_everything:
        return frozenset()
    unseen = select(ITEM.c.id).where(ITEM.c.marking != marking.OFFICIAL, ~MINE)
    return frozenset(tx.execute(unseen, {"me": reader.person.id or -1}).scalars())
