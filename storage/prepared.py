"""Statements that every answer waits for: written in Core, compiled once, carried out by the driver itself."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, Dialect, Select

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
    """One Core statement, executed as SQLAlchemy would, at a third of the cost; it has no lists as parameters."""

    def __init__(self, statement: Select[Any]) -> None:
        self.statement = statement
        self._compiled: _Compiled | None = None

    def rows(self, tx: Connection, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """All rows, with dates and instants as SQLAlchemy gives them."""
        compiled = self._compiled
        if compiled is None:
            compiled = self._compiled = _compile(self.statement, tx.dialect)
        told = [
            write(values.get(name, value)) if write else values.get(name, value)
            for name, value, write in compiled.parameters
        ]
        found: list[tuple[Any, ...]] = driver(tx).execute(compiled.words, told).fetchall()
        return [_read(row, compiled.columns) for row in found] if compiled.columns else found


def _compile(statement: Select[Any], dialect: Dialect) -> _Compiled:
    compiled = statement.compile(dialect=dialect)
    given = compiled.params
    parameters: list[tuple[str, Any, Convert | None]] = []
    for name in compiled.positiontup or ():
        kind = compiled.binds[name].type
        parameters.append((name, given.get(name), kind.dialect_impl(dialect).bind_processor(dialect)))
    kinds = [column.type.dialect_impl(dialect) for column in statement.selected_columns]
    readers = [(number, kind.result_processor(dialect, None)) for number, kind in enumerate(kinds)]
    return _Compiled(str(compiled), parameters, [(number, read) for number, read in readers if read])


def _read(row: tuple[Any, ...], columns: list[tuple[int, Convert]]) -> tuple[Any, ...]:
    cells = list(row)
    for number, read in columns:
        cells[number] = read(cells[number])
    return tuple(cells)
