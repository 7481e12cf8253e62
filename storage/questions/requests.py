"""What waits for a decision, and whose."""

from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, or_, select

from storage import people
from storage.questions.readers import ROW, Reader, Row
from storage.record import standing
from storage.rules import permissions
from storage.tables import ITEM, PERSON, REQUEST


class Waiting(NamedTuple):
    """An item that waits for a decision; `yours`: this reader may make it. No `asked_at`: it was brought in so."""

    row: Row
    kind: str
    asker: str
    asked_at: datetime | None
    checked: bool
    proposed: date | None
    yours: bool


DECIDING = {"sign_off": "sign off", "extend": "approve", "no_action": "approve"}


_REQUESTED = ("kind", "asker_id", "asked_at", "checked_at", "proposed_date")


_WAITING = (
    select(*ROW, *(REQUEST.c[name] for name in _REQUESTED))
    .select_from(
        ITEM.outerjoin(PERSON, PERSON.c.id == ITEM.c.owner_id).outerjoin(
            REQUEST, and_(REQUEST.c.item_id == ITEM.c.id, REQUEST.c.decision == "pending")
        )
    )
    .where(or_(ITEM.c.status == "pending_sign_off", REQUEST.c.id.is_not(None)))
    .order_by(REQUEST.c.asked_at.is_(None), REQUEST.c.asked_at, ITEM.c.sort_key)
)


def waiting(tx: Connection, reader: Reader) -> list[Waiting]:
    """Every open request that the reader may see: theirs to decide first, then the oldest."""
    found = [_waiting(tx, row, reader) for row in tx.execute(_WAITING)]
    return sorted((one for one in found if one), key=lambda one: not one.yours)


def _waiting(tx: Connection, row: Any, reader: Reader) -> Waiting | None:
    kind, asker, asked_at, checked_at, proposed = row[-len(_REQUESTED) :]
    shown = Row(*row[: -len(_REQUESTED)])
    ties = standing(tx, reader.person, {"id": shown.id}, asker=asker is not None and asker == reader.person.id)
    if not permissions.may_read(shown.marking, ties):
        return None
    facts = (shown.status, shown.marking, ties)
    may = asker is not None and permissions.refusal(DECIDING[kind], *facts, request=kind) is None
    who = people.called(tx, asker) if asker else ""
    return Waiting(shown, kind or "sign_off", who, asked_at, checked_at is not None, proposed, may)
