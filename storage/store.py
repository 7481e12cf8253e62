"""Opening the register, in an SQLite file or on PostgreSQL, and its kinds of transaction."""

import os
from collections.abc import Callable, Hashable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from sqlalchemy import URL, Connection, Engine, Insert, Table, Transaction, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoneFree

from storage.faults import BUSY, NoTables, OutcomeUnknown, SchemaFault, StoreFault
from storage.postgresql import Postgresql
from storage.sqlite import BUSY_MS, Sqlite

if TYPE_CHECKING:
    from storage.running import Sign

__all__ = ["BUSY_MS", "OutcomeUnknown", "SchemaFault", "Store", "StoreFault"]

SCHEMA = "0004"
KEEPS, MOST_KEPT = "keeps", 1000
T = TypeVar("T")


class Database(Protocol):
    """What SQLite and PostgreSQL do each in their own way; `errors` are those of the driver itself."""

    @property
    def errors(self) -> type[Exception]: ...
    def engines(self, *, create: bool, absent: bool = False) -> tuple[Engine, Engine]: ...
    def take_the_pen(self, tx: Connection) -> None: ...
    def begin_reading(self, tx: Connection) -> None: ...
    def alone(self, connection: Connection) -> AbstractContextManager[None]: ...
    def sign(self) -> "Sign": ...
    def state(self, tx: Connection) -> Hashable: ...
    def fault(self, found: Exception, *, committing: bool) -> StoreFault | None: ...
    def unreachable(self, found: Exception) -> StoreFault: ...


@dataclass(frozen=True)
class Store:
    """An open register: one engine that writes, one that reads, and what the ledger needs from outside.

    `clock` gives aware UTC instants; `entropy` gives n random bytes; `audit_key` is the optional HMAC key.
    """

    url: str = field(repr=False)
    database: Database = field(repr=False)
    writer: Engine
    reader: Engine
    clock: Callable[[], datetime]
    entropy: Callable[[int], bytes] = os.urandom
    audit_key: bytes = field(default=b"", repr=False)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction that holds the write lock from its first statement; all of it or nothing.

        Raises OutcomeUnknown when the database was lost while it committed.
        """
        with self.aside() as tx:
            self.database.take_the_pen(tx)
            yield tx

    @contextmanager
    def aside(self) -> Iterator[Connection]:
        """One transaction on what is no part of the record, such as messages on their way.

        On PostgreSQL it neither waits for who writes the record nor makes them wait; on SQLite it is as any other.
        """
        with self._plain_faults(), self._connected(self.writer) as tx, tx.begin() as transaction:
            yield tx
            self._commit(transaction)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view that never waits for writers."""
        with self._plain_faults(), self._connected(self.reader) as tx:
            self.database.begin_reading(tx)
            yield tx

    @contextmanager
    def alone(self) -> Iterator[Connection]:
        """A connection for who changes the tables, one program at a time; its transactions are the caller's own."""
        with self._plain_faults(), self._connected(self.writer) as connection, self.database.alone(connection):
            yield connection

    def close(self) -> None:
        self.writer.dispose()
        self.reader.dispose()

    def _connected(self, engine: Engine) -> Connection:
        try:
            return engine.connect()
        except DBAPIError as fault:
            raise self.database.unreachable(cast(Exception, fault.orig)) from fault
        except NoneFree as fault:
            raise StoreFault(BUSY) from fault

    def _commit(self, transaction: Transaction) -> None:
        try:
            transaction.commit()
        except DBAPIError as fault:
            raise (self.database.fault(cast(Exception, fault.orig), committing=True) or fault) from fault

    @contextmanager
    def _plain_faults(self) -> Iterator[None]:
        """The database's own faults as one sentence each; nothing was saved when one is raised inside `write`."""
        try:
            yield
        except DBAPIError as fault:
            raise (self.database.fault(cast(Exception, fault.orig), committing=False) or fault) from fault
        except self.database.errors as fault:  # from the driver itself, see storage/prepared.py
            raise (self.database.fault(fault, committing=False) or fault) from fault


def open_store(
    url: str,
    clock: Callable[[], datetime],
    *,
    create: bool = False,
    absent: bool = False,
    entropy: Callable[[int], bytes] = os.urandom,
    audit_key: bytes = b"",
) -> Store:
    """Open the register at `url`; a missing file is a fault unless `create`, never an empty register.

    `absent`: a register is to be put there, and what is there now may be missing or broken.
    Raises StoreFault with one sentence for a person.
    """
    database = database_of(url)
    writer, reader = database.engines(create=create, absent=absent)
    return Store(url, database, writer, reader.execution_options(**{KEEPS: database}), clock, entropy, audit_key)


_EXAMPLES = "Give it as sqlite:///data/register.db or postgresql+psycopg://account:password@host/database"


def in_file(like: Store, path: Path) -> Store:
    """The register in another SQLite file, with the clock and the key of this one."""
    database = Sqlite(URL.create("sqlite", database=str(path)))
    writer, reader = database.engines(create=False)
    return replace(like, url=f"sqlite:///{path}", database=database, writer=writer, reader=reader)


def database_of(url: str) -> Sqlite | Postgresql:
    """Where the register is; an address of anything else is a StoreFault, which does not repeat it."""
    try:
        parts = make_url(url)
    except Exception:  # noqa: BLE001 - SQLAlchemy raises its own and ValueError for a malformed address
        raise StoreFault(f"DATABASE_URL is not an address. {_EXAMPLES}") from None
    kinds: dict[str, type[Sqlite | Postgresql]] = {"sqlite": Sqlite, "postgresql": Postgresql, "postgres": Postgresql}
    kind = kinds.get(parts.drivername.partition("+")[0])
    if kind is None or not parts.database or parts.database == ":memory:":
        raise StoreFault(f"DATABASE_URL must name an SQLite file or a PostgreSQL database. {_EXAMPLES}")
    return kind(parts)


def sqlite_path(url: str) -> Path:
    """The file behind a `sqlite:///` address; anything else is a StoreFault."""
    found = database_of(url)
    if not isinstance(found, Sqlite):
        raise StoreFault("DATABASE_URL does not name an SQLite file.")
    return found.path


def driver(connection: Connection) -> Any:
    """The driver's own connection, for the few statements that every answer waits for."""
    return connection.connection.dbapi_connection


def kept(tx: Connection, key: Hashable, work: Callable[[], T]) -> T:
    """What `work` reads; within `Store.read` it is kept for as long as nobody commits anything to the register."""
    database: Database | None = tx.get_execution_options().get(KEEPS)
    state = database.state(tx) if database else None
    if state is None:
        return work()
    found: dict[Hashable, Any] = tx.info.get(KEEPS, {})
    if found.get(KEEPS) != state or len(found) >= MOST_KEPT:
        tx.info[KEEPS] = found = {KEEPS: state}
    if key not in found:
        found[key] = work()
    return cast(T, found[key])


def check_schema(store: Store) -> None:
    """Raise SchemaFault, in a sentence, unless the tables are of this program's age (one SELECT)."""
    try:
        with store.read() as tx:
            found = tx.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except NoTables:
        found = None
    if found == SCHEMA:
        return
    if found is None or found < SCHEMA:
        raise SchemaFault("The register's tables are older than this program. Run: lightkeeper migrate")
    raise SchemaFault("The register's tables are newer than this program. Install the newer Lightkeeper.")


def insert_new(tx: Connection, table: Table) -> Any:
    """An insert that may be told what to do where the row is there already (`on_conflict_do_nothing` …)."""
    return insert_in(tx.dialect.name, table)


def insert_in(dialect: str, table: Table) -> Any:
    """The same, for a dialect by its name."""
    # a dialect is loaded where it is used: one of the two never is
    if dialect == "sqlite":
        from sqlalchemy.dialects.sqlite import insert
    else:
        from sqlalchemy.dialects.postgresql import insert  # type: ignore[assignment]
    return insert(table)


def new_id(tx: Connection, statement: Insert) -> int:
    """Carry out an insert of one row and give its id."""
    key = tx.execute(statement).inserted_primary_key
    assert key is not None  # every insert of one row has one
    return int(key[0])
