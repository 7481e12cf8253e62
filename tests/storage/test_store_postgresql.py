"""The register on PostgreSQL: what a server says that is away, full, strange or lost, and what is then saved."""

import sys
import threading
import traceback
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import func, select, text

from storage import history, migrations, people, questions, record
from storage.questions import Filters, Reader
from storage.store import OutcomeUnknown, Store, StoreFault, check_schema, open_store
from storage.tables import ITEM
from tests.conftest import LIMITS, Clock, actor, as_brought_in, empty, peopled, person
from tests.databases import Database, raw
from tests.server import ACCOUNT, PASSWORD, Server
from tests.storage.lossy import AFTER, BEFORE, Lossy
from tests.storage.registers import row, take
from tests.storage.test_store import BUSY


@pytest.fixture
def server(database: Database) -> Server:
    return database.server


@pytest.fixture
def lamp(register: Store) -> Store:
    take(peopled(register), row("A-1"))
    return register


def update(store: Store, key: str = "", words: str = "The lamp is mended.") -> record.Saved:
    return record.add_update(store, actor(store, "owen", key), "A-1", None, words, {})


def said(store: Store) -> str:
    with pytest.raises(StoreFault) as caught:
        check_schema(store)
    told = "".join(traceback.format_exception(caught.value))
    assert PASSWORD not in told and "c4nary" not in told
    return str(caught.value)


# --- opening ----------------------------------------------------------------------------------------------------------


def test_the_settings_of_every_connection_to_a_server(register: Store) -> None:
    names = ("lock_timeout", "statement_timeout", "TimeZone", "transaction_isolation", "transaction_read_only")
    found = []
    for engine in (register.writer, register.reader):
        with engine.connect() as connection:
            found.append([connection.exec_driver_sql(f"SHOW {name}").scalar() for name in names])
    assert found == [
        ["1500ms", "10s", "UTC", "read committed", "off"],
        ["1500ms", "0", "UTC", "repeatable read", "on"],
    ]


def test_without_the_driver_it_says_how_to_install_it(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreFault) as caught:
        open_store("postgresql+psycopg://account:c4nary@host/name", clock)
    assert str(caught.value).endswith("Install it with: pip install 'lightkeeper[postgres]'")
    assert "c4nary" not in str(caught.value)


def test_the_password_is_in_no_picture_of_a_store(server: Server, clock: Clock) -> None:
    store = open_store(server.url_with_password("postgres"), clock)
    assert PASSWORD not in repr(store) + str(store)


def test_who_is_not_let_in_is_told_why_and_no_password_is_repeated(server: Server, clock: Clock) -> None:
    where = f"127.0.0.1, port {server.port}"
    told = {
        server.url_with_password("postgres", "c4nary-wrong"): (
            f"The database server at {where} does not take the account or the password in DATABASE_URL."
        ),
        server.url_with_password("postgres", account="nobody_here"): (
            f"The database server at {where} does not take the account or the password in DATABASE_URL."
        ),
        server.url_with_password("nowhere"): (
            f"There is no database nowhere at {where}. Make it there with: createdb nowhere"
        ),
        "postgresql+psycopg://a:c4nary@127.0.0.1:9/name": (
            "The database server at 127.0.0.1, port 9 cannot be reached. "
            "Check that it runs, and the address in DATABASE_URL."
        ),
        "postgresql+psycopg://a:c4nary@no.such.host.invalid/name": (
            "The database server at no.such.host.invalid cannot be reached. "
            "Check that it runs, and the address in DATABASE_URL."
        ),
        server.url_with_password("postgres") + "?candle=1": (
            "DATABASE_URL holds an option that PostgreSQL does not know."
        ),
        server.url_with_password("postgres") + "?sslmode=require": (
            f"The database server at {where} and DATABASE_URL do not agree about TLS. Set sslmode in DATABASE_URL."
        ),
    }
    for url, sentence in told.items():
        assert said(open_store(url, clock)) == sentence


def test_the_password_opens_it_by_the_port(database: Database, clock: Clock) -> None:
    name = database.copy(empty).rpartition("@/")[2].partition("?")[0]
    store = open_store(database.server.url_with_password(name), clock)
    take(peopled(store), row("A-1"))
    assert history.verify(store)[0] == []
    store.close()


def test_a_database_that_is_not_in_utf_8_is_refused(database: Database, clock: Clock) -> None:
    url = database.made("ENCODING 'SQL_ASCII' LOCALE_PROVIDER libc LOCALE 'C'")
    store = open_store(url, clock)
    with pytest.raises(StoreFault, match=r"is not in UTF-8\. Make it anew with: createdb --encoding=UTF8"):
        migrations.upgrade(store)
    store.close()


def test_an_account_without_the_right_to_make_tables_is_told(database: Database, clock: Clock) -> None:
    url = database.place()
    with raw(url) as owner:
        owner.execute("ALTER SCHEMA public OWNER TO postgres")
    store = open_store(url, clock)
    with pytest.raises(StoreFault, match="could not be brought up to date: permission denied for schema public"):
        migrations.upgrade(store)
    store.close()


def test_an_account_without_the_right_to_read_is_told(lamp: Store) -> None:
    with raw(lamp.url) as owner:
        owner.execute("ALTER TABLE alembic_version OWNER TO postgres")
    assert "The account lightkeeper may not do that in the database" in said(lamp)


def test_in_the_plainest_of_languages_order_and_letters_are_the_same(database: Database, clock: Clock) -> None:
    """A database of the locale C, which by itself knows the lower case of A to Z only."""
    store = open_store(database.made("ENCODING 'UTF8' LOCALE_PROVIDER libc LOCALE 'C'"), clock)
    migrations.upgrade(store)
    peopled(store)
    take(store, row("a-10"), row("A-9", board="ÉQUIPE"), row("B-1"), row("a-2"))
    with store.write() as tx:
        elodie = people.keep(tx, [people.Handle("email", "", "e@force.example")], "ÉLODIE Ünal", clock())
    with store.read() as tx:
        reader = Reader(person(store, "lia"), clock().date(), LIMITS)
        every = questions.listed(tx, Filters(order="reference"), reader).rows
        board = tx.execute(select(ITEM.c.reference).where(func.lower(ITEM.c.board).like("équi%"))).scalars().all()
        assert people.named(tx, "élodie ünal") == [elodie]
    assert [r.reference for r in every] == ["a-2", "A-9", "a-10", "B-1"]
    assert board == ["A-9"]
    store.close()


# --- faults while it is open ------------------------------------------------------------------------------------------

FAULTS = {
    "53100": "The disk of the register is full. Nothing was saved; reading goes on.",
    "40001": BUSY,
    "40P01": BUSY,
    "55P03": BUSY,
    "57014": BUSY,
    "25006": "The register can be read but not written: the database server is a standby. Nothing was saved.",
    "57P01": "The connection to the database server was lost. Nothing was saved; try again in a moment.",
    "XX001": "The register did not answer. Nothing was saved; lightkeeper doctor says more.",
}


@pytest.mark.parametrize("code", FAULTS)
def test_a_fault_in_the_middle_is_one_sentence_and_nothing_is_saved(lamp: Store, code: str) -> None:
    """What the server reports, reported by it as an update is written."""
    before = history.verify(lamp)
    with raw(lamp.url) as owner:
        owner.execute(
            "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION 'a server''s words' USING ERRCODE = '{code}'; END $$"
        )
        owner.execute("CREATE TRIGGER fail BEFORE INSERT ON progress_update FOR EACH ROW EXECUTE FUNCTION fail()")
    with pytest.raises(StoreFault) as caught:
        update(lamp)
    assert (str(caught.value), caught.value.opening) == (FAULTS[code], "Not saved.")
    assert history.verify(lamp) == before


def test_a_register_that_is_only_read_is_read_and_says_so(lamp: Store) -> None:
    with raw(lamp.url) as owner:
        owner.execute(f"ALTER ROLE {ACCOUNT} IN DATABASE {owner.info.dbname} SET default_transaction_read_only = on")
    lamp.close()
    before = history.verify(lamp)
    with pytest.raises(StoreFault) as caught:
        update(lamp)
    assert str(caught.value) == FAULTS["25006"]
    assert history.verify(lamp) == before


def hang_up(store: Store) -> int:
    """The server ends every connection to this register, as when it is restarted; gives how many there were."""
    with raw(store.url) as owner:
        ended = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s AND usename = %s"
        return len(owner.execute(ended, (owner.info.dbname, ACCOUNT)).fetchall())


def test_a_connection_that_died_while_nobody_used_it_is_replaced_and_nobody_notices(lamp: Store) -> None:
    for _ in range(2):
        assert hang_up(lamp) == 2
        with lamp.read() as tx:
            assert tx.execute(select(ITEM.c.reference)).scalars().all() == ["A-1"]
        update(lamp)


def write_and_be_lost(store: Store) -> None:
    with store.write() as tx:
        tx.execute(ITEM.update().values(title="Half a thought"))
        hang_up(store)
        tx.execute(ITEM.update().values(text="Half a thought"))


def test_a_connection_lost_in_the_middle_saves_nothing_and_the_next_is_a_new_one(lamp: Store) -> None:
    before = history.verify(lamp)
    with pytest.raises(StoreFault) as caught:
        write_and_be_lost(lamp)
    assert (str(caught.value), type(caught.value)) == (FAULTS["57P01"], StoreFault)
    assert history.verify(lamp) == before
    assert update(lamp).version == 2


@pytest.fixture
def lossy(lamp: Store, server: Server, clock: Clock) -> Iterator[tuple[Store, Lossy]]:
    """The same register, over a line that can be lost."""
    name = lamp.url.rpartition("@/")[2].partition("?")[0]
    line = Lossy(server.port)
    with line:
        store = open_store(f"postgresql+psycopg://{ACCOUNT}:{PASSWORD}@127.0.0.1:{line.port}/{name}", clock)
        yield store, line
        store.close()


@pytest.mark.parametrize(("when", "saved"), [(BEFORE, False), (AFTER, True)])
def test_lost_while_it_commits_nobody_knows_and_the_same_request_again_is_saved_once(
    lamp: Store, lossy: tuple[Store, Lossy], when: str, saved: bool
) -> None:
    store, line = lossy
    assert update(store, "R0", "Before.").version == 2
    line.lose(when)
    with pytest.raises(OutcomeUnknown) as caught:
        update(store, "R1")
    assert str(caught.value) == (
        "The connection to the database server was lost: it is not known whether that was saved. "
        "Ask again; what was saved is not saved twice."
    )
    assert caught.value.opening == "Perhaps saved."
    again = update(store, "R1")
    assert (again.repeated, again.version) == (saved, 3)
    assert update(lamp, "R1") == again._replace(repeated=True)
    faults, head = history.verify(lamp)
    assert (faults, head.seq) == ([], again.event)


def test_two_who_wait_for_each_other_are_parted_and_one_is_told_to_try_again(lamp: Store) -> None:
    take(lamp, row("A-2"))
    first, second = (ITEM.update().where(ITEM.c.reference == r).values(board="x") for r in ("A-1", "A-2"))
    both_hold, told = threading.Barrier(2), []

    def write(one: object, other: object) -> None:
        try:
            with lamp.aside() as tx:
                tx.execute(one)  # type: ignore[call-overload]
                both_hold.wait(10)
                tx.execute(other)  # type: ignore[call-overload]
        except StoreFault as fault:
            told.append(str(fault))

    threads = [threading.Thread(target=write, args=pair) for pair in ((first, second), (second, first))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert told == [BUSY]


def test_when_every_connection_is_taken_one_is_told_to_try_again(lamp: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lamp.reader.pool, "_timeout", 0.01)
    held = [lamp.reader.connect() for _ in range(15)]
    with pytest.raises(StoreFault, match="busy"), lamp.read():
        pass
    for connection in held:
        connection.close()


def test_a_server_that_takes_no_more_connections_says_so(database: Database, clock: Clock) -> None:
    url = database.copy(as_brought_in)
    with raw(url) as owner:
        owner.execute(f"ALTER DATABASE {owner.info.dbname} CONNECTION LIMIT 0")
    assert said(open_store(url, clock)) == (
        "The database server takes no more connections. Nothing was saved; try again in a moment."
    )


def test_a_text_with_a_character_that_cannot_be_kept_is_refused_in_words(lamp: Store) -> None:
    with pytest.raises(StoreFault, match="holds a character that cannot be kept"), lamp.write() as tx:
        tx.execute(ITEM.update().values(title="a\x00b"))


# --- reading and writing side by side ---------------------------------------------------------------------------------


def test_messages_are_claimed_while_the_record_is_written(lamp: Store) -> None:
    """What is no part of the record waits for no writer of it, and makes none wait."""
    with lamp.write() as tx:
        tx.execute(ITEM.update().values(board="x"))
        with lamp.aside() as beside:
            assert beside.execute(text("SELECT count(*) FROM outgoing_message")).scalar() == 0
            beside.execute(text("SELECT id FROM digest FOR UPDATE"))


def test_the_guards_of_the_history_stand_against_the_account_of_the_program(lamp: Store, server: Server) -> None:
    with psycopg.connect(server.conninfo(lamp.url.rpartition("@/")[2].partition("?")[0], ACCOUNT)) as line:
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
            line.execute("DELETE FROM history")
        line.rollback()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            line.execute("SET session_replication_role = replica")
