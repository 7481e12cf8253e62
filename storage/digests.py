"""Digests as data: their schedule, the claim of one period by one process, and the window that a run counts."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, func, select, update

from storage import history, outbox, people
from storage.fields import LONDON
from storage.figures import Window
from storage.store import Store, insert_new
from storage.tables import DIGEST, DIGEST_RUN, DIGEST_SEEN, HISTORY, OUTGOING

WEEKLY = "weekly"


class Schedule(NamedTuple):
    """A digest: where it goes, on which weekday at which wall-clock time, and since when it exists.

    `kind` is weekly (the DCC's), board, lead or morning; `filter` the words that narrow it; `person_id` whom it is for.
    """

    id: int
    name: str
    platform: str
    place: str
    day: str
    time: str
    since: datetime
    kind: str = WEEKLY
    filter: str = ""
    person_id: int | None = None


class Run(NamedTuple):
    """One digest of one period."""

    id: int
    digest_id: int
    period: str
    due: datetime
    last_event: int


BOARD, LEAD, MORNING = "board", "lead", "morning"
TO_CHANNELS = (WEEKLY, BOARD)
ADDED = (BOARD, LEAD, MORNING)  # what is switched on and off in chat
HERE = "digest here"  # the act after which the settings do not say any more where the DCC's digest goes


def schedules(tx: Connection) -> list[Schedule]:
    """Every digest to a channel that is switched on; what goes to a person is part of their message of the day."""
    return _on(tx, DIGEST.c.kind.in_(TO_CHANNELS))


def every(tx: Connection) -> list[Schedule]:
    """Every digest that is switched on, to channels and to persons: the DCC's, then in the order of their beginning."""
    return _on(tx, DIGEST.c.kind.in_((WEEKLY, *ADDED)))


def weekly(tx: Connection) -> Schedule | None:
    """The DCC's digest; None until somebody has said where it goes."""
    return next(iter(_on(tx, DIGEST.c.name == WEEKLY)), None)


def _on(tx: Connection, which: ColumnElement[bool]) -> list[Schedule]:
    columns = (DIGEST.c[name] for name in Schedule._fields)
    rows = tx.execute(select(*columns).where(DIGEST.c.until.is_(None), which).order_by(DIGEST.c.id))
    return [Schedule(*row) for row in rows]


def name_for(tx: Connection, kind: str) -> str:
    """A name that no digest ever had: board-2."""
    many = tx.execute(select(func.count()).select_from(DIGEST).where(DIGEST.c.kind == kind)).scalar_one()
    return f"{kind}-{many + 1}"


def set_up(store: Store, platform: str, place: str, day: str, time: str) -> Schedule:
    """The weekly digest as the settings have it; what was due before it was first set up is never sent.

    Where it goes counts until somebody says `digest here`; its day and time are the settings' for good.
    """
    with store.aside() as tx:
        timed = {"day": day, "time": time}
        values = timed if said_here(tx) else {"platform": platform, "place": place, **timed}
        row = {"name": WEEKLY, "kind": WEEKLY, "filter": "", "since": store.clock()}
        row |= {"platform": platform, "place": place, **timed}
        kept = insert_new(tx, DIGEST).values(**row).on_conflict_do_update(index_elements=["name"], set_=values)
        tx.execute(kept)
        return next(s for s in schedules(tx) if s.name == WEEKLY)


def timed(store: Store, day: str, time: str) -> None:
    """When the DCC's digest comes, where the settings say nothing of where."""
    with store.aside() as tx:
        tx.execute(update(DIGEST).where(DIGEST.c.name == WEEKLY).values(day=day, time=time))


def said_here(tx: Connection) -> bool:
    """Whether somebody has said in chat where the DCC's digest goes."""
    return tx.execute(select(HISTORY.c.seq).where(HISTORY.c.act == HERE).limit(1)).first() is not None


def known(tx: Connection, schedule: Schedule, period: str, due: datetime) -> bool:
    """Whether somebody has claimed this period already, or one due later, which took in what this one would tell."""
    taken = (DIGEST_RUN.c.period == period) | (DIGEST_RUN.c.due >= due)
    mine = select(DIGEST_RUN.c.id).where(DIGEST_RUN.c.digest_id == schedule.id, taken)
    return tx.execute(mine.limit(1)).first() is not None


def claimed(tx: Connection, schedule: Schedule, period: str) -> bool:
    """Whether somebody has claimed this very period."""
    mine = (DIGEST_RUN.c.digest_id == schedule.id, DIGEST_RUN.c.period == period)
    return tx.execute(select(DIGEST_RUN.c.id).where(*mine)).first() is not None


def claim(store: Store, schedule: Schedule, period: str, due: datetime) -> bool:
    """Claim a period for one process, noting the last event that it counts; False when another has it.

    `Store.write` holds the ledger's head, so that no event of the period comes after it was counted.
    """
    with store.write() as tx:
        row = {"digest_id": schedule.id, "period": period, "due": due, "figures": ""}
        row["last_event"] = history.last_event_at(tx, due)
        won = insert_new(tx, DIGEST_RUN).values(**row).on_conflict_do_nothing(index_elements=["digest_id", "period"])
        return tx.execute(won.returning(DIGEST_RUN.c.id)).first() is not None


_RUN = tuple(DIGEST_RUN.c[name] for name in Run._fields)


def unwritten(tx: Connection) -> list[Run]:
    """Claimed runs without a message yet, whose earlier runs are all settled; oldest first.

    A digest that was removed meanwhile is not written any more.
    """
    rows = tx.execute(
        select(*_RUN)
        .join(DIGEST, DIGEST.c.id == DIGEST_RUN.c.digest_id)
        .outerjoin(OUTGOING, OUTGOING.c.run_id == DIGEST_RUN.c.id)
        .where(OUTGOING.c.id.is_(None), DIGEST.c.until.is_(None))
        .order_by(DIGEST_RUN.c.due)
    )
    return [run for run in (Run(*row) for row in rows) if not _unsettled_before(tx, run)]


def _unsettled_before(tx: Connection, run: Run) -> bool:
    earlier = (
        select(DIGEST_RUN.c.id)
        .outerjoin(OUTGOING, OUTGOING.c.run_id == DIGEST_RUN.c.id)
        .where(DIGEST_RUN.c.digest_id == run.digest_id, DIGEST_RUN.c.due < run.due)
        .where(OUTGOING.c.state.is_(None) | OUTGOING.c.state.not_in(outbox.SETTLED))
    )
    return tx.execute(earlier).first() is not None


def window(tx: Connection, digest_id: int | None, due: datetime, last_event: int) -> Window:
    """From the instant that the last digest sent was due for (none yet: a week before) to `due`."""
    sent = (
        select(DIGEST_RUN.c.due, DIGEST_RUN.c.last_event)
        .join(OUTGOING, OUTGOING.c.run_id == DIGEST_RUN.c.id)
        .where(DIGEST_RUN.c.digest_id == digest_id, DIGEST_RUN.c.due < due, OUTGOING.c.state == outbox.SENT)
        .order_by(DIGEST_RUN.c.due.desc())
        .limit(1)
    )
    row = tx.execute(sent).first()
    if row:
        return Window(row.due, due, row.last_event, last_event)
    start = (due.astimezone(LONDON).replace(tzinfo=None) - timedelta(days=7)).replace(tzinfo=LONDON)
    return Window(start, due, history.last_event_at(tx, start), last_event)


def write_down(
    store: Store,
    run: Run,
    schedule: Schedule,
    key: str,
    payload: str,
    figures: Mapping[str, Any],
    parts: Sequence[str] = (),
) -> bool:
    """Keep the figures and the payload before anything is sent; False when another process was first.

    `parts` go into its thread, under the key with their number; whether they arrive settles no run.
    """
    with store.aside() as tx:
        to, now = (schedule.platform, schedule.place), store.clock()
        put = outbox.put(tx, key, *to, payload, now, run.id, due_at=run.due)
        if put:
            for number, part in enumerate(parts, 1):
                outbox.put(tx, f"{key}:{number}", *to, part, now, due_at=run.due, follows=key)
            kept = json.dumps(figures, ensure_ascii=False)
            tx.execute(update(DIGEST_RUN).where(DIGEST_RUN.c.id == run.id).values(figures=kept))
        return put


# --- what was sent, and who has seen it -----------------------------------------------------------------------------


def sent_run(tx: Connection, digest_id: int, period: str = "", before: datetime | None = None) -> Run | None:
    """The run of that period, else the latest (of those due before an instant), if its message was sent."""
    where = [DIGEST_RUN.c.digest_id == digest_id, OUTGOING.c.state == outbox.SENT]
    where += [DIGEST_RUN.c.period == period] if period else []
    where += [DIGEST_RUN.c.due < before] if before else []
    joined = select(*_RUN).join(OUTGOING, OUTGOING.c.run_id == DIGEST_RUN.c.id)
    row = tx.execute(joined.where(*where).order_by(DIGEST_RUN.c.due.desc()).limit(1)).first()
    return Run(*row) if row else None


def blocked_last(tx: Connection, digest_id: int) -> list[str]:
    """The key of the latest run's message, where it could not be delivered."""
    joined = select(OUTGOING.c.key, OUTGOING.c.state).join(DIGEST_RUN, DIGEST_RUN.c.id == OUTGOING.c.run_id)
    last = joined.where(DIGEST_RUN.c.digest_id == digest_id).order_by(DIGEST_RUN.c.due.desc()).limit(1)
    return [row.key for row in tx.execute(last) if row.state == outbox.BLOCKED]


def send_again(tx: Connection, platform: str, place: str, key: str, now: datetime) -> None:
    """A digest that could not be delivered goes out once more, to where its digest goes now.

    In the same place as it was kept; for another it is written anew: not every place may read all of it, and each chat
    has its own drawing.
    """
    columns = (OUTGOING.c.id, OUTGOING.c.platform, OUTGOING.c.place)
    found = tx.execute(select(*columns).where(OUTGOING.c.key == key, OUTGOING.c.state == outbox.BLOCKED)).first()
    if found is None:
        return
    if (found.platform, found.place) == (platform, place):
        outbox.requeue(tx, key, now)
        return
    tx.execute(delete(OUTGOING).where(OUTGOING.c.follows_id == found.id))
    tx.execute(delete(OUTGOING).where(OUTGOING.c.id == found.id))


class Seen(NamedTuple):
    """Somebody who has said that they saw a digest, and when."""

    who: str
    at: datetime


def seen_by(tx: Connection, run: int, upto: datetime) -> list[Seen]:
    """Who had said by then that they saw that digest, first to say so first."""
    told = select(DIGEST_SEEN.c.person_id, DIGEST_SEEN.c.at)
    told = told.where(DIGEST_SEEN.c.run_id == run, DIGEST_SEEN.c.at <= upto).order_by(
        DIGEST_SEEN.c.at, DIGEST_SEEN.c.id
    )
    return [Seen(people.called(tx, row.person_id), row.at) for row in tx.execute(told)]


class Kept(NamedTuple):
    """A past digest as it was kept: its message ("" once its words were erased), its figures as JSON, its thread."""

    run: Run
    payload: str
    figures: str
    parts: tuple[str, ...] = ()


def kept(tx: Connection, digest_id: int, before: datetime) -> Kept | None:
    """The latest digest that was written down and was due before that instant."""
    found = select(*_RUN, OUTGOING.c.payload, DIGEST_RUN.c.figures, OUTGOING.c.id)
    found = found.join(OUTGOING, OUTGOING.c.run_id == DIGEST_RUN.c.id)
    found = found.where(DIGEST_RUN.c.digest_id == digest_id, DIGEST_RUN.c.due < before)
    row = tx.execute(found.order_by(DIGEST_RUN.c.due.desc()).limit(1)).first()
    if row is None:
        return None
    thread = select(OUTGOING.c.payload).where(OUTGOING.c.follows_id == row[-1]).order_by(OUTGOING.c.id)
    return Kept(Run(*row[:-3]), row.payload, row.figures, tuple(tx.execute(thread).scalars()))
