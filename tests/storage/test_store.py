"""Opening the register on both databases: addresses, the age of the tables, and what a busy register says."""

import contextlib

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from storage import history, migrations, record
from storage.store import SchemaFault, Store, StoreFault, check_schema, open_store
from storage.tables import ITEM, PERSON
from tests.conftest import Clock, Say, Town, actor, peopled
from tests.databases import Database, somebody_writes
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

ADDRESSES = [
    "register.db",
    "sqlite://",
    "sqlite:///:memory:",
    "mysql://x/y",
    "",
    "://",
    "postgresql+psycopg://account:c4nary@host",
    "postgresql+psycopg://account:c4nary@host:no-port/name",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_that_names_no_register_is_a_sentence_that_does_not_repeat_it(address: str, clock: Clock) -> None:
    with pytest.raises(StoreFault, match=r"DATABASE_URL .* sqlite:///data/register.db or postgresql") as caught:
        open_store(address, clock, create=True)
    assert "c4nary" not in str(caught.value)


def test_rows_of_people_never_stand_in_an_error(register: Store) -> None:
    with pytest.raises(IntegrityError) as caught, register.write() as tx:
        tx.execute(PERSON.insert(), {"name": "a secret name", "active": True, "created_at": None})
    assert "a secret name" not in str(caught.value)


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


def test_an_empty_place_is_an_old_register(database: Database, clock: Clock) -> None:
    store = open_store(database.place(), clock, create=True)
    with pytest.raises(SchemaFault, match="older"):
        check_schema(store)
    store.close()


# --- busy -------------------------------------------------------------------------------------------------------------


def test_a_busy_register_says_so_and_keeps_nothing(lamp: Store) -> None:
    before = history.verify(lamp)
    with somebody_writes(lamp.url):
        assert history.verify(lamp) == before  # reading goes on
        assert sentence(lamp) == BUSY
    assert history.verify(lamp) == before == ([], before[1])
    assert record.add_update(lamp, actor(lamp, "owen"), "A-1", None, "Now.", {}).version == 2


def test_a_busy_register_answers_in_words(say: Say, trentshire: Town) -> None:
    """What a door gets is one StoreFault, which it says; and the same request later is saved."""
    with somebody_writes(trentshire.store.url), pytest.raises(StoreFault, match="Nothing was saved"):
        say("update CUST26-C1: On it.", as_="lia", key="R1")
    assert say("update CUST26-C1: On it.", as_="lia", key="R1").startswith("Saved. ")


def test_a_reading_sees_one_state_whatever_is_saved_meanwhile(lamp: Store) -> None:
    with lamp.read() as tx:
        before, seq = tx.execute(select(ITEM.c.version)).scalar_one(), history.verify(lamp)[1].seq
        record.add_update(lamp, actor(lamp, "owen"), "A-1", None, "Meanwhile.", {})
        assert tx.execute(select(ITEM.c.version)).scalar_one() == before
        assert history.head(tx).seq == seq
    with lamp.read() as tx:
        assert tx.execute(select(ITEM.c.version)).scalar_one() == before + 1


def test_what_was_not_finished_is_not_kept(lamp: Store) -> None:
    with contextlib.suppress(ZeroDivisionError), lamp.write() as tx:
        tx.execute(ITEM.update().values(title="Half a thought"))
        raise ZeroDivisionError
    with lamp.read() as tx:
        assert tx.execute(select(ITEM.c.title)).scalar_one() == "Mend the lamp"
