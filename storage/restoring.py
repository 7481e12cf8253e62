"""Restoring a backup: nothing of it is posted again, and the register itself says what was put back over what."""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.exc import NoResultFound

from storage import history, outbox, people, verify
from storage.backup import New, way_of
from storage.digests import Schedule, schedules
from storage.faults import StoreFault
from storage.fields import LONDON
from storage.history import Event, Head, Pair
from storage.running import without_bots
from storage.store import Store
from storage.tables import BEAT, DIGEST, DIGEST_RUN, HISTORY, OUTGOING

ACT, TERMINAL = "restore", "terminal"
STOP_IT = "A bot is running on this register. Stop it, on every machine, then restore."
NEWER = (
    "The register is newer than the backup: it holds {present:,} events, and the backup {backup:,}. "
    "To give up the later ones, add --force; the register is kept beside it."
)
OTHER = (
    "The backup is of another register, or of another history of this one. "
    "To put it in this one's place, add --force; the register is kept beside it."
)
HELD = "It was unsent in the backup that the register was restored from on {}, and may have been posted since."


class By(NamedTuple):
    """Who restores: a liaison of the register that is restored, by address or chat user ID, or an account here."""

    liaison: str
    account: str


class Restored(NamedTuple):
    """What a restore came to: the backup's head, the head given up, where that register is kept, and what is held.

    `schedules` are the digests as the backup has them, with the runs that it knows; they begin anew now.
    """

    backup: Head
    given_up: Head | None
    aside: Path | None
    held: list[tuple[str, str]]
    schedules: list[Schedule]
    runs: set[tuple[int, str]]
    head: Head


def restore(store: Store, file: Path, by: By, *, force: bool) -> Restored:
    """Put a backup in the register's place, whole or not at all.

    Raises StoreFault while a bot runs, when the backup is not
    whole, and without `force` when the register holds what the backup does not.
    """
    way = way_of(store)
    with without_bots(store, STOP_IT):
        backup, present = way.look(file), _present(store) if way.is_there() else None
        if present and present.seq > backup.seq and not force:
            raise StoreFault(NEWER.format(present=present.seq, backup=backup.seq))
        aside = _name(way.beside(file), store.clock(), present, way.suffix)
        with way.replacing(file, aside) as new:
            _check(new, backup, file)
            if present and not force:
                _admit(new, present)
            settled = _settle(new, backup, present, file.name, by)
    return settled._replace(aside=aside if aside.exists() else None)


def restored_at(tx: Connection, instant: datetime) -> bool:
    """Whether a backup was put back at that instant."""
    found = select(HISTORY.c.seq).where(HISTORY.c.at == instant, HISTORY.c.act == ACT)
    return tx.execute(found).first() is not None


def _present(store: Store) -> Head | None:
    """The head of what is there now; None where nothing is, or nothing that can be read."""
    try:
        with store.read() as tx:
            return history.head(tx)
    except (StoreFault, NoResultFound, ValueError):
        return None


def _admit(new: New, present: Head) -> None:
    """What is there now has to be an earlier state of what takes its place."""
    then = new.tx.execute(select(HISTORY.c.hash).where(HISTORY.c.seq == present.seq)).scalar()
    if present.seq and then and then != present.hash:
        raise StoreFault(OTHER)


def _name(beside: Path, now: datetime, present: Head | None, suffix: str) -> Path:
    """A name that no file has yet."""
    head = present.shown if present else "unreadable"
    stem = f"before-restore-{now.astimezone(LONDON):%Y-%m-%d-%H%M%S}-{head}"
    names = (beside / f"{stem}{f'-{n}' if n else ''}{suffix}" for n in range(10**6))
    return next(name for name in names if not name.exists())


def _check(new: New, backup: Head, file: Path) -> None:
    """The whole of it is what its events add up to, before it takes anything's place."""
    book = verify.Book(new.tx, new.store, verify.end(new.tx), "")
    faults = list(verify.found(book, verify.CHECKS))
    if book.end.hash != backup.hash:
        raise StoreFault(f"{file} changed while it was restored. Nothing was changed; take another backup.")
    if faults:
        raise StoreFault(f"{file} is not whole, and nothing was changed. {faults[0].sentence}")


def _settle(new: New, backup: Head, present: Head | None, file: str, by: By) -> Restored:
    """The event, and nothing that goes out by itself: what was on its way, and what was due, waits for a person."""
    tx, now = new.tx, history.moment(new.tx, new.store)
    known, runs = schedules(tx), _runs(tx)
    held = _hold(tx, now)
    tx.execute(update(DIGEST).where(DIGEST.c.since < now).values(since=now))
    tx.execute(delete(BEAT))  # of bots that ran then
    event = _event(_person(tx, by, now), backup, present, file)
    head = history.append(tx, new.store, [event], now=now)[-1]
    return Restored(backup, present, None, held, known, runs, head)


def _runs(tx: Connection) -> set[tuple[int, str]]:
    """The runs that have a message; one that was only claimed is as if it had never been."""
    written = select(OUTGOING.c.run_id).where(OUTGOING.c.run_id.is_not(None))
    tx.execute(delete(DIGEST_RUN).where(DIGEST_RUN.c.id.not_in(written)))
    return {(row.digest_id, row.period) for row in tx.execute(select(DIGEST_RUN.c.digest_id, DIGEST_RUN.c.period))}


def _hold(tx: Connection, now: datetime) -> list[tuple[str, str]]:
    """What was unsent waits for a person; gives the keys and the places."""
    day = now.astimezone(LONDON)
    trouble = HELD.format(f"{day.day} {day:%b %Y}")
    unsent = update(OUTGOING).where(OUTGOING.c.state.not_in(outbox.SETTLED))
    holding = unsent.values(state=outbox.BLOCKED, trouble=trouble, lease_until=None)
    rows = tx.execute(holding.returning(OUTGOING.c.key, OUTGOING.c.place)).all()
    return sorted((row.key, row.place) for row in rows)


def _person(tx: Connection, by: By, now: datetime) -> int:
    """Their number in the register as it was then."""
    if not by.liaison:
        return people.keep(tx, [people.Handle(TERMINAL, "", by.account)], by.account, now)
    who = people.handle(by.liaison)
    found = people.known_as(tx, who) if who else None
    if found is None or found.id is None or "liaison" not in found.roles:
        raise StoreFault(f"In the backup, {by.liaison} is no liaison. Name one of then, or leave --as out.")
    return found.id


def _event(actor: int, backup: Head, present: Head | None, file: str) -> Event:
    fields: dict[str, Pair] = {"head": (present.hash if present else None, backup.hash), "file": (None, file)}
    fields["events"] = (present.seq if present else None, backup.seq)
    return Event(ACT, actor, TERMINAL, "", fields=fields)
