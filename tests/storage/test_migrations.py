"""The tables: made from nothing, the same as the models say, each step all or nothing."""

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from storage import history, migrations
from storage.history import GENESIS
from storage.store import SCHEMA, Store, StoreFault, check_schema, open_store
from storage.tables import METADATA
from tests.conftest import Clock, url


def test_a_fresh_register_is_made_and_is_empty(tmp_path: Path, clock: Clock) -> None:
    store = open_store(url(tmp_path / "register.db"), clock, create=True)
    assert migrations.upgrade(store) is True
    assert migrations.upgrade(store) is False
    check_schema(store)
    with store.read() as tx:
        assert tx.execute(text("SELECT version_num FROM alembic_version")).scalar() == SCHEMA
        assert (history.head(tx).seq, history.head(tx).hash) == (0, GENESIS)
    assert history.verify(store)[0] == []
    store.close()


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


def test_the_models_would_make_the_very_same_tables(register: Store, tmp_path: Path, clock: Clock) -> None:
    """Column by column and index by index, from the models alone."""
    other = open_store(url(tmp_path / "other.db"), clock, create=True)
    with other.write() as tx:
        METADATA.create_all(tx)
    assert structure(tmp_path / "other.db") == structure(tmp_path / "register.db")
    other.close()


def structure(path: Path) -> dict[str, list[object]]:
    raw = sqlite3.connect(path)
    names = [r[0] for r in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    told: dict[str, list[object]] = {}
    for name in names:
        if name != "alembic_version":
            told[name] = sorted(raw.execute(f"PRAGMA table_info({name})"))
            told[name] += sorted(r[2:] for r in raw.execute(f"PRAGMA foreign_key_list({name})"))
            indexes = sorted((r[1], r[2], r[4]) for r in raw.execute(f"PRAGMA index_list({name})"))
            told[name] += [(i, [tuple(c) for c in raw.execute(f"PRAGMA index_info({i[0]})")]) for i in indexes]
    raw.close()
    return told


def test_a_step_that_fails_leaves_nothing_half_done(tmp_path: Path, clock: Clock) -> None:
    """A table of ours is there already, made by somebody else: the step stops near its end, after 15 others."""
    path = tmp_path / "register.db"
    raw = sqlite3.connect(path)
    raw.execute("CREATE TABLE evidence (theirs TEXT)")
    raw.commit()
    raw.close()
    store = open_store(url(path), clock)
    with pytest.raises(StoreFault, match="could not be brought up to date"):
        migrations.upgrade(store)
    raw = sqlite3.connect(path)
    left = {r[0] for r in raw.execute("SELECT name FROM sqlite_master")}
    raw.execute("DROP TABLE evidence")
    raw.commit()
    raw.close()
    assert left <= {"evidence", "alembic_version", "sqlite_autoindex_alembic_version_1"}
    assert migrations.upgrade(store) is True  # and once the way is free, it goes
    assert history.verify(store)[0] == []
    store.close()
