"""The tables: made from nothing, the same as the models say, each step all or nothing."""

from collections.abc import Iterator
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

from storage import history, migrations
from storage.history import GENESIS
from storage.store import SCHEMA, Store, StoreFault, check_schema, open_store
from storage.tables import METADATA
from tests.conftest import Clock
from tests.databases import Database, raw


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
