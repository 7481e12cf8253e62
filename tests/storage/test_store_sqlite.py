"""The register in an SQLite file: modes and settings, and what a file that is missing, damaged or read-only says."""

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from storage import history, migrations, record
from storage.sqlite import BUSY_MS
from storage.store import Store, StoreFault, check_schema, open_store, sqlite_path
from storage.tables import ITEM
from tests.conftest import Clock, actor, as_brought_in, peopled
from tests.databases import Database
from tests.storage.registers import row, take


def url(path: Path) -> str:
    return f"sqlite:///{path}"


@pytest.fixture
def lamp(register: Store) -> Store:
    take(peopled(register), row("A-1"))
    return register


def test_a_missing_register_is_a_fault_and_never_an_empty_one(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "away" / "register.db"
    with pytest.raises(StoreFault) as caught:
        open_store(url(path), clock)
    assert str(caught.value) == f"There is no register at {path}. Make it with: lightkeeper migrate"
    assert not path.parent.exists()


def test_a_new_register_is_for_its_own_account_only(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "data" / "register.db"
    store = open_store(url(path), clock, create=True)
    migrations.upgrade(store)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert {stat.S_IMODE(f.stat().st_mode) for f in path.parent.iterdir()} == {0o600}
    store.close()


def test_the_settings_of_every_connection_to_a_file(register: Store) -> None:
    for engine in (register.writer, register.reader):
        with engine.connect() as connection:
            found = [
                connection.exec_driver_sql(f"PRAGMA {p}").scalar()
                for p in ("journal_mode", "synchronous", "busy_timeout", "foreign_keys", "recursive_triggers")
            ]
        assert found == ["wal", 2, BUSY_MS, 1, 1]


def test_a_file_that_is_no_register(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "register.db"
    path.write_bytes(b"This is a letter, and no register. " * 200)
    store = open_store(url(path), clock)
    with pytest.raises(StoreFault) as caught:
        check_schema(store)
    assert str(caught.value) == f"The file {path} is not a register. Restore it from a backup."


def test_a_truncated_file_is_damaged(lamp: Store, clock: Clock) -> None:
    path = sqlite_path(lamp.url)
    lamp.close()
    path.write_bytes(path.read_bytes()[: 4096 * 3])
    store = open_store(url(path), clock)
    with pytest.raises(StoreFault) as caught, store.read() as tx:
        tx.execute(select(ITEM)).all()
    assert str(caught.value) == f"The file {path} is damaged. Restore it from a backup."
    store.close()


def test_a_file_that_cannot_grow_says_so_and_reading_goes_on(lamp: Store) -> None:
    """SQLite itself refuses to grow the file, as it does when the disk is full."""
    before = history.verify(lamp)[1]
    with lamp.writer.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreFault) as caught:
        take(lamp, *(row(f"B-{n}", text="x" * 5000) for n in range(20)))
    assert str(caught.value) == "The disk of the register is full. Nothing was saved; reading goes on."
    assert history.verify(lamp) == ([], before)


@pytest.fixture
def in_the_open(database: Database) -> Iterator[Path]:
    """A copy of Trentshire's register in a folder that everybody may enter."""
    with tempfile.TemporaryDirectory(prefix="lightkeeper") as name:
        folder = Path(name)
        folder.chmod(0o755)
        database.copy(as_brought_in, folder / "register.db")
        yield folder / "register.db"


@contextlib.contextmanager
def as_nobody() -> Iterator[None]:
    """As an account that owns nothing; whoever is not root stays who they are, and has no more rights than the file."""
    if os.geteuid() != 0:
        yield
        return
    os.setegid(65534)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


def test_a_read_only_file_is_read_and_says_that_nothing_was_saved(in_the_open: Path, clock: Clock) -> None:
    for end in ("-wal", "-shm"):  # as a register leaves them that somebody else has open
        in_the_open.with_name(f"register.db{end}").touch()
    for path in in_the_open.parent.iterdir():
        path.chmod(0o444)
    before = in_the_open.read_bytes()
    store = open_store(url(in_the_open), clock)
    with as_nobody():
        lia = actor(store, "lia")
        with pytest.raises(StoreFault) as caught:
            record.add_update(store, lia, "CUST26-C1", None, "Saved?", {})
        faults, _ = history.verify(store)
        store.close()
    assert lia.person.name == "Lia Penrose"
    assert str(caught.value) == (
        f"The register can be read but not written. Nothing was saved; check who may write to {in_the_open}."
    )
    assert faults == []
    assert in_the_open.read_bytes() == before
