"""The tables: made from nothing, the same as the models say, each step all or nothing, killed or not."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Date, DateTime, MetaData, inspect, text

from storage import history, migrations, record
from storage.history import GENESIS
from storage.register import rows
from storage.rules.references import natural
from storage.store import SCHEMA, SchemaFault, Store, StoreFault, check_schema, open_store
from storage.tables import METADATA
from tests.conftest import Clock, actor
from tests.databases import Database, raw

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def bare(database: Database, clock: Clock) -> Iterator[Store]:
    """A place where no register is yet."""
    store = open_store(database.place("bare"), clock, create=True)
    yield store
    store.close()


def test_a_fresh_register_is_made_and_is_empty(bare: Store) -> None:
    assert migrations.upgrade(bare) is True
    assert migrations.upgrade(bare) is False
    check_schema(bare)
    with bare.read() as tx:
        assert tx.execute(text("SELECT version_num FROM alembic_version")).scalar() == SCHEMA
        assert (history.head(tx).seq, history.head(tx).hash) == (0, GENESIS)
    assert history.verify(bare)[0] == []


def test_alembic_finds_no_difference_between_models_and_tables(register: Store) -> None:
    with register.reader.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, METADATA) == []


def test_alembic_would_find_one(register: Store) -> None:
    """The check above can fail: a column nobody told the models of is named."""
    with register.write() as tx:
        tx.execute(text("ALTER TABLE item ADD COLUMN colour VARCHAR"))
        tx.execute(text("DROP INDEX ix_item_list"))
    with register.reader.connect() as connection:
        found = [d[0] for d in compare_metadata(MigrationContext.configure(connection), METADATA)]
    assert sorted(found) == ["add_index", "remove_column"]


def test_the_models_would_make_the_very_same_tables(register: Store, bare: Store) -> None:
    """Column by column and index by index, from the models alone."""
    with bare.aside() as tx:
        METADATA.create_all(tx)
        made = structure(tx)
    with register.read() as tx:
        assert made == structure(tx)


def structure(tx: Connection) -> dict[str, Any]:
    look = inspect(tx)
    return {name: _table(look, name) for name in sorted(look.get_table_names()) if name != "alembic_version"}


def structure_of(store: Store) -> dict[str, Any]:
    with store.reader.connect() as connection:
        return structure(connection)


def _table(look: Any, name: str) -> list[Any]:
    columns = [(c["name"], str(c["type"]), c["nullable"], bool(c["default"])) for c in look.get_columns(name)]
    keys = sorted((k["constrained_columns"], k["referred_table"]) for k in look.get_foreign_keys(name))
    unique = sorted((u["name"], u["column_names"]) for u in look.get_unique_constraints(name))
    indexes = sorted((i["name"], i["column_names"], bool(i["unique"])) for i in look.get_indexes(name))
    return [columns, keys, unique, indexes, look.get_pk_constraint(name)["constrained_columns"]]


def tables(store: Store) -> set[str]:
    with store.reader.connect() as connection:
        return set(inspect(connection).get_table_names())


def test_a_step_that_fails_leaves_nothing_half_done(bare: Store) -> None:
    """A table of ours is there already, made by somebody else: the step stops near its end, after 15 others."""
    with raw(bare.url) as owner:
        owner.execute("CREATE TABLE evidence (theirs TEXT)")
    with pytest.raises(StoreFault, match="could not be brought up to date"):
        migrations.upgrade(bare)
    left = tables(bare)
    with raw(bare.url) as owner:
        owner.execute("DROP TABLE evidence")
    assert left <= {"evidence", "alembic_version"}
    assert migrations.upgrade(bare) is True  # and once the way is free, it goes
    assert history.verify(bare)[0] == []


# --- from the first release -------------------------------------------------------------------------------------------

FIRST = json.loads((Path(__file__).parent.parent / "data" / "first_release.json").read_text(encoding="utf-8"))


def of_the_first_release(url: str) -> None:
    """A register as the first release left it: its tables, and what a week put into them."""
    store = open_store(url, Clock("2026-10-07 09:00"), create=True)
    migrations.upgrade(store, to="0001")
    tables = MetaData()
    with store.aside() as tx:
        tables.reflect(tx, resolve_fks=False)
        tx.execute(tables.tables["head"].delete())
        for name, told in FIRST.items():
            table = tables.tables[name]
            put = [
                {c: _typed(table.columns[c], v) for c, v in zip(told["columns"], r, strict=True)} for r in told["rows"]
            ]
            if put:
                tx.execute(table.insert(), put)
            if "id" in told["columns"] and name != "head" and tx.dialect.name == "postgresql":
                tx.execute(text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), {max(r['id'] for r in put)})"))
    store.close()


def _typed(column: Any, value: Any) -> Any:
    if isinstance(value, dict):
        return bytes.fromhex(value["hex"])
    if isinstance(column.type, DateTime) and value is not None:
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if isinstance(column.type, Date) and value is not None else value


@pytest.fixture
def old(database: Database) -> Iterator[Store]:
    store = open_store(database.copy(of_the_first_release), Clock("2026-10-08 09:00"))
    yield store
    store.close()


def test_a_register_of_the_first_release_comes_up_whole(old: Store) -> None:
    with pytest.raises(SchemaFault, match="older"):
        check_schema(old)
    assert migrations.upgrade(old) is True
    faults, head = history.verify(old)
    assert (faults, head.seq, head.hash) == ([], *FIRST["head"]["rows"][0][1:3])
    assert [row["reference"] for row in rows(old)] == sorted((row[1] for row in FIRST["item"]["rows"]), key=natural)
    with old.reader.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    reference, first = FIRST["item"]["rows"][0][1], json.loads(FIRST["request_key"]["rows"][0][2])
    again = record.add_update(old, actor(old, "lia", "key-1"), first["reference"], None, "Said under a key.", {})
    assert (again.repeated, again.event) == (True, first["event"])
    record.add_update(old, actor(old, "lia"), reference, None, "And it goes on.", {})
    assert history.verify(old)[0] == []


# --- killed in the middle, and two at once ----------------------------------------------------------------------------

NURSERY = """
import os, signal, sys
from datetime import UTC, datetime
from sqlalchemy import event
from storage import migrations
from storage.store import open_store

def upgrade(url: str, last: int) -> None:
    store, sent = open_store(url, lambda: datetime.now(UTC)), []

    def sending(*_: object) -> None:
        sent.append(1)
        if len(sent) == last:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(store.writer, "before_cursor_execute", sending)
    print(migrations.upgrade(store), len(sent), flush=True)
    os._exit(0)

for line in sys.stdin:
    url, last = line.split()
    child = os.fork()
    if child == 0:
        upgrade(url, int(last))
    if os.waitpid(child, 0)[1] == signal.SIGKILL:
        print("killed", 0, flush=True)
"""


KILLS = 6


class Nursery:
    """A process that lets others upgrade a register: each is killed as it sends its nth statement (0: never)."""

    def __init__(self) -> None:
        command = [sys.executable, "-c", NURSERY]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, cwd=ROOT, text=True, stdin=pipe, stdout=pipe)

    def begin(self, url: str, last: int = 0) -> None:
        assert self.process.stdin
        self.process.stdin.write(f"{url} {last}\n")
        self.process.stdin.flush()

    def ended(self) -> tuple[str, int]:
        """`True` or `False` as the upgrade says, or `killed`; and how many statements it sent."""
        assert self.process.stdout
        told, sent = self.process.stdout.readline().split()
        return told, int(sent)


@pytest.fixture
def nurseries() -> Iterator[list[Nursery]]:
    """Two of them."""
    both = [Nursery(), Nursery()]
    yield both
    for one in both:
        one.process.communicate(timeout=30)


def schema(store: Store) -> tuple[str, dict[str, Any]]:
    with store.reader.connect() as connection:
        told = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        return str(told), structure(connection)


@pytest.fixture
def steps(database: Database, old: Store) -> dict[str, dict[str, Any]]:
    """What the tables are after each step, by its number."""
    made = {}
    for script in ScriptDirectory(str(Path(migrations.__file__).parent)).walk_revisions():
        store = open_store(database.place(script.revision), old.clock, create=True)
        migrations.upgrade(store, to=script.revision)
        made[script.revision] = structure_of(store)
        store.close()
    return made


def test_an_upgrade_that_is_killed_leaves_one_schema_or_the_next_and_goes_on(
    old: Store, database: Database, steps: dict[str, dict[str, Any]], nurseries: list[Nursery]
) -> None:
    nursery = nurseries[0]
    nursery.begin(database.copy(of_the_first_release, database.folder / "whole.db"))
    told, statements = nursery.ended()
    assert told == "True"
    for last in range(1, statements, max(1, statements // KILLS)):
        nursery.begin(old.url, last)
        if nursery.ended()[0] != "killed":
            break  # earlier ones came further than they could say
        version, found = schema(old)
        assert found == steps[version], f"killed at statement {last} of {statements}"
    migrations.upgrade(old)
    assert schema(old) == (SCHEMA, steps[SCHEMA])
    assert history.verify(old)[0] == []


def test_of_two_that_upgrade_at_once_one_does_it_and_the_other_finds_it_done(
    old: Store, nurseries: list[Nursery]
) -> None:
    for nursery in nurseries:
        nursery.begin(old.url)
    assert sorted(nursery.ended()[0] for nursery in nurseries) == ["False", "True"]
    check_schema(old)
    assert history.verify(old)[0] == []
