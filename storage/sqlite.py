"""The register in an SQLite file: opened with our settings, private to its account, its faults in sentences."""

import sqlite3
from collections.abc import Hashable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Connection, Engine, create_engine, event

from storage.faults import BUSY, FULL, SILENT, NoTables, StoreFault

if TYPE_CHECKING:
    from storage.running import FileSign

BUSY_MS = 1500
BEGIN_WRITING = "BEGIN IMMEDIATE"  # the lock is taken at once: a later one would find its reading out of date
PRAGMAS = (
    f"busy_timeout={BUSY_MS}",
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "recursive_triggers=ON",
)
_FAULTS = (
    ("locked", StoreFault, BUSY),
    (
        "readonly",
        StoreFault,
        "The register can be read but not written. Nothing was saved; check who may write to {path}.",
    ),
    ("full", StoreFault, FULL),
    ("no such table", NoTables, "The file {path} is not an up-to-date register. Bring it up with: lightkeeper migrate"),
    ("not a database", StoreFault, "The file {path} is not a register. Restore it from a backup."),
    ("malformed", StoreFault, "The file {path} is damaged. Restore it from a backup."),
    (
        "unable to open",
        StoreFault,
        "The register at {path} cannot be opened. Check the folder and who may read it.",
    ),
)


@dataclass(frozen=True)
class Sqlite:
    """The file of a register."""

    url: URL

    @property
    def errors(self) -> type[Exception]:
        return sqlite3.DatabaseError

    @property
    def path(self) -> Path:
        return Path(self.url.database or "")

    def engines(self, *, create: bool, absent: bool = False) -> tuple[Engine, Engine]:
        """One that writes, one that reads; a missing file is a fault unless `create`, never an empty register.

        `absent`: for who puts a file there; nothing is looked at, and nothing made before it is used.
        """
        if create:
            _make_private(self.path)
        elif not absent and not self.path.is_file():
            raise StoreFault(f"There is no register at {self.path}. Make it with: lightkeeper migrate")
        writer, reader = self._engine(), self._engine()
        event.listen(writer, "begin", lambda connection: connection.exec_driver_sql(BEGIN_WRITING))
        return writer, reader

    def _engine(self) -> Engine:
        engine = create_engine(self.url, hide_parameters=True, connect_args={"timeout": BUSY_MS / 1000})
        event.listen(engine, "connect", _prepare)
        return engine

    def take_the_pen(self, tx: Connection) -> None:
        """BEGIN_WRITING has taken it."""

    def begin_reading(self, tx: Connection) -> None:
        """One view from the first statement on; the pool's reset ends it."""
        _driver(tx).execute("BEGIN")

    def alone(self, connection: Connection) -> AbstractContextManager[None]:
        """Each step locks the file."""
        return nullcontext()

    def sign(self) -> "FileSign":
        """A lock on a file beside the register."""
        from storage.running import FileSign

        return FileSign(self.path)

    def state(self, tx: Connection) -> Hashable:
        """SQLite's data_version, which each connection has for itself: it moves with every commit of another one.

        Of this process or any other; and `Store.read` itself never writes. https://www.sqlite.org/pragma.html
        """
        version: int = _driver(tx).execute("PRAGMA data_version").fetchone()[0]
        return version

    def fault(self, found: Exception, *, committing: bool) -> StoreFault | None:
        """What a fault of the database says; None where it is no fault of the database but a broken rule of ours."""
        if isinstance(found, sqlite3.IntegrityError):
            return None
        said = str(found).lower()
        for sign, kind, sentence in _FAULTS:
            if sign in said:
                return kind(sentence.format(path=self.path))
        return StoreFault(SILENT)

    def unreachable(self, found: Exception) -> StoreFault:
        return self.fault(found, committing=False) or StoreFault(SILENT)


def _make_private(path: Path) -> None:
    """The folder 0700 and the file 0600, when we make them: the register is for its own account only."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=True)
    except OSError as fault:
        raise StoreFault(f"The register cannot be made at {path}: {_reason(fault)}.") from None


def _reason(fault: OSError) -> str:
    return (fault.strerror or "the system refused").lower()


def _driver(tx: Connection) -> Any:
    return tx.connection.dbapi_connection


def _prepare(raw: Any, _record: object) -> None:
    raw.isolation_level = None
    raw.create_function(
        "lower", 1, lambda text: text and text.lower(), deterministic=True
    )  # SQLite's knows A to Z only
    cursor = raw.cursor()
    for pragma in PRAGMAS:
        _apply(cursor, pragma)
    cursor.close()


def _apply(cursor: Any, pragma: str) -> None:
    try:
        cursor.execute(f"PRAGMA {pragma}")
    except sqlite3.OperationalError:
        # a read-only file refuses journal_mode only; reading goes on, the first write says so
        if not pragma.startswith("journal_mode"):
            raise
