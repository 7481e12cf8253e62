"""The register on a PostgreSQL server: opened with our settings, one pen for all writers, its faults in sentences."""

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import URL, Connection, Engine, ExceptionContext, create_engine, event
from sqlalchemy.exc import DBAPIError

from storage.faults import BUSY, FULL, SILENT, NoTables, OutcomeUnknown, StoreFault

DRIVER = "postgresql+psycopg"
LOCK_MS = 1500  # as long as SQLite waits
# the pen, as BEGIN IMMEDIATE is SQLite's: whoever writes the record holds the head of the ledger from the beginning
TAKE_THE_PEN = "SELECT seq FROM head FOR UPDATE"
# of every connection; a statement that runs on, and a program that stops in the middle, give the pen back
SETTINGS = {
    "timezone": "UTC",
    "lock_timeout": f"{LOCK_MS}ms",
    "standard_conforming_strings": "on",
}
WRITING = {"statement_timeout": "10s", "idle_in_transaction_session_timeout": "30s"}
CONNECT = {
    "client_encoding": "utf8",
    "application_name": "lightkeeper",
    "connect_timeout": 3,
    "keepalives_idle": 30,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
POOL = {"pool_pre_ping": True, "pool_timeout": 2}

ALONE = (
    "SET statement_timeout = 0",
    "SET idle_in_transaction_session_timeout = 0",
    "SET lock_timeout = 0",
    "SELECT pg_advisory_lock(hashtext('lightkeeper: the tables'))",
    "SET lock_timeout = '10s'",
)

# held by a session of its own: it ends with the session, and so with the process
SIGN = "SELECT pg_try_advisory_lock{kind}(hashtext('lightkeeper: the bot runs'))"

NO_DRIVER = (
    "DATABASE_URL names PostgreSQL, and its driver is missing. Install it with: pip install 'lightkeeper[postgres]'"
)
_STANDBY = "The register can be read but not written: the database server is a standby. Nothing was saved."
_LOST = "The connection to the database server was lost. Nothing was saved; try again in a moment."
_UNKNOWN = (
    "The connection to the database server was lost: it is not known whether that was saved. "
    "Ask again; what was saved is not saved twice."
)
_OLD = "The database {name} does not hold an up-to-date register. Bring it up with: lightkeeper migrate"
_RIGHTS = "The account {account} may not do that in the database {name}. Make it the owner of the register's tables."
_MANY = "The database server takes no more connections. Nothing was saved; try again in a moment."
_NOT_UTF8 = (
    "The database {name} is not in UTF-8. Make it anew with: createdb --encoding=UTF8 --template=template0 {name}"
)
_NUL = "The text holds a character that cannot be kept. Nothing was saved; type it again."
_BY_STATE: dict[str, tuple[type[StoreFault], str]] = {
    "55P03": (StoreFault, BUSY),  # lock_timeout
    "57014": (StoreFault, BUSY),  # statement_timeout
    "40P01": (StoreFault, BUSY),  # deadlock
    "40001": (StoreFault, BUSY),  # serialization
    "53100": (StoreFault, FULL),
    "53300": (StoreFault, _MANY),
    "25006": (StoreFault, _STANDBY),
    "42P01": (NoTables, _OLD),
    "42501": (StoreFault, _RIGHTS),
    "22021": (StoreFault, _NUL),
}
_LOST_STATES = ("57P", "08", "25P03")
# a refusal to connect has no code, only the server's words, and those only in its own language
_AWAY = "The database server at {host} cannot be reached. Check that it runs, and the address in DATABASE_URL."
_REFUSED = (
    ("refused", _AWAY),
    ("timeout", _AWAY),
    ("password", "The database server at {host} does not take the account or the password in DATABASE_URL."),
    ("pg_hba", "The database server at {host} does not let the account {account} in. Its administrator allows it."),
    ("role", "The database server at {host} knows no account {account}. Make it there, or mend DATABASE_URL."),
    ("too many", _MANY),
    ("connection slots", _MANY),
    ("shutting down", "The database server at {host} is stopping. Try again when it is back."),
    ("database system", "The database server at {host} is starting. Try again in a moment."),
    ("database", "There is no database {name} at {host}. Make it there with: createdb {name}"),
    ("ssl", "The database server at {host} and DATABASE_URL do not agree about TLS. Set sslmode in DATABASE_URL."),
    ("option", "DATABASE_URL holds an option that PostgreSQL does not know."),
)


@dataclass(frozen=True)
class Postgresql:
    """The database of a register; the password in `url` is never part of a sentence."""

    url: URL

    @property
    def errors(self) -> type[Exception]:
        from psycopg import Error

        return Error

    def engines(self, *, create: bool, absent: bool = False) -> tuple[Engine, Engine]:
        """One that writes, one that reads; nothing is connected yet, and the database itself is never made here."""
        writer, reader = self.engine({**SETTINGS, **WRITING}), self.engine(SETTINGS)
        event.listen(reader, "connect", _reads_only)
        return writer, reader

    def engine(self, settings: dict[str, str]) -> Engine:
        given = {name: value for name, value in CONNECT.items() if name not in self.url.query}
        try:
            engine = create_engine(
                self.url.set(drivername=DRIVER),
                hide_parameters=True,
                connect_args=given,
                **POOL,
            )
        except ImportError:
            raise StoreFault(NO_DRIVER) from None
        event.listen(engine, "connect", _setting(settings))
        event.listen(engine, "handle_error", _without_rows)
        return engine

    def take_the_pen(self, tx: Connection) -> None:
        """One writer of the record at a time: what it reads from now on stays as it is until it commits."""
        tx.exec_driver_sql(TAKE_THE_PEN)

    def begin_reading(self, tx: Connection) -> None:
        """The driver begins with the first statement, which is when the view is taken."""

    @contextmanager
    def alone(self, connection: Connection) -> Iterator[None]:
        """Who changes the tables waits for the one who does, and then not long for those who use them."""
        if connection.exec_driver_sql("SHOW server_encoding").scalar() != "UTF8":
            raise StoreFault(self._said(_NOT_UTF8))
        try:
            for words in ALONE:
                connection.exec_driver_sql(words)
            connection.commit()
            yield
        finally:
            connection.invalidate()  # the session ends, and its lock and its patience with it

    def sign(self) -> "SessionSign":
        """A lock on the server that a session holds."""
        return SessionSign(self)

    def state(self, tx: Connection) -> Hashable:
        """The view itself: equal snapshots see the same commits. On a standby a snapshot does not tell all: None.

        https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-SNAPSHOT
        """
        raw: Any = tx.connection.dbapi_connection
        seen, standby = raw.execute("SELECT pg_current_snapshot()::text, pg_is_in_recovery()").fetchone()
        return None if standby else str(seen)

    def fault(self, found: Exception, *, committing: bool) -> StoreFault | None:
        """What a fault of the database says; None where it is no fault of the database but a broken rule of ours."""
        state = getattr(found, "sqlstate", None) or ""
        if state.startswith("23"):
            return None
        if state in _BY_STATE:
            kind, sentence = _BY_STATE[state]
            return kind(self._said(sentence))
        if state.startswith(_LOST_STATES) or (not state and type(found).__name__ == "OperationalError"):
            return OutcomeUnknown(_UNKNOWN) if committing else StoreFault(_LOST)
        return StoreFault(_NUL if "NUL" in str(found) else SILENT)

    def unreachable(self, found: Exception) -> StoreFault:
        """What it says when no connection came about."""
        said = str(found).lower()
        sentences = (sentence for sign, sentence in _REFUSED if sign in said)
        return StoreFault(self._said(next(sentences, _AWAY)))

    def _said(self, sentence: str) -> str:
        host = self.url.host or str(self.url.query.get("host", "")) or "this machine"
        where = f"{host}, port {self.url.port}" if self.url.port else host
        return sentence.format(host=where, name=self.url.database, account=self.url.username or "of this program")


class SessionSign:
    """An advisory lock of the server, on a connection that is for nothing else."""

    def __init__(self, database: Postgresql) -> None:
        self.database = database
        self._line: Connection | None = None

    def take(self, *, shared: bool) -> bool:
        engine = self.database.engine(SETTINGS)
        try:
            self._line = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        except DBAPIError as fault:
            raise self.database.unreachable(cast(Exception, fault.orig)) from fault
        taken = self._line.exec_driver_sql(SIGN.format(kind="_shared" if shared else "")).scalar()
        if not taken:
            self.drop()
        return bool(taken)

    def held(self) -> bool:
        try:
            return self._line is not None and self._line.exec_driver_sql("SELECT 1").scalar() == 1
        except DBAPIError:
            return False

    def drop(self) -> None:
        """The session ends, and its lock with it."""
        line, self._line = self._line, None
        if line is not None:
            line.invalidate()
            line.close()
            line.engine.dispose()


def _setting(settings: dict[str, str]) -> Any:
    words = "; ".join(f"SET {name} = '{value}'" for name, value in settings.items())

    def prepare(raw: Any, _record: object) -> None:
        raw.autocommit = True
        raw.execute(words)
        raw.autocommit = False

    return prepare


def _without_rows(context: ExceptionContext) -> None:
    """A fault says what is wrong and not with which row: the server's detail repeats what was to be written."""
    found, first = context.original_exception, context.original_exception.args
    told = getattr(getattr(found, "diag", None), "message_primary", None)
    if told and context.sqlalchemy_exception is not None:
        found.args = (told,)
        context.sqlalchemy_exception.args = (context.sqlalchemy_exception.args[0].replace(first[0], told),)


def _reads_only(raw: Any, _record: object) -> None:
    """One consistent view for each reading, which waits for no writer."""
    from psycopg import IsolationLevel

    raw.isolation_level = IsolationLevel.REPEATABLE_READ
    raw.read_only = True
