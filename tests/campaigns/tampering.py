"""Campaign C7: a register that has lived, edited behind the program's back; every edit must be found.

The edits are those of somebody who owns the database: no guard, no key between tables. Each is made inside a
transaction, looked at by the product's own `verify`, and taken back. Left out is what nobody reads: the numbers of
rows but for their order, and what storage/verify.py says that no event binds.
"""

import contextlib
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, create_engine, delete, func, insert, make_url, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from storage import verify
from storage.account import Account
from storage.history import Head, every
from storage.store import Store
from storage.tables import (
    EVIDENCE,
    HEAD,
    HISTORY,
    ITEM,
    ITEM_PERSON,
    KEPT_TEXT,
    PERSON,
    POST,
    POST_HOLDER,
    REPORT,
    REQUEST,
    REQUEST_KEY,
    ROLE,
    SNOOZE,
    TARGET_CHANGE,
    UPDATE,
)

TABLES = (
    ITEM,
    REPORT,
    ITEM_PERSON,
    UPDATE,
    REQUEST,
    EVIDENCE,
    TARGET_CHANGE,
    SNOOZE,
    ROLE,
    HISTORY,
    KEPT_TEXT,
    HEAD,
    REQUEST_KEY,
    PERSON,
    POST,
    POST_HOLDER,
)
IN_ORDER = (ITEM, REPORT, UPDATE, REQUEST, EVIDENCE, TARGET_CHANGE, SNOOZE, ROLE)
GUARDS = ("history_stays", "history_keeps", "kept_text_keeps")
Row = Mapping[str, Any]


class Edit(NamedTuple):
    """What somebody did, in words."""

    kind: str
    table: str
    what: str


class Nothing(Exception):
    """The edit would change nothing that anybody reads, or the database does not take it."""


@dataclass(frozen=True)
class Inside(Store):
    """The register as it is seen from inside a transaction that has not ended."""

    tx: Connection = field(kw_only=True)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        yield self.tx


@contextmanager
def owned(store: Store) -> Iterator[Inside]:
    """The register as its owner has it, in one transaction; nothing of it is left in the end."""
    url = make_url(store.url)
    lite = url.get_backend_name() == "sqlite"
    engine = create_engine(url if lite else url.set(drivername="postgresql+psycopg", username="postgres"))
    with engine.connect() as tx:
        raw: Any = tx.connection.dbapi_connection
        if lite:
            raw.isolation_level = None
            raw.execute("PRAGMA foreign_keys=OFF")
            raw.execute("BEGIN")
            for guard in GUARDS:
                raw.execute(f"DROP TRIGGER IF EXISTS {guard}")
        else:
            tx.execute(text("SET session_replication_role = replica"))
        given = {name: getattr(store, name) for name in ("url", "database", "writer", "reader", "clock", "audit_key")}
        yield Inside(**given, tx=tx)
        raw.rollback()
    engine.dispose()


class Campaign:
    """Edits of one register; everything hangs on the seed."""

    def __init__(self, inside: Inside, seed: int, tables: tuple[Table, ...] = TABLES) -> None:
        self.inside, self.tx, self.dice, self.tables = inside, inside.tx, random.Random(seed), tables
        self.head: Head = verify.verify(inside)[1]
        self.account = Account(every(self.tx))
        self.counts: Counter[str] = Counter()
        self.rows = {t: [dict(r) for r in self.tx.execute(select(t)).mappings()] for t in tables}

    def run(self, edits: int, checks: Mapping[str, verify.Check] | None = None) -> list[Edit]:
        """Make so many edits, one by one; gives those that were not found."""
        unseen = []
        while self.counts["edits"] < edits:
            self.tx.execute(text("SAVEPOINT edit"))
            try:
                edit = self._edit()
                if not self._found(edit, verify.CHECKS if checks is None else checks):
                    unseen.append(edit)
                self.counts.update(("edits", edit.kind))
            except (Nothing, IntegrityError, DBAPIError, StatementError):
                self.counts["not possible"] += 1
            self.tx.execute(text("ROLLBACK TO edit"))
        return unseen

    def _found(self, edit: Edit, checks: Mapping[str, verify.Check]) -> bool:
        """Whether any check finds it; where the ledger is as it was, so is what it says, and it is not folded anew."""
        book = verify.Book(self.tx, self.inside, verify.end(self.tx), self.head.shown)
        if edit.table in {HISTORY.name, KEPT_TEXT.name}:
            return next(verify.found(book, checks), None) is not None
        book.account = self.account
        return next(verify.found(book, dict(reversed(list(checks.items())))), None) is not None

    def _edit(self) -> Edit:
        table = self.dice.choice(self.tables)
        if not self.rows[table]:
            raise Nothing
        kinds: tuple[Callable[[Table], Edit], ...] = (self._cut,) if table is HEAD and self.dice.random() < 0.3 else ()
        kinds = kinds or (self._value, self._value, self._value, self._gone, self._twice, self._swapped, self._moved)
        return self.dice.choice(kinds)(table)

    # --- the edits --------------------------------------------------------------------------------------------------

    def _value(self, table: Table) -> Edit:
        """Another value in one cell: that of another row, or one made up."""
        column = self._column(table)
        row, other = self.dice.choice(self.rows[table]), self.dice.choice(self.rows[table])
        value = other[column] if self.dice.random() < 0.4 else self._other(table, column, row[column])
        self._changes(table, column, row, value)
        self._put(table, row, {column: value})
        return Edit("value", table.name, f"{column} of {_key(table, row)}: {value!r}"[:200])

    def _column(self, table: Table) -> str:
        keys = {c.name for c in table.primary_key.columns} if table not in {KEPT_TEXT, REQUEST_KEY, HISTORY} else set()
        if table is PERSON:  # names are the chat's
            return self.dice.choice(("away", "away_since"))
        return self.dice.choice([c.name for c in table.columns if c.name not in keys])

    def _other(self, table: Table, column: str, value: Any) -> Any:
        if table.c[column].nullable and value is not None and self.dice.random() < 0.3:
            return None
        if isinstance(value, bool):
            return not value
        if isinstance(value, datetime):
            return value + timedelta(microseconds=self.dice.choice((1, -1, 86_400_000_000)))
        if isinstance(value, date):
            return value + timedelta(days=self.dice.choice((-1, -365) if value.year == 9999 else (1, -1, 365)))
        if isinstance(value, int):
            return value + self.dice.choice((1, -1))
        if isinstance(value, bytes):
            return value[:-1] + bytes([value[-1] ^ 1]) if value else b"x"
        return self._made_up(table, column) if value is None else self._letter(str(value))

    def _made_up(self, table: Table, column: str) -> Any:
        kind = table.c[column].type.python_type if column not in {"since", "until", "at"} else datetime
        made: dict[type, Any] = {int: 1, str: "x", bytes: b"x", date: date(2027, 1, 1), bool: True}
        return made.get(kind, datetime(2026, 11, 1, tzinfo=UTC))

    def _letter(self, value: str) -> str:
        at = self.dice.randrange(len(value) + 1)
        return value[:at] + self.dice.choice("abc 0") + value[at + self.dice.randrange(2) :]

    def _changes(self, table: Table, column: str, row: Row, value: Any) -> None:
        """The wording of a kept refusal is bound by no event; a blank between the words of an answer says nothing."""
        if value == row[column]:
            raise Nothing
        if table is REQUEST_KEY and column == "answer" and ("refused" in row["answer"] or _says_the_same(value, row)):
            raise Nothing

    def _gone(self, table: Table) -> Edit:
        if table is REQUEST_KEY:
            raise Nothing  # nobody reads that it is missing
        row = self.dice.choice(self.rows[table])
        if table is PERSON and row["id"] not in self._named():
            raise Nothing
        self.tx.execute(delete(table).where(*_is(table, row)))
        return Edit("gone", table.name, str(_key(table, row)))

    def _named(self) -> set[int]:
        with_part = select(HISTORY.c.actor_id).union(select(ITEM_PERSON.c.person_id), select(ROLE.c.person_id))
        return set(self.tx.execute(with_part).scalars())

    def _twice(self, table: Table) -> Edit:
        if table is PERSON:
            raise Nothing
        row = dict(self.dice.choice(self.rows[table]))
        key = {HISTORY: "seq", KEPT_TEXT: "event", REQUEST_KEY: "key"}.get(table, "id")
        last = self.tx.execute(select(func.max(table.c[key]))).scalar_one()
        self.tx.execute(insert(table).values(**row | {key: last + (1 if key != "key" else "x")}))
        return Edit("twice", table.name, str(_key(table, row)))

    def _swapped(self, table: Table) -> Edit:
        """The values of two rows in one column change places."""
        if len(self.rows[table]) < 2:
            raise Nothing
        column = self._column(table)
        one, other = self.dice.sample(self.rows[table], 2)
        self._changes(table, column, one, other[column])
        self._changes(table, column, other, one[column])
        if table not in IN_ORDER and _alike(one, other, column):
            raise Nothing  # they have only changed places
        self._put(table, one, {column: other[column]})
        self._put(table, other, {column: one[column]})
        return Edit("swapped", table.name, f"{column} of {_key(table, one)} and {_key(table, other)}")

    def _moved(self, table: Table) -> Edit:
        """Two rows change places."""
        if (table not in IN_ORDER and table is not HISTORY) or len(self.rows[table]) < 2:
            raise Nothing
        key = "seq" if table is HISTORY else "id"
        one, other = self.dice.sample(self.rows[table], 2)
        if {**one, key: 0} == {**other, key: 0}:
            raise Nothing
        for was, to in ((one[key], -1), (other[key], one[key]), (-1, other[key])):
            self.tx.execute(update(table).where(table.c[key] == was).values({key: to}))
        return Edit("moved", table.name, f"{one[key]} and {other[key]}")

    def _cut(self, table: Table) -> Edit:
        """The last events taken out, their texts with them, and the head put back to the one before."""
        many = self.dice.randrange(1, 4)
        last = self.head.seq - many
        for kept, column in ((HISTORY, "seq"), (KEPT_TEXT, "event")):
            self.tx.execute(delete(kept).where(kept.c[column] > last))
        end = self.tx.execute(select(HISTORY).where(HISTORY.c.seq == last)).mappings().one()
        self.tx.execute(update(HEAD).values(seq=last, hash=end["hash"], at=end["at"]))
        return Edit("cut", "history", f"the last {many}")

    def _put(self, table: Table, row: Row, values: Row) -> None:
        self.tx.execute(update(table).where(*_is(table, row)).values(**values))


def _alike(one: Row, other: Row, column: str) -> bool:
    """Whether two rows differ in their number and this column only."""
    return {**one, "id": 0, column: 0} == {**other, "id": 0, column: 0}


def _says_the_same(answer: str, row: Row) -> bool:
    with contextlib.suppress(ValueError):
        return bool(json.loads(answer) == json.loads(row["answer"]))
    return False


def _key(table: Table, row: Row) -> tuple[Any, ...]:
    return tuple(row[c.name] for c in table.primary_key.columns)


def _is(table: Table, row: Row) -> list[Any]:
    return [c == row[c.name] for c in table.primary_key.columns]
