"""What happened to one item, as its history and a notice tell it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection

from storage import people
from storage.questions.items import NAMED, POST_NAME, Whole, whole
from storage.questions.readers import Reader
from storage.rules import marking


class Told(NamedTuple):
    """One event of an item as its history shows it: who, when, what, and the values with names for ids."""

    at: datetime
    who: str
    act: str
    place: str
    fields: dict[str, tuple[Any, Any] | None]


def told(tx: Connection, item: int) -> list[Told]:
    """The history of one item, oldest first."""
    from storage.history import minutes

    return [
        Told(m.at, people.called(tx, m.actor_id), m.act, m.body["place"], named(tx, m.fields))
        for m in minutes(tx, item_id=item)
    ]


class News(NamedTuple):
    """One event as somebody is told of it: who did what to which item, when, and the words that went with it."""

    who: str
    act: str
    at: datetime
    item: Whole
    words: str


def news(tx: Connection, event: int, reader: Reader) -> News | None:
    """What happened in one event, for a reader; None when the item does not exist for them."""
    from storage.history import minutes

    minute = minutes(tx, after=event - 1, upto=event)[0]
    name = NAMED.first(tx, {"item": minute.item_id})
    item = whole(tx, name.reference, reader)
    said = next((pair[1] for f in ("reason", "note") if (pair := minute.fields.get(f))), "")
    return News(people.called(tx, minute.actor_id), minute.act, minute.at, item, str(said or "")) if item else None


def named(tx: Connection, fields: Mapping[str, Any]) -> dict[str, tuple[Any, Any] | None]:
    shown = dict(fields)
    for field, name in _NAMES.items():
        pair = shown.get(field)
        if pair:
            before, after = pair
            shown[field] = (before and name(tx, before), after and name(tx, after))
    return shown


def _delegates(tx: Connection, numbers: str) -> str:
    return ", ".join(people.called(tx, int(number)) for number in numbers.split(";"))


def _item_called(tx: Connection, number: int) -> str:
    """Its reference; a history is read by some for whom a sensitive item does not exist."""
    row = NAMED.first(tx, {"item": number})
    return str(row.reference) if row and row.marking == marking.OFFICIAL else "another item"


_NAMES: dict[str, Any] = {
    "owner_id": people.called,
    "lead_id": people.called,
    "delegates": _delegates,
    "post_id": lambda tx, post: POST_NAME.column(tx, {"post": post})[0],
    "parent_id": _item_called,
}
