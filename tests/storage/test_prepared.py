"""Statements compiled once come to what SQLAlchemy's own do; what was kept is gone with anybody's commit."""

import sqlite3
from typing import Any

import pytest
from sqlalchemy import Connection, bindparam, insert, select
from sqlalchemy.exc import IntegrityError

from storage import questions
from storage.prepared import Prepared
from storage.questions import Filters, Reader
from storage.store import MOST_KEPT, Store, StoreFault, kept
from storage.tables import HISTORY, ITEM, PERSON, REQUEST_KEY
from tests.conftest import LIMITS, Clock, Town, person
from tests.databases import raw

OPEN = Filters()


def reader(town: Town) -> Reader:
    return Reader(person(town.store, "owen"), town.clock().date(), LIMITS)


def told(town: Town) -> int:
    with town.store.read() as tx:
        return questions.counted(tx, OPEN, reader(town))


@pytest.mark.parametrize("table", [ITEM, HISTORY, PERSON])
def test_rows_are_those_of_sqlalchemy_with_dates_instants_and_truths(trentshire: Town, table: Any) -> None:
    statement = select(table).order_by(*table.primary_key)
    with trentshire.store.read() as tx:
        assert Prepared(statement).rows(tx, {}) == [tuple(row) for row in tx.execute(statement)]
        first = tx.execute(statement).mappings().first()
        assert Prepared(statement).item(tx, {}) == dict(first or {})


def test_what_is_written_is_what_sqlalchemy_writes(register: Store, clock: Clock) -> None:
    rows = [{"key": key, "at": clock(), "answer": "{}"} for key in ("a", "b")]
    with register.write() as tx:
        Prepared(insert(REQUEST_KEY), ("key", "at", "answer")).write(tx, rows[0])
        tx.execute(insert(REQUEST_KEY), rows[1])
    with register.read() as tx:
        assert [dict(row) for row in tx.execute(select(REQUEST_KEY)).mappings()] == rows
        found = Prepared(select(REQUEST_KEY).where(REQUEST_KEY.c.key == bindparam("key")))
        assert found.first(tx, {"key": "b"}).at == clock()
        assert found.first(tx, {"key": "c"}) is None


def test_a_count_follows_a_commit_of_this_process_and_of_any_other(trentshire: Town) -> None:
    before = told(trentshire)
    first = "(SELECT min(id) FROM item WHERE open)"
    with raw(trentshire.store.url) as other:
        other.execute(f"UPDATE item SET open = false, status = 'complete' WHERE id = {first}")
    assert told(trentshire) == before - 1
    with trentshire.store.write() as tx:
        tx.exec_driver_sql("UPDATE item SET open = true, status = 'in_progress' WHERE status = 'complete'")
    assert told(trentshire) > before - 1


def test_within_one_reading_a_count_stands_although_somebody_commits(trentshire: Town) -> None:
    with trentshire.store.read() as tx:
        before = questions.counted(tx, OPEN, reader(trentshire))
        with trentshire.store.write() as writing:
            writing.exec_driver_sql("UPDATE item SET open = false")
        assert questions.counted(tx, OPEN, reader(trentshire)) == before
        assert len(tx.execute(select(ITEM.c.id).where(ITEM.c.open)).all()) >= before
    assert told(trentshire) == 0


def test_people_are_counted_for_apart(trentshire: Town) -> None:
    today = trentshire.clock().date()
    for _ in range(2):
        with trentshire.store.read() as tx:
            found = [
                questions.counted(tx, OPEN, Reader(person(trentshire.store, w), today, LIMITS)) for w in ("ana", "ruth")
            ]
        assert found[0] < found[1]


def test_a_writer_keeps_nothing_and_a_reader_not_without_end(register: Store) -> None:
    calls: list[int] = []

    def ask(tx: Connection, key: int) -> None:
        kept(tx, key, lambda: calls.append(key))

    with register.write() as tx:
        ask(tx, 1)
        ask(tx, 1)
    assert calls == [1, 1]
    with register.read() as tx:
        for key in (*range(MOST_KEPT * 2), MOST_KEPT * 2 - 1):
            ask(tx, key)
        assert len(calls) == 2 + MOST_KEPT * 2
        assert max(len(value) for value in tx.info.values() if isinstance(value, dict)) <= MOST_KEPT


def test_a_fault_of_the_driver_is_a_sentence_and_a_broken_rule_is_not_hidden(register: Store) -> None:
    insert_one = Prepared(insert(REQUEST_KEY), ("key", "at", "answer"))
    row = {"key": "a", "at": register.clock(), "answer": "{}"}
    with pytest.raises((sqlite3.IntegrityError, IntegrityError)), register.write() as tx:
        insert_one.write(tx, row, row)
    with register.write() as tx:
        tx.exec_driver_sql("DROP TABLE request_key")
    with pytest.raises(StoreFault, match="an up-to-date register"), register.read() as tx:
        Prepared(select(REQUEST_KEY)).rows(tx, {})
