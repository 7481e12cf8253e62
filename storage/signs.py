"""Signs of life and of trouble: which bots gave one when, which digests and messages should have gone long ago."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, delete, func, or_, select

from storage.outbox import PERSON, SENDING, SENT, WAITING
from storage.rules.lateness import TOO_LATE, too_late
from storage.rules.working_days import Calendar
from storage.store import Store, insert_new
from storage.tables import BEAT, DIGEST, DIGEST_RUN, OUTGOING

FORGOTTEN_AFTER = timedelta(days=1)
MOST_LOOKED_AT = 200


class Beat(NamedTuple):
    """The last sign of life of one bot; `told` is the JSON object that says how it stood then."""

    name: str
    started_at: datetime
    at: datetime
    told: str


def beat(store: Store, sign: Beat) -> None:
    """Keep a bot's sign of life in place of its last one; those of bots that are long gone are forgotten."""
    with store.aside() as tx:
        values = {"at": sign.at, "told": sign.told}
        new = insert_new(tx, BEAT).values(**sign._asdict())
        tx.execute(new.on_conflict_do_update(index_elements=["name"], set_=values))
        tx.execute(delete(BEAT).where(BEAT.c.at < sign.at - FORGOTTEN_AFTER))


def leave(store: Store, name: str) -> None:
    """The bot ends as it should: nobody need miss it."""
    with store.aside() as tx:
        tx.execute(delete(BEAT).where(BEAT.c.name == name))


def beats(tx: Connection) -> list[Beat]:
    """What each bot gave last, the newest first."""
    columns = (BEAT.c[name] for name in Beat._fields)
    return [Beat(*row) for row in tx.execute(select(*columns).order_by(BEAT.c.at.desc(), BEAT.c.name))]


class Overdue(NamedTuple):
    """Something that should have gone: its name, and when it was due."""

    name: str
    due: datetime


_MESSAGE = OUTGOING.c.run_id == DIGEST_RUN.c.id


def unsent_runs(tx: Connection) -> list[Overdue]:
    """Claimed digests whose message is not written, or neither sent nor refused; the oldest first."""
    open_ = or_(OUTGOING.c.id.is_(None), OUTGOING.c.state.in_((WAITING, SENDING)))
    found = (
        select(DIGEST.c.name, DIGEST_RUN.c.period, DIGEST_RUN.c.due)
        .join(DIGEST, DIGEST.c.id == DIGEST_RUN.c.digest_id)
        .outerjoin(OUTGOING, _MESSAGE)
        .where(open_, DIGEST.c.until.is_(None))
        .order_by(DIGEST_RUN.c.due)
    )
    return [Overdue(f"{row.name}:{row.period}", row.due) for row in tx.execute(found)]


def old_messages(tx: Connection, calendar: Calendar, now: datetime) -> list[str]:
    """Keys of messages that could have gone for more than an hour, oldest first; not who waits for a thread."""
    first, old = OUTGOING.alias(), now - TOO_LATE
    names = ("key", "due_at", "created_at", "next_try_at", "attempt")
    found = (
        select(*(OUTGOING.c[name] for name in names))
        .outerjoin(first, first.c.id == OUTGOING.c.follows_id)
        .where(OUTGOING.c.state.in_((WAITING, SENDING)), OUTGOING.c.created_at < old, OUTGOING.c.next_try_at <= now)
        .where(or_(OUTGOING.c.platform != PERSON, OUTGOING.c.next_try_at < old))
        .where(or_(OUTGOING.c.follows_id.is_(None), first.c.state == SENT))
        .order_by(OUTGOING.c.id)
        .limit(MOST_LOOKED_AT)
    )
    return [row.key for row in tx.execute(found) if _is_old(row, calendar, now)]


def _is_old(row: Any, calendar: Calendar, now: datetime) -> bool:
    """A scheduled one by working hours; another since it could first go."""
    if row.due_at is not None:
        return too_late(calendar, row.due_at, now)
    since: datetime = row.created_at if row.attempt else row.next_try_at
    return now - since > TOO_LATE


def by_state(tx: Connection) -> dict[str, int]:
    """How many messages stand in each state."""
    found = tx.execute(select(OUTGOING.c.state, func.count()).group_by(OUTGOING.c.state))
    return {row.state: int(row[1]) for row in found}


def oldest_waiting(tx: Connection) -> datetime | None:
    """When the oldest message was put that has neither gone nor been refused; None when none waits."""
    waiting = OUTGOING.c.state.in_((WAITING, SENDING))
    found: datetime | None = tx.execute(select(func.min(OUTGOING.c.created_at)).where(waiting)).scalar()
    return found


class Sent(NamedTuple):
    """The last digest of each name that was sent: due when, sent when."""

    name: str
    due: datetime
    sent_at: datetime | None


def last_digests(tx: Connection) -> list[Sent]:
    """The last digest that was sent of each that is switched on."""
    newest = func.max(DIGEST_RUN.c.due).label("due")
    sent = (
        select(DIGEST_RUN.c.digest_id, newest)
        .join(OUTGOING, and_(_MESSAGE, OUTGOING.c.state == SENT))
        .group_by(DIGEST_RUN.c.digest_id)
        .subquery()
    )
    found = (
        select(DIGEST.c.name, DIGEST_RUN.c.due, func.max(OUTGOING.c.sent_at).label("sent_at"))
        .join(DIGEST, DIGEST.c.id == DIGEST_RUN.c.digest_id)
        .join(sent, and_(sent.c.digest_id == DIGEST_RUN.c.digest_id, sent.c.due == DIGEST_RUN.c.due))
        .join(OUTGOING, _MESSAGE)
        .where(DIGEST.c.until.is_(None))
        .group_by(DIGEST.c.name, DIGEST_RUN.c.due)
        .order_by(DIGEST.c.name)
    )
    return [Sent(row.name, row.due, row.sent_at) for row in tx.execute(found)]
