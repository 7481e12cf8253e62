"""Messages on their way: put, claimed by one sender at a time, settled by the attempt that holds the claim."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, bindparam, case, exists, func, or_, select, true, update

from storage.prepared import Prepared
from storage.store import Store, insert_in, insert_new
from storage.tables import OUTGOING, PACE

WAITING, SENDING, SENT, BLOCKED = "waiting", "sending", "sent", "blocked"
PERSON = "person"  # the platform of a notice that has no address and no words yet: its place is a person's id
SETTLED = (SENT, BLOCKED)
CHATS = ("slack", "teams")
UNREAD = ("teams",)  # of these chats no message can be read back
NOTHING_LEFT = "Nothing of it was left to tell: it was done or passed on meanwhile, or is not theirs to read."
APART = timedelta(seconds=1)  # no place gets more than one message a second, whoever sends it
# Teams takes seven a second in a conversation, and whoever said two things in a breath waits for the second answer:
# https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit
SOONER = {"teams": timedelta(milliseconds=334)}
ANSWER = "answer:"
UNBELIEVED = timedelta(minutes=2)  # a pace from further ahead is a clock's that was put back: it holds nothing up
LATE = timedelta(minutes=30)  # a scheduled message later than this waits for working hours


class Claimed(NamedTuple):
    """A message that this sender may post now; `noted_ts` is set when an earlier attempt may have posted it."""

    id: int
    key: str
    platform: str
    place: str
    payload: str
    attempt: int
    noted_ts: str
    due_at: datetime | None = None
    thread_ts: str = ""


_FIRST = OUTGOING.alias()  # the message in whose thread another goes
_THERE = exists().where(_FIRST.c.id == OUTGOING.c.follows_id, _FIRST.c.state == SENT)
_HOLDS = and_(
    and_(PACE.c.platform == OUTGOING.c.platform, PACE.c.place == OUTGOING.c.place),
    and_(PACE.c.next_at > bindparam("now"), PACE.c.next_at <= bindparam("unbelieved")),
)
_HELD = exists().where(_HOLDS)
_READY = and_(
    OUTGOING.c.platform.in_(bindparam("chats", expanding=True)),
    or_(
        and_(OUTGOING.c.state == WAITING, OUTGOING.c.next_try_at <= bindparam("now")),
        and_(OUTGOING.c.state == SENDING, OUTGOING.c.lease_until <= bindparam("now")),
    ),
    or_(OUTGOING.c.follows_id.is_(None), _THERE),
)
_IN_TIME = or_(OUTGOING.c.due_at.is_(None), OUTGOING.c.due_at >= bindparam("late"))


def _due(by_day: bool) -> ColumnElement[bool]:
    return and_(_READY, true() if by_day else _IN_TIME)


_COLUMNS = tuple(OUTGOING.c[name] for name in Claimed._fields if name != "thread_ts")


def _claiming(due: ColumnElement[bool]) -> Any:
    """On PostgreSQL two who claim at once each take another one; SQLite lets them in one after the other."""
    # what somebody waits for goes before what comes by schedule
    turn = (OUTGOING.c.due_at.is_not(None), OUTGOING.c.next_try_at, OUTGOING.c.id)
    oldest = select(OUTGOING.c.id).where(due, ~_HELD).order_by(*turn).limit(1)
    following = oldest.with_for_update(skip_locked=True, of=OUTGOING).scalar_subquery()
    taken = update(OUTGOING).where(OUTGOING.c.id == following, due)
    values = {"state": SENDING, "attempt": OUTGOING.c.attempt + 1, "lease_until": bindparam("until")}
    return taken.values(values).returning(*_COLUMNS, OUTGOING.c.follows_id)


# by whether a late scheduled message may go now
_CLAIM = {by_day: _claiming(_due(by_day)) for by_day in (True, False)}
_ANY_DUE = {by_day: select(OUTGOING.c.id).where(_due(by_day), ~_HELD).limit(1) for by_day in (True, False)}
_FREE_AT = {
    by_day: select(func.min(PACE.c.next_at)).join(OUTGOING, _HOLDS).where(_due(by_day)) for by_day in (True, False)
}


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
    return bool(_putting(tx.dialect.name, tuple(row)).rows(tx, row))


@cache
def _putting(dialect: str, columns: tuple[str, ...]) -> Prepared:
    """An answer waits for it in a chat that is answered by posts."""
    new = insert_in(dialect, OUTGOING).on_conflict_do_nothing(index_elements=["key"])
    return Prepared(new.returning(OUTGOING.c.id), written=columns)


def _id_of(tx: Connection, key: str) -> int:
    return int(tx.execute(select(OUTGOING.c.id).where(OUTGOING.c.key == key)).scalar_one())


def claim(
    store: Store, now: datetime, lease: timedelta, chats: Sequence[str] = CHATS, *, by_day: bool = True
) -> Claimed | None:
    """Take the next due message to one of the chats, or one whose sender's lease has run out; None when there is none.

    The attempt's number is the token of every later word on it: a newer attempt takes the right away. What goes to a
    place that had a message within the second stays, as does what follows one that is not sent yet. `by_day`: these
    are working hours, so that a scheduled message which is late may go too.
    """
    times = _times(now, chats)
    with store.read() as tx:
        if tx.execute(_ANY_DUE[by_day], times).first() is None:
            return None
    try:
        with store.aside() as tx:
            return _claimed(tx, by_day, {**times, "until": now + lease})
    except _Overtaken:
        return None


class _Overtaken(Exception):
    """Another sender took the place's turn at this moment."""


def _claimed(tx: Connection, by_day: bool, times: dict[str, Any]) -> Claimed | None:
    row = tx.execute(_CLAIM[by_day], times).first()
    if row is None:
        return None
    apart = SOONER.get(row.platform, APART) if row.key.startswith(ANSWER) else APART
    _take_turn(tx, row.platform, row.place, times, apart)
    first = select(OUTGOING.c.posted_ts).where(OUTGOING.c.id == row.follows_id)
    thread = tx.execute(first).scalar_one() if row.follows_id else ""
    return Claimed(*row[:-1])._replace(thread_ts=thread)


def _take_turn(tx: Connection, platform: str, place: str, times: dict[str, Any], apart: timedelta) -> None:
    """The place's turn is this sender's for so long from now, or _Overtaken: then nothing is claimed."""
    later = {"next_at": times["now"] + apart}
    new = insert_new(tx, PACE).values(platform=platform, place=place, **later)
    free = or_(PACE.c.next_at <= times["now"], PACE.c.next_at > times["unbelieved"])
    taken = new.on_conflict_do_update(index_elements=["platform", "place"], set_=later, where=free)
    if tx.execute(taken.returning(PACE.c.id)).first() is None:
        raise _Overtaken


def _times(now: datetime, chats: Sequence[str]) -> dict[str, Any]:
    return {"now": now, "unbelieved": now + UNBELIEVED, "late": now - LATE, "chats": list(chats)}


def free_at(store: Store, now: datetime, chats: Sequence[str] = CHATS, *, by_day: bool = True) -> datetime | None:
    """When the first of the messages may go that only the pace of their place holds up; None when none is."""
    with store.read() as tx:
        found: datetime | None = tx.execute(_FREE_AT[by_day], _times(now, chats)).scalar()
    return found


class Notice(NamedTuple):
    """A notice to a person, before it is drawn: what it tells, as the record put it; `waited`: not looked at first."""

    id: int
    key: str
    person: int
    told: str
    since: datetime
    waited: bool


def notices(tx: Connection, now: datetime, most: int) -> list[Notice]:
    """Notices that wait to be drawn and addressed: what somebody waits for first, then what comes by schedule."""
    waiting = (OUTGOING.c.state == WAITING, OUTGOING.c.platform == PERSON, OUTGOING.c.next_try_at <= now)
    waited = (OUTGOING.c.next_try_at > OUTGOING.c.created_at).label("waited")
    columns = (OUTGOING.c.id, OUTGOING.c.key, OUTGOING.c.place, OUTGOING.c.payload, OUTGOING.c.created_at, waited)
    rows = tx.execute(
        select(*columns).where(*waiting).order_by(OUTGOING.c.due_at.is_not(None), OUTGOING.c.id).limit(most)
    )
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


def reword(store: Store, message: Claimed, payload: str) -> bool:
    """Keep the words as they are about to be posted; False when a newer attempt has taken over."""
    return _set(store, message, payload=payload)


def settle(
    store: Store,
    message: Claimed,
    state: str,
    *,
    posted_ts: str = "",
    trouble: str = "",
    at: datetime | None = None,
    again: datetime | None = None,
) -> bool:
    """Write the outcome down, and of what was sent when; False when a newer attempt has taken over.

    `again` is when somebody looks once more whether it stands there twice.
    """
    values = {"posted_ts": posted_ts, "trouble": trouble, "lease_until": again, "sent_at": at}
    return _set(store, message, state=state, **values)


class Doubtful(NamedTuple):
    """A message that was sent by a second attempt, while the first may have been stopped in the middle of its post."""

    id: int
    key: str
    platform: str
    place: str
    noted_ts: str
    posted_ts: str
    thread_ts: str


def doubtful(tx: Connection, now: datetime, chats: Sequence[str] = CHATS) -> list[Doubtful]:
    """What is to be looked at once more by now."""
    columns: list[Any] = [OUTGOING.c[name] for name in Doubtful._fields if name != "thread_ts"]
    chosen = select(*columns, func.coalesce(_FIRST.c.posted_ts, "").label("thread_ts"))
    chosen = chosen.outerjoin(_FIRST, _FIRST.c.id == OUTGOING.c.follows_id)
    those = (OUTGOING.c.lease_until <= now, OUTGOING.c.state == SENT, OUTGOING.c.platform.in_(chats))
    rows = tx.execute(chosen.where(*those).order_by(OUTGOING.c.id))
    return [Doubtful(*tuple(row)) for row in rows]


def doubt(store: Store, number: int, until: datetime | None) -> None:
    """Whether it stands there twice is looked at once more from then on; None: it stands there once."""
    with store.aside() as tx:
        mine = update(OUTGOING).where(OUTGOING.c.id == number, OUTGOING.c.state == SENT)
        tx.execute(mine.values(lease_until=until))


def try_later(store: Store, message: Claimed, at: datetime, trouble: str) -> bool:
    """It was surely not posted; try again from `at` on."""
    return _set(store, message, state=WAITING, next_try_at=at, lease_until=None, noted_ts="", trouble=trouble)


def _set(store: Store, message: Claimed, **values: object) -> bool:
    with store.aside() as tx:
        mine = update(OUTGOING).where(
            OUTGOING.c.id == message.id, OUTGOING.c.attempt == message.attempt, OUTGOING.c.state == SENDING
        )
        return tx.execute(mine.values(**values)).rowcount == 1


class Posted(NamedTuple):
    """A message that stands in a place: its number, and its payload as it reads there now."""

    id: int
    payload: str


_POSTED = Prepared(
    select(OUTGOING.c.id, func.coalesce(OUTGOING.c.redrawn, OUTGOING.c.payload).label("payload"))
    .where(*(OUTGOING.c[name] == bindparam(name) for name in ("platform", "place", "posted_ts")))
    .order_by(OUTGOING.c.id.desc())
    .limit(1)
)


def posted(tx: Connection, platform: str, place: str, posted_ts: str) -> Posted | None:
    """The message that was posted there under that id, for a chat whose messages cannot be read back."""
    row = _POSTED.first(tx, {"platform": platform, "place": place, "posted_ts": posted_ts})
    return Posted(*row) if row else None


def redraw(tx: Connection, number: int, payload: str) -> None:
    """Keep how a message reads from now on; what was sent stays as it was sent."""
    tx.execute(update(OUTGOING).where(OUTGOING.c.id == number).values(redrawn=payload))


REMEMBERED = timedelta(days=14)


def blocked(tx: Connection, now: datetime) -> list[tuple[str, str, str]]:
    """What could not be delivered of the last 14 days: key, place and trouble; not that of which nothing was left."""
    lately = OUTGOING.c.created_at > now - REMEMBERED
    stuck = (OUTGOING.c.state == BLOCKED, OUTGOING.c.trouble != NOTHING_LEFT, lately)
    rows = tx.execute(select(OUTGOING.c.key, OUTGOING.c.place, OUTGOING.c.trouble).where(*stuck))
    return [(row.key, row.place, row.trouble) for row in rows]


def requeue(tx: Connection, key: str, now: datetime) -> bool:
    """Let a blocked message be tried again where it was to go; False when it is not blocked.

    It is looked for first, by what was noted of an earlier attempt; in a chat from which nothing can be read back,
    whoever asks for it has looked.
    """
    again = update(OUTGOING).where(OUTGOING.c.key == key, OUTGOING.c.state == BLOCKED)
    noted = case((OUTGOING.c.platform.not_in(UNREAD), OUTGOING.c.noted_ts), else_="")
    values = {"state": WAITING, "next_try_at": now, "noted_ts": noted, "trouble": ""}
    return tx.execute(again.values(**values)).rowcount == 1


FORGOTTEN = "{}"


def forget_answers(store: Store, now: datetime) -> int:
    """Answers of two weeks ago lose their words here, which may be sensitive: they stand in the chat. Gives how many.

    Their keys stay, so that a repeat is known.
    """
    old = (OUTGOING.c.state.in_(SETTLED), OUTGOING.c.next_try_at < now - REMEMBERED)
    answers = (OUTGOING.c.key.startswith(ANSWER), OUTGOING.c.created_at < now - REMEMBERED)
    these = (*old, *answers, OUTGOING.c.payload != FORGOTTEN)
    with store.read() as tx:
        if tx.execute(select(OUTGOING.c.id).where(*these).limit(1)).first() is None:
            return 0
    with store.aside() as tx:
        return tx.execute(update(OUTGOING).where(*these).values(payload=FORGOTTEN, redrawn=None)).rowcount


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
