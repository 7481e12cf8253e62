"""Backups of a register in an SQLite file: its online copy, sealed with a checksum in the file's own header."""

import os
import shutil
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from storage import history, migrations, verify
from storage.backup import New, flushed, writing
from storage.faults import StoreFault
from storage.history import Head
from storage.store import SCHEMA, Store, driver, in_file, sqlite_path

PAGES = 2048  # copied at a time
# PRAGMA user_version, which SQLite leaves to us: of a backup, the checksum of the file with these four bytes empty
SEAL_AT, SEAL_LENGTH, BLOCK = 60, 4, 1 << 20
NOT_WHOLE = "{file} is not whole: {why}. Nothing was changed; take another backup."
FAULTY = "No backup was kept, as the register itself is not whole. {why}"
NEWER = "{file} was made by a newer Lightkeeper. Install that one first."
OPEN = "Another program has the register open. End it, then restore."


class Copies:
    """The ways of one SQLite register."""

    suffix = ".db"

    def __init__(self, store: Store, pages: int = PAGES, between: Callable[[], object] = lambda: None) -> None:
        self.store, self.pages, self.between = store, pages, between

    @property
    def path(self) -> Path:
        return sqlite_path(self.store.url).resolve()

    def write(self, part: Path) -> Head:
        """The view of one moment; who writes meanwhile neither waits nor makes the copy begin anew."""
        with self.store.read() as tx, _disk(part), closing(sqlite3.connect(part)) as copy:
            history.head(tx)  # the view is taken with the first reading
            driver(tx).backup(copy, pages=self.pages, progress=lambda *_: self._after_some(part))
        copied = in_file(self.store, part)
        try:
            faults, head = verify.verify(copied)
        finally:
            copied.close()
        if faults:
            raise StoreFault(FAULTY.format(why=faults[0].sentence))
        with _disk(part):
            _in_one_file(part)
        _seal(part)
        return head

    def _after_some(self, part: Path) -> None:
        """To the disk bit by bit: all at once at the end would hold up the commits of others."""
        flushed(part)
        self.between()

    def look(self, file: Path) -> Head:
        try:
            _check_seal(file)
            with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as line:
                return _head(line, file)
        except sqlite3.Error as fault:
            raise StoreFault(NOT_WHOLE.format(file=file, why=str(fault).lower())) from None

    def is_there(self) -> bool:
        return self.path.exists()

    def beside(self, file: Path) -> Path:
        return self.path.parent

    def _set_aside(self, file: Path) -> None:
        """All that was committed is in the one file, which gets a second name; a broken one as it is."""
        if not self.path.exists():
            return
        try:
            _in_one_file(self.path)
        except sqlite3.OperationalError as fault:
            if "locked" in str(fault):
                raise StoreFault(OPEN) from None
        except sqlite3.DatabaseError:
            pass
        with writing(file.parent):
            _second_name(self.path, file)
            for tail in ("-wal", "-shm"):  # of a broken one: a rest of it must not meet the new file
                with suppress(FileNotFoundError):
                    Path(f"{self.path}{tail}").rename(f"{file}{tail}")

    @contextmanager
    def replacing(self, file: Path, aside: Path) -> Iterator[New]:
        new = self.path.with_name(self.path.name + ".restoring")
        _cleared(new)
        try:
            with writing(new.parent):
                _copied(file, new)
            copied = in_file(self.store, new)
            try:
                migrations.upgrade(copied)
                with copied.write() as tx:
                    yield New(tx, copied)
            finally:
                copied.close()
            with _disk(new):
                _in_one_file(new)
            with writing(new.parent):
                self._put(new, aside)
        finally:
            _cleared(new)

    def _put(self, new: Path, aside: Path) -> None:
        flushed(new)
        self.store.close()
        self._set_aside(aside)
        os.replace(new, self.path)
        flushed(self.path.parent)


def _cleared(new: Path) -> None:
    for tail in ("", "-wal", "-shm", "-journal"):
        with suppress(OSError):
            Path(f"{new}{tail}").unlink(missing_ok=True)


def _copied(file: Path, new: Path) -> None:
    """Private from its first byte; without the seal, which is a backup's."""
    with file.open("rb") as source, os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as to:
        shutil.copyfileobj(source, to, BLOCK)
        to.seek(SEAL_AT)
        to.write(bytes(SEAL_LENGTH))


def _second_name(path: Path, other: Path) -> None:
    try:
        os.link(path, other)
    except OSError:  # a disk that knows no second name
        shutil.copy2(path, other)


@contextmanager
def _disk(part: Path) -> Iterator[None]:
    """What SQLite says of the file that it writes."""
    try:
        yield
    except sqlite3.Error as fault:
        why = "its disk is full" if "full" in str(fault) else str(fault).lower()
        raise StoreFault(f"The backup cannot be written into {part.parent.resolve()}: {why}.") from None


def _in_one_file(path: Path) -> None:
    """What stands in the file's log goes into the file. Raises sqlite3.OperationalError while another has it open."""
    with closing(sqlite3.connect(path, timeout=1, isolation_level=None)) as line:
        line.execute("PRAGMA synchronous=FULL")
        mode = line.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
        if mode != "delete":
            raise sqlite3.OperationalError("database is locked")


def _checksum(file: Path) -> int:
    with file.open("rb") as opened:
        head = bytearray(opened.read(BLOCK))
        head[SEAL_AT : SEAL_AT + SEAL_LENGTH] = bytes(SEAL_LENGTH)
        found = zlib.crc32(head)
        while block := opened.read(BLOCK):
            found = zlib.crc32(block, found)
    return found or 1


def _seal(part: Path) -> None:
    seal = _checksum(part).to_bytes(SEAL_LENGTH, "big")
    with part.open("r+b") as opened:
        opened.seek(SEAL_AT)
        opened.write(seal)


def _check_seal(file: Path) -> None:
    """A backup holds its checksum; a register's own file, as a restore keeps it aside, holds none."""
    try:
        with file.open("rb") as opened:
            header = opened.read(100)
        seal = int.from_bytes(header[SEAL_AT : SEAL_AT + SEAL_LENGTH], "big")
        changed = seal and _checksum(file) != seal
    except OSError as fault:
        raise StoreFault(f"The backup {file} cannot be read: {(fault.strerror or 'it is refused').lower()}.") from None
    if not header.startswith(b"SQLite format 3\0"):
        raise StoreFault(f"{file} is not a backup of an SQLite register.")
    if changed:
        raise StoreFault(NOT_WHOLE.format(file=file, why="it was cut short, or changed since it was written"))
    if Path(f"{file}-wal").exists() and Path(f"{file}-wal").stat().st_size:
        raise StoreFault(f"{file} is a register in use, not a backup: part of it is in {file.name}-wal.")


def _head(line: sqlite3.Connection, file: Path) -> Head:
    told = line.execute("PRAGMA integrity_check").fetchone()[0]
    if told != "ok":
        raise StoreFault(NOT_WHOLE.format(file=file, why=str(told).splitlines()[0].lower()))
    try:
        (schema,) = line.execute("SELECT version_num FROM alembic_version").fetchone()
        seq, hash_, at = line.execute("SELECT seq, hash, at FROM head").fetchone()
    except (sqlite3.OperationalError, TypeError, ValueError):
        raise StoreFault(f"{file} is not a backup of a register.") from None
    if schema > SCHEMA:
        raise StoreFault(NEWER.format(file=file))
    return Head(seq, hash_, datetime.fromisoformat(at).replace(tzinfo=UTC))
