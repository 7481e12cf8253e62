"""Opening the register, and what its faults say: missing, older, newer, damaged, read-only, locked, full."""

import contextlib
import os
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, text

from storage import history, migrations, record
from storage.store import BUSY_MS, SchemaFault, Store, StoreFault, check_schema, open_store, sqlite_path
from storage.tables import ITEM
from tests.conftest import Clock, Say, Town, actor, peopled, url
from tests.storage.registers import row, take

BUSY = "The register is busy with other writers. Nothing was saved; try again in a moment."


def sentence(store: Store) -> str:
    """What the fault says when somebody writes."""
    with pytest.raises(StoreFault) as caught:
        record.add_update(store, actor(store, "owen"), "A-1", None, "The lamp is mended.", {})
    return str(caught.value)


@pytest.fixture
def lamp(register: Store) -> Store:
    take(peopled(register), row("A-1"))
    return register


# --- opening ----------------------------------------------------------------------------------------------------------


def test_a_missing_register_is_a_fault_and_never_an_empty_one(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "away" / "register.db"
    with pytest.raises(StoreFault) as caught:
        open_store(url(path), clock)
    assert str(caught.value) == f"There is no register at {path}. Make it with: lightkeeper migrate"
    assert not path.parent.exists()


@pytest.mark.parametrize("address", ["register.db", "sqlite://", "sqlite:///:memory:", "mysql://x/y", "", "://"])
def test_an_address_that_names_no_file_is_a_sentence(address: str, clock: Clock) -> None:
    with pytest.raises(StoreFault, match=r"DATABASE_URL .* sqlite:///data/register.db"):
        open_store(address, clock, create=True)


def test_a_new_register_is_for_its_own_account_only(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "data" / "register.db"
    store = open_store(url(path), clock, create=True)
    migrations.upgrade(store)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert {stat.S_IMODE(f.stat().st_mode) for f in path.parent.iterdir()} == {0o600}
    store.close()


def test_the_settings_of_every_connection(register: Store) -> None:
    for engine in (register.writer, register.reader):
        with engine.connect() as connection:
            found = [
                connection.exec_driver_sql(f"PRAGMA {p}").scalar()
                for p in ("journal_mode", "synchronous", "busy_timeout", "foreign_keys", "recursive_triggers")
            ]
        assert found == ["wal", 2, BUSY_MS, 1, 1]


def test_rows_of_people_never_stand_in_an_error(register: Store) -> None:
    with pytest.raises(Exception, match="NOT NULL") as caught, register.write() as tx:
        tx.execute(ITEM.insert(), {"reference": "A-1", "title": "a secret title"})
    assert "a secret title" not in str(caught.value)


# --- the age of the tables --------------------------------------------------------------------------------------------


def test_a_register_of_this_age_opens(register: Store) -> None:
    check_schema(register)
    assert migrations.upgrade(register) is False


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("0000", "The register's tables are older than this program. Run: lightkeeper migrate"),
        ("9999", "The register's tables are newer than this program. Install the newer Lightkeeper."),
    ],
)
def test_older_and_newer_tables_are_refused(register: Store, version: str, said: str) -> None:
    with register.write() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = :v"), {"v": version})
    with pytest.raises(SchemaFault) as caught:
        check_schema(register)
    assert str(caught.value) == said


def test_a_newer_register_is_not_touched_by_an_upgrade(register: Store) -> None:
    with register.write() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaFault, match="newer"):
        migrations.upgrade(register)


def test_an_empty_file_is_an_old_register(tmp_path: Path, clock: Clock) -> None:
    store = open_store(url(tmp_path / "register.db"), clock, create=True)
    with pytest.raises(SchemaFault, match="older"):
        check_schema(store)
    store.close()


# --- faults -----------------------------------------------------------------------------------------------------------


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


def test_a_locked_register_says_so_and_keeps_nothing(lamp: Store) -> None:
    other = sqlite3.connect(sqlite_path(lamp.url), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    before = history.verify(lamp)  # reading goes on
    assert sentence(lamp) == BUSY
    other.execute("ROLLBACK")
    other.close()
    assert history.verify(lamp) == before == ([], before[1])
    assert record.add_update(lamp, actor(lamp, "owen"), "A-1", None, "Now.", {}).version == 2


def test_a_full_disk_says_so_and_reading_goes_on(lamp: Store) -> None:
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
def in_the_open(trentshire_file: Path) -> Iterator[Path]:
    """A copy of Trentshire's register in a folder that everybody may enter."""
    folder = Path(tempfile.mkdtemp(prefix="lightkeeper"))
    folder.chmod(0o755)
    shutil.copy(trentshire_file, folder / "register.db")
    yield folder / "register.db"
    shutil.rmtree(folder)


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


def test_a_read_only_register_is_read_and_says_that_nothing_was_saved(in_the_open: Path, clock: Clock) -> None:
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


def test_a_busy_register_answers_in_words(say: Say, trentshire: Town) -> None:
    """What a door gets is one StoreFault, which it says; and the same request later is saved."""
    other = sqlite3.connect(sqlite_path(trentshire.store.url), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreFault, match="Nothing was saved"):
        say("update CUST26-C1: On it.", as_="lia", key="R1")
    other.execute("COMMIT")
    other.close()
    assert say("update CUST26-C1: On it.", as_="lia", key="R1").startswith("Saved. ")
