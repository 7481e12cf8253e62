"""Conversations of a chat that calls us: where each can be reached, whose it is, and which ones we have left."""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, select, update

from storage.outbox import BLOCKED, REMEMBERED, WAITING
from storage.store import Store, insert_new
from storage.tables import CONVERSATION, OUTGOING

TEAMS = "teams"
PERSONAL, GROUP, CHANNEL = "personal", "group", "channel"
AGAIN = timedelta(days=1)  # what stays the same is written down once a day
LEFT = "Lightkeeper is no longer in that conversation. Add the app there again."


class Conversation(NamedTuple):
    """A conversation by its id (`place`), whose tenant it is of, and the service that takes what is said there.

    `person_id` is whose it is, of a `personal` one; `bot_id` how the bot is called there.
    """

    place: str
    tenant: str
    kind: str
    bot_id: str
    service_url: str
    person_id: int | None = None


_COLUMNS = tuple(CONVERSATION.c[name] for name in Conversation._fields)


def heard(store: Store, told: Conversation) -> bool:
    """Keep where a conversation can be reached, as its latest activity told; False where nothing is new.

    After we had left it, what waited for it goes out, but for what is older than two weeks.
    """
    now = store.clock()
    with store.read() as tx:
        row = tx.execute(
            select(*_COLUMNS, CONVERSATION.c.heard_at, CONVERSATION.c.left_at).where(_is(told.place))
        ).first()
    if row and Conversation(*row[:-2]) == told and row.left_at is None and now - row.heard_at < AGAIN:
        return False
    values = {**told._asdict(), "heard_at": now, "left_at": None}
    with store.aside() as tx:
        new = insert_new(tx, CONVERSATION).values(platform=TEAMS, **values)
        tx.execute(new.on_conflict_do_update(index_elements=["platform", "place"], set_=values))
        if row and row.left_at is not None:
            _let_go(tx, told.place, now)
    return True


def _let_go(tx: Connection, place: str, now: datetime) -> None:
    lately = OUTGOING.c.created_at > now - REMEMBERED
    kept = (*_to(place), OUTGOING.c.state == BLOCKED, OUTGOING.c.trouble == LEFT, lately)
    tx.execute(update(OUTGOING).where(*kept).values(state=WAITING, trouble="", next_try_at=now))


def known(tx: Connection, place: str) -> Conversation | None:
    """One that we are in."""
    return _first(tx, place=place)


def of_person(tx: Connection, person: int) -> Conversation | None:
    """The chat of one person with the bot."""
    return _first(tx, person_id=person, kind=PERSONAL)


def left(store: Store, place: str) -> int:
    """We are not in a conversation any more: what waits for it is kept, not sent; gives how many messages."""
    with store.aside() as tx:
        tx.execute(update(CONVERSATION).where(_is(place)).values(left_at=store.clock()))
        waiting = (*_to(place), OUTGOING.c.state == WAITING)
        return tx.execute(update(OUTGOING).where(*waiting).values(state=BLOCKED, trouble=LEFT)).rowcount


class Told(NamedTuple):
    """A conversation as it is kept: its id, its kind, when it was heard last, and whether we have left it."""

    place: str
    kind: str
    heard_at: datetime
    left_at: datetime | None


def every(tx: Connection) -> list[Told]:
    """All of them, the longest silent first."""
    columns = (CONVERSATION.c[name] for name in Told._fields)
    return [Told(*row) for row in tx.execute(select(*columns).order_by(CONVERSATION.c.heard_at, CONVERSATION.c.id))]


def _to(place: str) -> tuple[ColumnElement[bool], ...]:
    return OUTGOING.c.platform == TEAMS, OUTGOING.c.place == place


def _is(place: str) -> ColumnElement[bool]:
    return and_(CONVERSATION.c.platform == TEAMS, CONVERSATION.c.place == place)


def _first(tx: Connection, **which: object) -> Conversation | None:
    those = [CONVERSATION.c[name] == value for name, value in which.items()]
    chosen = select(*_COLUMNS).where(CONVERSATION.c.platform == TEAMS, CONVERSATION.c.left_at.is_(None), *those)
    row = tx.execute(chosen.order_by(CONVERSATION.c.heard_at.desc(), CONVERSATION.c.id.desc()).limit(1)).first()
    return Conversation(*row) if row else None
