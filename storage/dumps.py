"""Backups of a register on PostgreSQL: pg_dump's own format, sealed with a checksum behind its end.

pg_restore reads such a file as any other. Here it is played in one transaction, so that the register that is restored
is settled and looked through before anybody sees it.
"""

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, make_url

from storage import migrations, verify
from storage.backup import New, flushed, free, writing
from storage.faults import StoreFault
from storage.history import GENESIS, Head
from storage.store import SCHEMA, Store, driver
from storage.tables import METADATA

SEAL = b"\nlightkeeper sha256 "
SEAL_LENGTH, BLOCK = len(SEAL) + 64, 1 << 20
NO_PROGRAM = "{name} is missing: a backup of a register on PostgreSQL needs it. Install the package postgresql-client."
FAILED = "The backup was not made. pg_dump says: {said}"
NOT_WHOLE = "{file} is not whole: {why}. Nothing was changed; take another backup."
NOT_OURS = "{file} is not a backup that lightkeeper has made of a register on PostgreSQL, or its end is missing."
FAULTY = "No backup was kept, as the register itself is not whole. {why}"
COPY = re.compile(rb'COPY (?:public\.)?"?(\w+)"? \(([^)]*)\) FROM stdin;\n')
END = b"\\.\n"
# psql's own words, and a setting that only newer servers know
SKIPPED = (b"\\restrict", b"\\unrestrict", b"SET transaction_timeout")
AS_IT_IS = ("--clean", "--if-exists", "--no-owner", "--no-privileges")
_UNESCAPED = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v", b"\\": b"\\"}
_ESCAPE = re.compile(rb"\\(.)", re.DOTALL)

Row = dict[str, Any]


class Dumps:
    """The ways of one register on PostgreSQL."""

    suffix = ".dump"

    def __init__(self, store: Store) -> None:
        self.store = store

    def write(self, part: Path) -> Head:
        """One snapshot, which waits for nobody and holds nobody up."""
        self._dump(part)
        head = self._chain(part)
        _seal(part)
        return head

    def look(self, file: Path) -> Head:
        _check_seal(file)
        if _one(file, "alembic_version")["version_num"] > SCHEMA:
            raise StoreFault(f"{file} was made by a newer Lightkeeper. Install that one first.")
        return _head(file)

    def is_there(self) -> bool:
        return True

    def beside(self, file: Path) -> Path:
        return file.resolve().parent

    @contextmanager
    def replacing(self, file: Path, aside: Path) -> Iterator[New]:
        self._set_aside(aside)
        with self.store.alone() as connection, connection.begin():
            _emptied(connection)
            _play(driver(connection), file)
            connection.exec_driver_sql("SET search_path TO DEFAULT")
            migrations.steps(connection)
            yield New(connection, self.store)

    def _set_aside(self, file: Path) -> None:
        with self.store.alone() as connection:
            tables = connection.exec_driver_sql("SELECT to_regclass('history')").scalar()
            connection.rollback()
        if tables is None:
            return
        with writing(file.parent):
            free(file)
            os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            self._dump(file)
            _seal(file)
            flushed(file)

    def _dump(self, part: Path) -> None:
        conninfo, password = _conninfo(self.store.url)
        command = [_program("pg_dump"), "--format=custom", "--no-password", f"--file={part}", f"--dbname={conninfo}"]
        done = subprocess.run(command, env=os.environ | password, capture_output=True, stdin=subprocess.DEVNULL)
        if done.returncode:
            raise StoreFault(FAILED.format(said=_first_line(done.stderr)))

    def _chain(self, file: Path) -> Head:
        """Every event of the file follows from the one before, and the head is the last. Raises StoreFault."""
        head, hashes = _head(file), {0: GENESIS}
        hashes |= {int(row["seq"]): row["hash"] for row in rows(file, "history")}
        if len(hashes) != head.seq + 1 or hashes.get(head.seq) != head.hash:
            raise StoreFault(FAULTY.format(why="Its head is not its last event."))
        for row in rows(file, "history"):  # in no order
            fault = next(verify.of_event(_event(row), hashes.get(int(row["seq"]) - 1, GENESIS), self.store), None)
            if fault:
                raise StoreFault(FAULTY.format(why=fault.sentence))
        return head


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise StoreFault(NO_PROGRAM.format(name=name))
    return found


def _conninfo(url: str) -> tuple[str, dict[str, str]]:
    """Where the database is, as its own programs take it; the password apart, so that no list of processes shows it."""
    from psycopg.conninfo import make_conninfo

    parts = make_url(url)
    told = {"dbname": parts.database, "user": parts.username, "host": parts.host, "port": parts.port}
    given: dict[str, Any] = {name: value for name, value in told.items() if value}
    query = {name: value if isinstance(value, str) else ",".join(value) for name, value in parts.query.items()}
    password = query.pop("password", None) or parts.password
    return make_conninfo(**(given | query)), {"PGPASSWORD": str(password)} if password else {}


def _first_line(said: bytes) -> str:
    words = said.decode("utf-8", "replace").strip().splitlines() or ["nothing"]
    return words[0].removeprefix("pg_dump: ").removeprefix("error: ")


# --- reading one ----------------------------------------------------------------------------------------------------


@contextmanager
def _script(file: Path, *how: str) -> Iterator[Iterator[bytes]]:
    """What pg_restore makes of a file, line by line. Raises StoreFault at the end where it could not read it all."""
    command = [_program("pg_restore"), *how, "--file=-", str(file)]
    with tempfile.TemporaryFile() as said:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, stdin=subprocess.DEVNULL) as process:
            assert process.stdout is not None  # a pipe, as we asked
            yield iter(process.stdout)
            process.stdout.read()
        said.seek(0)
        if process.returncode:
            why = said.read().decode("utf-8", "replace").strip().splitlines() or ["it cannot be read"]
            raise StoreFault(NOT_WHOLE.format(file=file, why=why[0].removeprefix("pg_restore: error: ")))


def rows(file: Path, table: str) -> Iterator[Row]:
    """The rows of one table, each value as text."""
    with _script(file, "--data-only", f"--table={table}") as lines:
        columns: list[str] = []
        for line in lines:
            began = COPY.fullmatch(line)
            if began:
                columns = [name.strip('" ') for name in began[2].decode().split(",")]
            elif line == END:
                columns = []
            elif columns:
                yield dict(zip(columns, map(_value, line[:-1].split(b"\t")), strict=True))


def _value(told: bytes) -> str | None:
    """https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-FILE-FORMATS"""
    if told == b"\\N":
        return None
    return _ESCAPE.sub(lambda found: _UNESCAPED.get(found[1], found[1]), told).decode("utf-8")


def _one(file: Path, table: str) -> Row:
    found = list(rows(file, table))
    if len(found) != 1:
        raise StoreFault(f"{file} is not a backup of a register.")
    return found[0]


def _head(file: Path) -> Head:
    row = _one(file, "head")
    return Head(int(row["seq"]), row["hash"], datetime.fromisoformat(row["at"]))


def _event(row: Mapping[str, Any]) -> Row:
    """With the types that the tables have."""
    numbers = {name: row[name] and int(row[name]) for name in ("seq", "actor_id", "item_id", "report_id")}
    return {**row, **numbers, "at": datetime.fromisoformat(row["at"])}


# --- putting one back -----------------------------------------------------------------------------------------------


def _emptied(connection: Connection) -> None:
    """Without any table of ours, also those that the backup does not know."""
    preparer = connection.dialect.identifier_preparer
    for name in [*METADATA.tables, "alembic_version"]:
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {preparer.quote(name)} CASCADE")


def _play(raw: Any, file: Path) -> None:
    """Carry out the script of a backup in the transaction that has begun."""
    words: list[bytes] = []
    with _script(file, *AS_IT_IS) as lines:
        for line in lines:
            if COPY.fullmatch(line):
                _said(raw, words)
                _copy(raw, line, lines)
            elif not line.startswith(SKIPPED):
                words.append(line)
        _said(raw, words)


def _said(raw: Any, words: list[bytes]) -> None:
    if any(word.strip() for word in words):
        raw.execute(b"".join(words))
    words.clear()


def _copy(raw: Any, command: bytes, lines: Iterator[bytes]) -> None:
    with raw.cursor().copy(command.strip().rstrip(b";")) as copy:
        for line in lines:
            if line == END:
                return
            copy.write(line)


# --- its seal -------------------------------------------------------------------------------------------------------


def _seal(part: Path) -> None:
    with part.open("r+b") as opened:
        told = _digest(opened, part.stat().st_size)
        opened.seek(0, os.SEEK_END)
        opened.write(SEAL + told)


def _check_seal(file: Path) -> None:
    try:
        length = file.stat().st_size - SEAL_LENGTH
        with file.open("rb") as opened:
            opened.seek(max(length, 0))
            seal = opened.read()
            opened.seek(0)
            told = _digest(opened, length) if seal.startswith(SEAL) else b""
    except OSError as fault:
        raise StoreFault(f"The backup {file} cannot be read: {(fault.strerror or 'it is refused').lower()}.") from None
    if not told:
        raise StoreFault(NOT_OURS.format(file=file))
    if seal != SEAL + told:
        raise StoreFault(NOT_WHOLE.format(file=file, why="it was changed since it was written"))


def _digest(opened: Any, length: int) -> bytes:
    found, left = hashlib.sha256(), length
    while left > 0 and (block := opened.read(min(BLOCK, left))):
        found.update(block)
        left -= len(block)
    return found.hexdigest().encode()
