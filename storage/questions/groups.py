"""What stands under each board and serves each objective."""

from typing import NamedTuple

from sqlalchemy import Connection, select

from storage.questions.readers import Reader, hidden
from storage.rules import references
from storage.tables import ITEM


class Group(NamedTuple):
    """What stands under one board or serves one objective, as the reader may see it; `name` "": under none."""

    name: str
    items: int
    open: int
    overdue: int


def groups(tx: Connection, column: str, reader: Reader) -> list[Group]:
    """The boards (`board`) or objectives (`objective`) by name, those under none last."""
    unseen = hidden(tx, reader)
    tallies: dict[str, list[tuple[bool, bool]]] = {}
    spelt: dict[str, str] = {}  # letter case does not make another board
    for row in tx.execute(select(ITEM.c.id, ITEM.c.open, ITEM.c.due_order, ITEM.c[column].label("names"))):
        if row.id not in unseen:
            late = row.open and row.due_order < reader.today
            for name in _names(row.names, several=column == "objective"):
                tallies.setdefault(spelt.setdefault(name.lower(), name), []).append((row.open, late))
    found = [Group(name, len(t), sum(o for o, _ in t), sum(late for _, late in t)) for name, t in tallies.items()]
    return sorted(found, key=lambda group: (not group.name, references.folded(group.name)))


def _names(kept: str, *, several: bool) -> list[str]:
    """An item stands under one board and serves any number of objectives, kept as "a; b"."""
    each = [" ".join(name.split()) for name in (kept.split(";") if several else [kept])]
    return list(dict.fromkeys(name for name in each if name)) or [""]
