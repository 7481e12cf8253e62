"""For whom nobody in chat answers any more: leavers, guests now and those unknown there, found gone or back."""

from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select, update

from storage.history import Event, append, moment
from storage.prepared import Prepared
from storage.store import Store
from storage.tables import IDENTITY, ITEM, ITEM_PERSON, PERSON

LEFT, GUEST, UNKNOWN = "left", "guest", "unknown"
_NAMED = (
    select(ITEM_PERSON.c.person_id)
    .join(ITEM, ITEM.c.id == ITEM_PERSON.c.item_id)
    .where(ITEM.c.open.is_(True), ITEM_PERSON.c.until.is_(None), ITEM_PERSON.c.tie != "grant")
)
_AWAY = Prepared(select(PERSON.c.away).where(PERSON.c.id == bindparam("person")))


class Tied(NamedTuple):
    """Somebody whom open items name: as the chat knows them, and by address; "" for what is not known."""

    person: int
    user: str
    address: str


def why(tx: Connection, person: int) -> str:
    """Why nobody in chat answers for a person; "" when somebody does, or nobody has asked."""
    return str(next(iter(_AWAY.column(tx, {"person": person})), None) or "")


def note(store: Store, person: int, reason: str) -> bool:
    """Keep that a person is gone (and why) or, with "", back; in the record. False when that was known already."""
    with store.read() as tx:
        if why(tx, person) == reason:
            return False
    with store.write() as tx:
        before = why(tx, person)
        if before == reason:
            return False
        now = moment(tx, store)
        values = {"away": reason or None, "away_since": now if reason else None}
        tx.execute(update(PERSON).where(PERSON.c.id == person).values(**values))
        fields = {"person": (None, person), "away": (before or None, reason or None)}
        append(tx, store, [Event("away" if reason else "back", None, "chat", "", fields=fields)], now=now)
    return True


def tied(tx: Connection) -> list[Tied]:
    """Owners, delegates and leads of open items whom this chat may know; those whom another one knows are left out."""
    rows = tx.execute(
        select(IDENTITY.c.person_id, IDENTITY.c.platform, IDENTITY.c.external_id)
        .where(IDENTITY.c.person_id.in_(_NAMED))
        .order_by(IDENTITY.c.person_id, IDENTITY.c.tenant, IDENTITY.c.id.desc())
    )
    known: dict[int, dict[str, str]] = {}
    for row in rows:
        known.setdefault(row.person_id, {})[row.platform] = row.external_id
    return [Tied(n, k.get("slack", ""), k.get("email", "")) for n, k in known.items() if "teams" not in k]


def chatting(tx: Connection, platform: str) -> list[tuple[int, str]]:
    """The same of a chat that calls us: those whom it knows, each with their account in it."""
    those = (IDENTITY.c.platform == platform, IDENTITY.c.person_id.in_(_NAMED))
    chosen = select(IDENTITY.c.person_id, IDENTITY.c.external_id).where(*those)
    rows = tx.execute(chosen.order_by(IDENTITY.c.person_id, IDENTITY.c.id))
    return list({row.person_id: row.external_id for row in rows}.items())
