"""Opening the register on SQLite (PostgreSQL to follow) with our settings, and its two kinds of transaction."""

import os
import sqlite3
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Engine, Insert, create_engine, event, make_url, text
from sqlalchemy.exc import DatabaseError, OperationalError

BUSY_MS = 1500
BEGIN_WRITING = "BEGIN IMMEDIATE"  # the lock is taken at once: a later one would find its reading out of date
SCHEMA = "0002"
KEEPS, MOST_KEPT = "keeps", 1000
T = TypeVar("T")


class StoreFault(Exception):
    """The register cannot be opened or written; the message is one sentence for a person."""


class SchemaFault(StoreFault):
    """The tables are older or newer than this program."""


@dataclass(frozen=True)
class Store:
    """An open register: one engine that writes, one that reads, and what the ledger needs from outside.

    `clock` gives aware UTC instants; `entropy` gives n random bytes; `audit_key` is the optional HMAC key.
    """

    url: str
    writer: Engine
    reader: Engine
    clock: Callable[[], datetime]
    entropy: Callable[[int], bytes] = os.urandom
    audit_key: bytes = b""

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction that holds the write lock from its first statement; all of it or nothing."""
        with _plain_faults(self.url), self.writer.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view that never waits for writers."""
        with _plain_faults(self.url), self.reader.connect() as connection:
            driver(connection).execute("BEGIN")  # the pool's reset ends it
            yield connection

    def close(self) -> None:
        self.writer.dispose()
        self.reader.dispose()


def open_store(
    url: str,
    clock: Callable[[], datetime],
    *,
    create: bool = False,
    entropy: Callable[[int], bytes] = os.urandom,
    audit_key: bytes = b"",
) -> Store:
    """Open the register at `url`; a missing file is a fault unless `create`, never an empty register.

    Raises StoreFault with one sentence for a person.
    """
    path = sqlite_path(url)
    if create:
        _make_private(path)
    elif not path.is_file():
        raise StoreFault(f"There is no register at {path}. Make it with: lightkeeper migrate")
    writer, reader = _engine(url), _engine(url)
    event.listen(writer, "begin", lambda connection: connection.exec_driver_sql(BEGIN_WRITING))
    return Store(url, writer, reader.execution_options(**{KEEPS: True}), clock, entropy, audit_key)


def sqlite_path(url: str) -> Path:
    """The file behind a `sqlite:///` address; anything else is a StoreFault."""
    try:
        parts = make_url(url)
    except Exception:  # noqa: BLE001 - SQLAlchemy raises its own and ValueError for a malformed address
        raise StoreFault("DATABASE_URL is not an address. Give it as sqlite:///data/register.db") from None
    if parts.get_backend_name() != "sqlite" or not parts.database or parts.database == ":memory:":
        raise StoreFault("DATABASE_URL must name an SQLite file. Give it as sqlite:///data/register.db")
    return Path(parts.database)


def _make_private(path: Path) -> None:
    """The folder 0700 and the file 0600, when we make them: the register is for its own account only."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=True)
    except OSError as fault:
        raise StoreFault(f"The register cannot be made at {path}: {_reason(fault)}.") from None


def _reason(fault: OSError) -> str:
    return (fault.strerror or "the system refused").lower()


def _engine(url: str) -> Engine:
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_MS / 1000})
    event.listen(engine, "connect", _prepare)
    return engine


def driver(connection: Connection) -> sqlite3.Connection:
    """The driver's own connection, for the few statements that every answer waits for."""
    return cast(sqlite3.Connection, connection.connection.dbapi_connection)


def kept(tx: Connection, key: Hashable, work: Callable[[], T]) -> T:
    """What `work` reads; within `Store.read` it is kept for as long as nobody commits anything to the register.

    SQLite's data_version, which each connection has for itself, moves with every commit of another connection, of
    this process or any other, and `Store.read` itself never writes. https://www.sqlite.org/pragma.html
    """
    if not tx.get_execution_options().get(KEEPS):
        return work()
    version = driver(tx).execute("PRAGMA data_version").fetchone()[0]
    found: dict[Hashable, Any] = tx.info.get(KEEPS, {})
    if found.get(KEEPS) != version or len(found) >= MOST_KEPT:
        tx.info[KEEPS] = found = {KEEPS: version}
    if key not in found:
        found[key] = work()
    return cast(T, found[key])


def _prepare(raw: Any, _record: object) -> None:
    raw.isolation_level = None
    raw.create_function(
        "lower", 1, lambda text: text and text.lower(), deterministic=True
    )  # SQLite's knows A to Z only
    cursor = raw.cursor()
    for pragma in (
        f"busy_timeout={BUSY_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "recursive_triggers=ON",
    ):
        _apply(cursor, pragma)
    cursor.close()


def _apply(cursor: Any, pragma: str) -> None:
    try:
        cursor.execute(f"PRAGMA {pragma}")
    except sqlite3.OperationalError:
        # a read-only file refuses journal_mode only; reading goes on, the first write says so
        if not pragma.startswith("journal_mode"):
            raise


@contextmanager
def _plain_faults(url: str) -> Iterator[None]:
    """The database's own faults as one sentence each; nothing was saved when one is raised inside `write`."""
    try:
        yield
    except OperationalError as fault:
        raise StoreFault(_sentence(str(fault.orig), url)) from fault
    except DatabaseError as fault:
        if isinstance(fault.orig, sqlite3.IntegrityError):
            raise
        raise StoreFault(_sentence(str(fault.orig), url)) from fault
    except sqlite3.IntegrityError:
        raise
    except sqlite3.DatabaseError as fault:  # from the driver itself, see storage/prepared.py
        raise StoreFault(_sentence(str(fault), url)) from fault


_SENTENCES = (
    ("locked", "The register is busy with other writers. Nothing was saved; try again in a moment."),
    (
        "readonly",
        "The register can be read but not written. Nothing was saved; check who may write to {path}.",
    ),
    ("full", "The disk of the register is full. Nothing was saved; reading goes on."),
    ("no such table", "The file {path} is not an up-to-date register. Bring it up with: lightkeeper migrate"),
    ("not a database", "The file {path} is not a register. Restore it from a backup."),
    ("malformed", "The file {path} is damaged. Restore it from a backup."),
    ("unable to open", "The register at {path} cannot be opened. Check the folder and who may read it."),
)


def _sentence(fault: str, url: str) -> str:
    path = make_url(url).database
    for sign, sentence in _SENTENCES:
        if sign in fault.lower():
            return sentence.format(path=path)
    return "The register did not answer. Nothing was saved; lightkeeper doctor says more."


def check_schema(store: Store) -> None:
    """Raise SchemaFault, in a sentence, unless the tables are of this program's age (one SELECT)."""
    try:
        with store.read() as tx:
            found = tx.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except StoreFault as fault:
        if "up-to-date" not in str(fault):
            raise
        found = None
    if found == SCHEMA:
        return
    if found is None or found < SCHEMA:
        raise SchemaFault("The register's tables are older than this program. Run: lightkeeper migrate")
    raise SchemaFault("The register's tables are newer than this program. Install the newer Lightkeeper.")


def new_id(tx: Connection, statement: Insert) -> int:
    """Carry out an insert of one row and give its id."""
    key = tx.execute(statement).inserted_primary_key
    assert key is not None  # every insert of one row has one
    return int(key[0])
