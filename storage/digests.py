"""Digests as data: their schedule, the claim of one period by one process, and the window that a run counts."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, select, update

from storage import history, outbox
from storage.fields import LONDON
from storage.figures import Window
from storage.store import Store, insert_new
from storage.tables import DIGEST, DIGEST_RUN, OUTGOING

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


TO_CHANNELS = (WEEKLY, "board")


def schedules(tx: Connection) -> list[Schedule]:
    """Every digest to a channel that is switched on; what goes to a person is part of their message of the day."""
    columns = (DIGEST.c[name] for name in Schedule._fields)
    on = (DIGEST.c.until.is_(None), DIGEST.c.kind.in_(TO_CHANNELS))
    rows = tx.execute(select(*columns).where(*on).order_by(DIGEST.c.id))
    return [Schedule(*row) for row in rows]


def set_up(store: Store, platform: str, place: str, day: str, time: str) -> Schedule:
    """The weekly digest as the settings have it; what was due before it was first set up is never sent."""
    with store.aside() as tx:
        values = {"platform": platform, "place": place, "day": day, "time": time}
        row = {"name": WEEKLY, "kind": WEEKLY, "filter": "", "since": store.clock(), **values}
        kept = insert_new(tx, DIGEST).values(**row).on_conflict_do_update(index_elements=["name"], set_=values)
        tx.execute(kept)
        return next(s for s in schedules(tx) if s.name == WEEKLY)


def known(tx: Connection, schedule: Schedule, period: str) -> bool:
    """Whether somebody has claimed this period already."""
    where = (DIGEST_RUN.c.digest_id == schedule.id, DIGEST_RUN.c.period == period)
    return tx.execute(select(DIGEST_RUN.c.id).where(*where)).first() is not None


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
    """Claimed runs without a message yet, whose earlier runs are all settled; oldest first."""
    rows = tx.execute(
        select(*_RUN)
        .outerjoin(OUTGOING, OUTGOING.c.run_id == DIGEST_RUN.c.id)
        .where(OUTGOING.c.id.is_(None))
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


def write_down(store: Store, run: Run, schedule: Schedule, key: str, payload: str, figures: Mapping[str, Any]) -> bool:
    """Keep the figures and the payload before anything is sent; False when another process was first."""
    with store.aside() as tx:
        to = (key, schedule.platform, schedule.place, payload)
        put = outbox.put(tx, *to, store.clock(), run.id, due_at=run.due)
        if put:
            kept = json.dumps(figures, ensure_ascii=False)
            tx.execute(update(DIGEST_RUN).where(DIGEST_RUN.c.id == run.id).values(figures=kept))
        return put
