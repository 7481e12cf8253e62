"""Statements that every answer waits for: written in Core, compiled once, carried out by the driver itself."""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Dialect, Select
from sqlalchemy.sql.dml import UpdateBase

from storage.store import driver

Convert = Callable[[Any], Any]


class _Compiled(NamedTuple):
    """The words of a statement, its parameters in order, and the columns whose values are not as the driver has them.

    A parameter is its name, the value that it has when none is given, and how that value is written.
    """

    words: str
    parameters: list[tuple[str, Any, Convert | None]]
    columns: list[tuple[int, Convert]]


class Prepared:
    """One Core statement, executed as SQLAlchemy would, at a quarter of the cost; it takes no lists as parameters.

    `written` names the columns that an insert or an update without `values` writes.
    """

    def __init__(self, statement: Select[Any] | UpdateBase, written: Sequence[str] | None = None) -> None:
        self.statement, self.written = statement, written
        names = statement.selected_columns.keys() if isinstance(statement, Select) else []
        self._named = _with_names(tuple(names))
        self._ready: _Compiled | None = None

    def rows(self, tx: Connection, values: Mapping[str, Any]) -> Sequence[Any]:
        """All rows as plain tuples, with dates and instants as SQLAlchemy gives them."""
        if tx.dialect.name != "sqlite":
            return tx.execute(self.statement, values).all()
        ready = self._compiled(tx.dialect)
        found = driver(tx).execute(ready.words, _told(ready, values)).fetchall()
        return [_read(row, ready.columns) for row in found] if ready.columns else found

    def named(self, tx: Connection, values: Mapping[str, Any]) -> list[Any]:
        """All rows; their columns are attributes."""
        return [self._named._make(row) for row in self.rows(tx, values)]

    def first(self, tx: Connection, values: Mapping[str, Any]) -> Any:
        """The first row, its columns attributes; None when there is none."""
        return next(iter(self.named(tx, values)), None)

    def item(self, tx: Connection, values: Mapping[str, Any]) -> dict[str, Any] | None:
        """The first row by column; None when there is none."""
        found = self.first(tx, values)
        return None if found is None else found._asdict()

    def column(self, tx: Connection, values: Mapping[str, Any]) -> list[Any]:
        """What stands in the first column of each row."""
        return [row[0] for row in self.rows(tx, values)]

    def write(self, tx: Connection, *rows: Mapping[str, Any]) -> None:
        """Carry out an insert or an update, once for each row of parameters."""
        if not rows:
            return
        if tx.dialect.name != "sqlite":
            tx.execute(self.statement, list(rows))
            return
        ready = self._compiled(tx.dialect)
        driver(tx).executemany(ready.words, (_told(ready, row) for row in rows))

    def _compiled(self, dialect: Dialect) -> _Compiled:
        if self._ready is None:
            self._ready = _compile(self.statement, dialect, self.written)
        return self._ready


def _with_names(names: tuple[str, ...]) -> Any:
    return namedtuple("_Found", names, rename=True)


def _compile(statement: Select[Any] | UpdateBase, dialect: Dialect, written: Sequence[str] | None) -> _Compiled:
    compiled: Any = statement.compile(dialect=dialect, column_keys=list(written) if written else None)
    given = compiled.params
    kinds = [(name, compiled.binds[name].type.dialect_impl(dialect)) for name in compiled.positiontup or ()]
    parameters = [(name, given.get(name), kind.bind_processor(dialect)) for name, kind in kinds]
    columns: Any = statement.selected_columns if isinstance(statement, Select) else ()
    readers = [(n, c.type.dialect_impl(dialect).result_processor(dialect, None)) for n, c in enumerate(columns)]
    return _Compiled(str(compiled), parameters, [(number, read) for number, read in readers if read])


def _told(ready: _Compiled, values: Mapping[str, Any]) -> list[Any]:
    return [write(values.get(n, value)) if write else values.get(n, value) for n, value, write in ready.parameters]


def _read(row: tuple[Any, ...], columns: list[tuple[int, Convert]]) -> tuple[Any, ...]:
    cells = list(row)
    for number, read in columns:
        cells[number] = read(cells[number])
    return tuple(cells)
