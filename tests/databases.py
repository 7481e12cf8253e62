"""The two databases that every test of a register runs on, and the few tests that are of one by their nature."""

import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, cast

import psycopg
import pytest
from sqlalchemy import Dialect, Engine, create_engine, make_url

from storage import postgresql, sqlite
from tests import server
from tests.server import Server

SQLITE, POSTGRESQL = "sqlite", "postgresql"
KINDS = (SQLITE, POSTGRESQL)
NO_SERVER = "no PostgreSQL server on this machine: the register was tried on SQLite only"

# test, or file of tests -> which database it is of, and why it cannot be of both; these are not counted
_FILE = "a file's modes, bytes and settings"
_SERVER = "a server's refusals, and connections that are lost"
_PLAN = "the plan of a query, in the database's own words"
ONLY: dict[str, tuple[str, str]] = {
    "tests/storage/test_store_sqlite.py": (SQLITE, _FILE),
    "tests/storage/test_store_postgresql.py": (POSTGRESQL, _SERVER),
    "tests/wire/test_lost.py": (POSTGRESQL, _SERVER),
    "tests/bot/test_cli.py::test_migrate_makes_a_register_for_its_owner_alone_and_once": (SQLITE, _FILE),
    "tests/bot/test_cli.py::test_a_file_that_is_no_register_is_said": (SQLITE, _FILE),
    "tests/storage/test_lists.py::test_the_hot_lists_use_an_index_and_read_no_whole_table": (SQLITE, _PLAN),
    "tests/storage/test_lists.py::test_the_hot_lists_are_read_in_order_and_not_sorted_anew": (SQLITE, _PLAN),
    "tests/storage/test_lists.py::test_one_item_is_looked_up_by_its_key": (SQLITE, _PLAN),
    "tests/storage/test_lists.py::test_a_card_reads_no_whole_table": (SQLITE, _PLAN),
    "tests/storage/test_recount.py::test_a_digest_reads_no_whole_table_of_items_or_events": (SQLITE, _PLAN),
}

Fill = Callable[[str], None]


def only(test: str) -> str:
    """The one database that a test is of by its nature, by its node id; "" when it is of both."""
    name = test.partition("[")[0]
    found = ONLY.get(name) or ONLY.get(name.partition("::")[0])
    return found[0] if found else ""


def kinds_of(test: str) -> tuple[str, ...]:
    """The databases that a test runs on."""
    return (only(test),) if only(test) else KINDS


class Masters:
    """Registers that many tests begin with: each is made once for each database, and copied."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.made, self.numbers = folder, dict[tuple[str, Fill], str](), iter(range(10**9))
        self.one_at_a_time = threading.Lock()
        self._server: Server | None = None

    @property
    def server(self) -> Server:
        """Started for the first test that needs it."""
        if self._server is None:
            found = server.programs()
            if found is None:
                pytest.skip(NO_SERVER)
            self._server = Server(found)
        return self._server

    def close(self) -> None:
        if self._server:
            self._server.close()

    def of(self, kind: str, fill: Fill) -> str:
        """The master that `fill` makes: the path of a file, or the name of a database."""
        with self.one_at_a_time:
            if (kind, fill) not in self.made:
                name = f"master_{len(self.made)}"
                place = str(self.folder / f"{name}.db") if kind == SQLITE else name
                fill(f"sqlite:///{place}" if kind == SQLITE else self.server.make(name))
                self.made[kind, fill] = place
            return self.made[kind, fill]


class Database:
    """Where one test keeps its registers."""

    def __init__(self, kind: str, masters: Masters, folder: Path) -> None:
        self.kind, self.masters, self.folder = kind, masters, folder
        self.names: list[str] = []

    def place(self, name: str = "register") -> str:
        """An address where nothing is yet: no file, or an empty database."""
        return f"sqlite:///{self.folder / name}.db" if self.kind == SQLITE else self.server.make(self._name())

    def copy(self, fill: Fill, path: Path | None = None) -> str:
        """The address of a copy of what `fill` makes; in SQLite the file `path`."""
        master = self.masters.of(self.kind, fill)
        if self.kind == POSTGRESQL:
            return self.server.make(self._name(), master)
        to = path or self.folder / "register.db"
        return f"sqlite:///{shutil.copy(master, to)}"

    def nowhere(self) -> str:
        """An address where no register is, and none may come to be."""
        return "sqlite:///data/register.db" if self.kind == SQLITE else self.server.url("nowhere")

    @property
    def host(self) -> str:
        """Where the server is, as sentences name it."""
        return str(self.server.folder)

    def ruin(self, url: str) -> None:
        """What was a register is none any more."""
        if self.kind == POSTGRESQL:
            self.server.drop(make_url(url).database or "")
        else:
            Path(make_url(url).database or "").write_bytes(b"not a register any more" * 999)

    @property
    def server(self) -> Server:
        return self.masters.server

    def made(self, how: str) -> str:
        """The address of an empty database that is made otherwise than the others."""
        name = self._name()
        self.server.line.execute(f"CREATE DATABASE {name} OWNER {server.ACCOUNT} TEMPLATE template0 {how}")
        return self.server.url(name)

    def _name(self) -> str:
        self.names.append(f"test_{next(self.masters.numbers)}")
        return self.names[-1]

    def close(self) -> None:
        for name in self.names:
            self.server.drop(name)


def in_its_words(kind: str, statement: str) -> str:
    """A statement written for SQLite, as PostgreSQL takes it; "" where it has no meaning there."""
    if kind == SQLITE:
        return statement
    if statement.startswith("PRAGMA"):
        return ""
    for theirs, ours in (("zeroblob(16)", "decode(repeat('00', 16), 'hex')"), ("x''", "''"), ("'soon'", "'infinity'")):
        statement = statement.replace(theirs, ours)
    return statement


def compile_once() -> None:
    """A statement is compiled once for each kind of database, as in a bot that runs for weeks, not for each test."""
    known: dict[str, tuple[Dialect, Any]] = {}

    def begun(*given: Any, **more: Any) -> Engine:
        engine: Any = create_engine(*given, **more)
        dialect, compiled = known.get(engine.dialect.name, (engine.dialect, None))
        if compiled is not None and getattr(dialect, "server_version_info", None):
            engine.dialect, engine._compiled_cache = dialect, compiled
        else:  # nobody has connected with the last one: it does not know its database yet
            known[engine.dialect.name] = (engine.dialect, engine._compiled_cache)
        return cast(Engine, engine)

    for module in (sqlite, postgresql):
        setattr(module, "create_engine", begun)  # noqa: B010 - a name that the module does not give away


# --- past the program -----------------------------------------------------------------------------------------------


@contextmanager
def raw(url: str) -> Iterator[Any]:
    """The register as its owner reaches it past the program: no guard, no key is looked at; each statement is saved."""
    parts = make_url(url)
    if parts.get_backend_name() == SQLITE:
        file = sqlite3.connect(parts.database or "", isolation_level=None)
        for trigger in ("history_stays", "history_keeps", "kept_text_keeps"):
            file.execute(f"DROP TRIGGER IF EXISTS {trigger}")
        yield file
        file.close()
        return
    query = {name: str(value) for name, value in parts.query.items()}
    with psycopg.connect(dbname=parts.database, user="postgres", autocommit=True, **query) as line:  # type: ignore[arg-type]
        line.execute("SET session_replication_role = replica")
        yield line


@contextmanager
def reading(url: str) -> Iterator[Any]:
    """A second look at the register, past the program, that changes nothing."""
    parts = make_url(url)
    if parts.get_backend_name() == SQLITE:
        file = sqlite3.connect(f"file:{parts.database}?mode=ro", uri=True)
        yield file
        file.close()
        return
    with psycopg.connect(**connecting(url), autocommit=True) as line:
        yield line


class Busy(Exception):
    """Somebody else writes at this moment."""


@contextmanager
def somebody_writes(url: str, *, waiting: bool = True) -> Iterator[None]:
    """Another program has begun to write and does not come to an end; at the block's end it has changed nothing.

    Raises Busy where it would have to wait and is not `waiting`.
    """
    parts = make_url(url)
    if parts.get_backend_name() == SQLITE:
        file = sqlite3.connect(parts.database or "", isolation_level=None, timeout=5 if waiting else 0)
        with closing(file):
            _take(file, "BEGIN IMMEDIATE")
            yield
            file.execute("ROLLBACK")
        return
    with psycopg.connect(**connecting(url)) as line:
        _take(line, "SELECT seq FROM head FOR UPDATE" + ("" if waiting else " NOWAIT"))
        yield
        line.rollback()


def _take(line: Any, words: str) -> None:
    try:
        line.execute(words)
    except (sqlite3.OperationalError, psycopg.errors.LockNotAvailable) as fault:
        raise Busy from fault


def connecting(url: str) -> dict[str, Any]:
    """What psycopg connects with, of an address as the program takes it."""
    parts = make_url(url)
    given = {"dbname": parts.database, "user": parts.username, "password": parts.password, "host": parts.host}
    return {**{k: v for k, v in given.items() if v}, **({"port": parts.port} if parts.port else {}), **parts.query}
