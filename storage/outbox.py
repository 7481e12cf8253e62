"""Messages on their way: put, claimed by one sender at a time, settled by the attempt that holds the claim."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, bindparam, case, or_, select, update

from storage.store import Store, insert_new
from storage.tables import OUTGOING

WAITING, SENDING, SENT, BLOCKED = "waiting", "sending", "sent", "blocked"
PERSON = "person"  # the platform of a notice that has no address and no words yet: its place is a person's id
SETTLED = (SENT, BLOCKED)


class Claimed(NamedTuple):
    """A message that this sender may post now; `noted_ts` is set when an earlier attempt may have posted it."""

    id: int
    key: str
    platform: str
    place: str
    payload: str
    attempt: int
    noted_ts: str


_DUE = or_(
    and_(OUTGOING.c.state == WAITING, OUTGOING.c.next_try_at <= bindparam("now"), OUTGOING.c.platform != PERSON),
    and_(OUTGOING.c.state == SENDING, OUTGOING.c.lease_until <= bindparam("now")),
)
_OLDEST = select(OUTGOING.c.id).where(_DUE).order_by(OUTGOING.c.next_try_at, OUTGOING.c.id).limit(1)
# on PostgreSQL two who claim at once each take another one; SQLite lets them in one after the other
_NEXT = _OLDEST.with_for_update(skip_locked=True).scalar_subquery()
_CLAIM = (
    update(OUTGOING)
    .where(OUTGOING.c.id == _NEXT, _DUE)
    .values(state=SENDING, attempt=OUTGOING.c.attempt + 1, lease_until=bindparam("until"))
    .returning(*(OUTGOING.c[name] for name in Claimed._fields))
)
_ANY_DUE = select(OUTGOING.c.id).where(_DUE).limit(1)


def put(
    tx: Connection,
    key: str,
    platform: str,
    place: str,
    payload: str,
    now: datetime,
    run_id: int | None = None,
    *,
    due_at: datetime | None = None,
    follows: str = "",
) -> bool:
    """Put a message in the outbox, in the transaction of what it tells; False when its key was put before.

    `due_at` is the instant that a scheduled message was due for; `follows` is the key of the message in whose thread
    this one goes, once that one is there.
    """
    row: dict[str, Any] = {"key": key, "platform": platform, "place": place, "payload": payload, "run_id": run_id}
    row |= {"due_at": due_at, "follows_id": _id_of(tx, follows) if follows else None}
    row |= {"state": WAITING, "attempt": 0, "next_try_at": now, "created_at": now}
    row |= {"noted_ts": "", "posted_ts": "", "trouble": ""}
    new = insert_new(tx, OUTGOING).values(**row).on_conflict_do_nothing(index_elements=["key"])
    return tx.execute(new.returning(OUTGOING.c.id)).first() is not None


def _id_of(tx: Connection, key: str) -> int:
    return int(tx.execute(select(OUTGOING.c.id).where(OUTGOING.c.key == key)).scalar_one())


def claim(store: Store, now: datetime, lease: timedelta) -> Claimed | None:
    """Take the next due message, or one whose sender's lease has run out; None when there is none.

    The attempt's number is the token of every later word on it: a newer attempt takes the right away.
    """
    with store.read() as tx:
        if tx.execute(_ANY_DUE, {"now": now}).first() is None:
            return None
    with store.aside() as tx:
        row = tx.execute(_CLAIM, {"now": now, "until": now + lease}).first()
    return Claimed(*row) if row else None


class Notice(NamedTuple):
    """A notice to a person, before it is drawn: what it tells, as the record put it; `waited`: not looked at first."""

    id: int
    key: str
    person: int
    told: str
    since: datetime
    waited: bool


def notices(tx: Connection, now: datetime, most: int) -> list[Notice]:
    """Notices that wait to be drawn and addressed, oldest first."""
    waiting = (OUTGOING.c.state == WAITING, OUTGOING.c.platform == PERSON, OUTGOING.c.next_try_at <= now)
    waited = (OUTGOING.c.next_try_at > OUTGOING.c.created_at).label("waited")
    columns = (OUTGOING.c.id, OUTGOING.c.key, OUTGOING.c.place, OUTGOING.c.payload, OUTGOING.c.created_at, waited)
    rows = tx.execute(select(*columns).where(*waiting).order_by(OUTGOING.c.id).limit(most))
    return [Notice(row.id, row.key, int(row.place), row.payload, row.created_at, bool(row.waited)) for row in rows]


def address(tx: Connection, notice: Notice, platform: str, place: str, payload: str) -> bool:
    """The notice may go out now, in these words, to this place; False when somebody addressed it before."""
    values = {"platform": platform, "place": place, "payload": payload}
    return _settle_notice(tx, notice, values)


def drop(tx: Connection, notice: Notice, trouble: str) -> bool:
    """The notice cannot go out: nobody in chat is that person, or there is nothing left to tell them."""
    return _settle_notice(tx, notice, {"state": BLOCKED, "trouble": trouble})


def wait(tx: Connection, notice: Notice, until: datetime) -> bool:
    """The notice is looked at again from then on."""
    return _settle_notice(tx, notice, {"next_try_at": until})


def _settle_notice(tx: Connection, notice: Notice, values: dict[str, Any]) -> bool:
    mine = update(OUTGOING).where(
        OUTGOING.c.id == notice.id, OUTGOING.c.state == WAITING, OUTGOING.c.platform == PERSON
    )
    return tx.execute(mine.values(**values)).rowcount == 1


def note(store: Store, message: Claimed, ts: str) -> bool:
    """Keep where the channel stood before the post; False when a newer attempt has taken over."""
    return _set(store, message, noted_ts=ts)


def settle(store: Store, message: Claimed, state: str, *, posted_ts: str = "", trouble: str = "") -> bool:
    """Write the outcome down; False when a newer attempt has taken over."""
    return _set(store, message, state=state, posted_ts=posted_ts, trouble=trouble, lease_until=None)


def try_later(store: Store, message: Claimed, at: datetime, trouble: str) -> bool:
    """It was surely not posted; try again from `at` on."""
    return _set(store, message, state=WAITING, next_try_at=at, lease_until=None, noted_ts="", trouble=trouble)


def _set(store: Store, message: Claimed, **values: object) -> bool:
    with store.aside() as tx:
        mine = update(OUTGOING).where(
            OUTGOING.c.id == message.id, OUTGOING.c.attempt == message.attempt, OUTGOING.c.state == SENDING
        )
        return tx.execute(mine.values(**values)).rowcount == 1


def blocked(tx: Connection) -> list[tuple[str, str, str]]:
    """What could not be delivered: key, place and trouble."""
    rows = tx.execute(select(OUTGOING.c.key, OUTGOING.c.place, OUTGOING.c.trouble).where(OUTGOING.c.state == BLOCKED))
    return [(row.key, row.place, row.trouble) for row in rows]


def requeue(tx: Connection, key: str, place: str, now: datetime) -> bool:
    """Let a blocked message be tried again, to the place given; False when it is not blocked.

    In the same place it is looked for first, by what was noted of an earlier attempt.
    """
    again = update(OUTGOING).where(OUTGOING.c.key == key, OUTGOING.c.state == BLOCKED)
    noted = case((OUTGOING.c.place == place, OUTGOING.c.noted_ts), else_="")
    values = {"state": WAITING, "place": place, "next_try_at": now, "noted_ts": noted, "trouble": ""}
    return tx.execute(again.values(**values)).rowcount == 1


class State(NamedTuple):
    """How a message stands."""

    state: str
    attempt: int
    posted_ts: str
    trouble: str


def state_of(store: Store, key: str) -> State:
    """How the message with this key stands; all empty when there is none."""
    with store.read() as tx:
        row = tx.execute(
            select(OUTGOING.c.state, OUTGOING.c.attempt, OUTGOING.c.posted_ts, OUTGOING.c.trouble).where(
                OUTGOING.c.key == key
            )
        ).first()
    return State(*row) if row else State("", 0, "", "")
