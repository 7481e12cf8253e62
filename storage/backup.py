"""Backups: a copy of the whole register in one file, looked through before it gets its name; never over another."""

import os
import re
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple, Protocol

from sqlalchemy import Connection, select, update

from storage.faults import StoreFault
from storage.history import Head
from storage.sqlite import Sqlite
from storage.store import Store, insert_new
from storage.tables import PACE

DAILY, WEEKLY = 14, 8  # so many days, and the first of so many weeks before
NAME = re.compile(r"lightkeeper-(\d{4}-\d\d-\d\d)-([0-9a-f]{16})\.(db|dump)")
LITTER = timedelta(days=1)
NIGHTLY = {"platform": "backup", "place": "nightly"}


class New(NamedTuple):
    """What takes the register's place when its block ends: the transaction that settles it, and its store."""

    tx: Connection
    store: Store


class Way(Protocol):
    """How a register of one kind is copied into a file, and put back from one."""

    suffix: str

    def write(self, part: Path) -> Head:
        """A copy of the whole register, sealed and found whole; others read and write it meanwhile."""

    def look(self, file: Path) -> Head:
        """The head that a backup ends with. Raises StoreFault when the file is not whole."""

    def is_there(self) -> bool:
        """Whether there is a place to look at: to look at a file that is missing makes it."""

    def beside(self, file: Path) -> Path:
        """The folder in which the register is kept that a backup takes the place of."""

    def replacing(self, file: Path, aside: Path) -> AbstractContextManager[New]:
        """The backup, brought up to this program; it takes the register's place when the block ends, or not at all.

        What was there is in `aside` then, if anything was.
        """


def way_of(store: Store) -> Way:
    """An SQLite register is a file, and a backup of it too; PostgreSQL's own programs write and read its backups."""
    if isinstance(store.database, Sqlite):
        from storage.copies import Copies

        return Copies(store)
    from storage.dumps import Dumps

    return Dumps(store)


def make(store: Store, to: Path) -> Head:
    """Write a backup to a file that is not there yet; gives the head that it ends with.

    Raises StoreFault when it was not written, or is not whole; then there is no file.
    """
    part = to.with_name(f".{to.name}.{os.getpid()}.part")
    free(to)
    return _written(store, part, lambda _head: to)[1]


def into(store: Store, folder: Path, day: date) -> tuple[Path, Head]:
    """A backup under the name of the day and of its head; where it is there already, nothing is written."""
    if not folder.is_dir():
        raise StoreFault(f"BACKUP_DIR is {folder}, and there is no such folder. Make it, or mount its disk.")
    suffix = way_of(store).suffix
    part = folder / f".lightkeeper-{day}.{os.getpid()}.part"
    return _written(store, part, lambda head: folder / f"lightkeeper-{day}-{head.shown}{suffix}", again=True)


def _written(store: Store, part: Path, name: Callable[[Head], Path], *, again: bool = False) -> tuple[Path, Head]:
    """Under a name of its own until it is whole; a file that is there by then stays, and is meant where `again`."""
    try:
        with writing(part.parent):
            _private(part)
            head = way_of(store).write(part)
            flushed(part)
            to = name(head)
            if not (again and to.exists()):
                _named(part, to)
        return to, head
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def free(to: Path) -> None:
    """Raise StoreFault where a file of that name is."""
    if to.exists():
        raise StoreFault(f"There is a file {to} already, and a backup overwrites none. Give it another name.")


class writing(AbstractContextManager[None]):
    """What the system refuses, in a sentence that names the folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __exit__(self, kind: object, found: BaseException | None, trace: object) -> None:
        if isinstance(found, OSError):
            why = (found.strerror or "the system refused").lower()
            raise StoreFault(f"The backup cannot be written into {self.folder.resolve()}: {why}.") from None


def _private(part: Path) -> None:
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def flushed(path: Path) -> None:
    """On the disk, whatever happens to the machine."""
    if os.name == "nt" and path.is_dir():
        return
    number = os.open(path, os.O_RDONLY if path.is_dir() or os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _named(part: Path, to: Path) -> None:
    """Give it its name at once and whole, and never over another file."""
    try:
        os.link(part, to)
    except FileExistsError:
        free(to)
    except OSError:  # a disk that knows no second name
        free(to)
        part.rename(to)
    flushed(to.parent)


# --- those of BACKUP_DIR --------------------------------------------------------------------------------------------


class Kept(NamedTuple):
    """A backup in BACKUP_DIR, by its name."""

    day: date
    path: Path


def kept(folder: Path) -> list[Kept]:
    """The backups there, newest first."""
    named = ((NAME.fullmatch(path.name), path) for path in folder.glob("lightkeeper-*"))
    found = [(date.fromisoformat(name[1]), path.stat().st_mtime, path) for name, path in named if name]
    return [Kept(day, path) for day, _, path in sorted(found, reverse=True)]


def rotate(folder: Path, now: datetime) -> list[Path]:
    """Take away the backups that are too many, and what a killed one left behind; gives them."""
    found = kept(folder)
    stay = to_keep(one.day for one in found)
    gone = [one.path for one in found if one.day not in stay]
    litter = [p for p in folder.glob(".lightkeeper-*") if now.timestamp() - p.stat().st_mtime > LITTER.total_seconds()]
    for path in gone + litter:
        path.unlink(missing_ok=True)
    return gone


def to_keep(days: Iterable[date]) -> set[date]:
    """The newest 14 days on which there is a backup, and of the 8 weeks before them the first day of each."""
    newest_first = sorted(set(days), reverse=True)
    daily, before = newest_first[:DAILY], newest_first[DAILY:]
    first_of_week = {day.isocalendar()[:2]: day for day in before}  # the last one written is the first of its week
    weeks = sorted(first_of_week, reverse=True)[:WEEKLY]
    return {*daily, *(first_of_week[week] for week in weeks)}


# --- whose turn it is, of several bots ------------------------------------------------------------------------------

_TURN = (PACE.c.platform == NIGHTLY["platform"], PACE.c.place == NIGHTLY["place"])


def take_turn(store: Store, now: datetime, until: datetime) -> bool:
    """Whether the backup that is due is for this bot to make, and no other until then; the first of all is due now."""
    with store.read() as tx:
        due = tx.execute(select(PACE.c.next_at).where(*_TURN)).scalar()
    if due and due > now:
        return False
    with store.aside() as tx:
        new = insert_new(tx, PACE).values(**NIGHTLY, next_at=now)
        tx.execute(new.on_conflict_do_nothing(index_elements=["platform", "place"]))
        mine = update(PACE).where(*_TURN, PACE.c.next_at <= now).values(next_at=until)
        return tx.execute(mine).rowcount == 1


def next_turn(store: Store, at: datetime) -> None:
    """The next one is due then."""
    with store.aside() as tx:
        tx.execute(update(PACE).where(*_TURN).values(next_at=at))
