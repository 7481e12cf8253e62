"""Where a person can be told something: in the chat in which they spoke last, of those that are open."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection, and_, case, select

from storage.conversations import PERSONAL
from storage.outbox import CHATS
from storage.people import Handle, known_as
from storage.tables import CONVERSATION, IDENTITY, ROLE


class Place(NamedTuple):
    """An address of the outbox: a chat and a place in it."""

    platform: str
    place: str


# Slack takes a person's own id for their direct messages; a chat that calls us has to have begun a conversation
_CHAT = and_(
    CONVERSATION.c.person_id == IDENTITY.c.person_id,
    and_(CONVERSATION.c.platform == IDENTITY.c.platform, CONVERSATION.c.kind == PERSONAL),
    CONVERSATION.c.left_at.is_(None),
)
_WHERE = case((IDENTITY.c.platform == "slack", IDENTITY.c.external_id), else_=CONVERSATION.c.place)
_TURN = (
    IDENTITY.c.heard_on.is_(None),
    IDENTITY.c.heard_on.desc(),
    IDENTITY.c.platform,
    IDENTITY.c.tenant.desc(),
    CONVERSATION.c.heard_at.desc(),
    IDENTITY.c.id,
)


def of(tx: Connection, person: int, chats: Collection[str] = CHATS) -> Place | None:
    """Where a person, by id, is told; None while none of these chats knows a way to them."""
    chosen = select(IDENTITY.c.platform, _WHERE).outerjoin(CONVERSATION, _CHAT)
    those = (IDENTITY.c.person_id == person, IDENTITY.c.platform.in_(chats), _WHERE.is_not(None))
    row = tx.execute(chosen.where(*those).order_by(*_TURN).limit(1)).first()
    return Place(*row) if row else None


def of_handle(tx: Connection, who: Handle, chats: Collection[str] = CHATS) -> Place | None:
    """The same, by address or chat user ID."""
    person = known_as(tx, who)
    return of(tx, person.id, chats) if person and person.id else None


def first_holder(tx: Connection, role: str, chats: Collection[str] = CHATS) -> Place | None:
    """Where the first holder of a role is told whom one of these chats knows."""
    held = select(ROLE.c.person_id).where(ROLE.c.role == role, ROLE.c.until.is_(None))
    numbers = tx.execute(held.order_by(ROLE.c.since, ROLE.c.id)).scalars().all()
    return next((found for number in numbers if (found := of(tx, number, chats))), None)
