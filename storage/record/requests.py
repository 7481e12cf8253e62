"""The rows of a request: somebody asks, somebody decides, and until then it is the item's one pending request."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, insert, update

from storage.record.change import Actor, Loaded, Rows
from storage.store import new_id
from storage.tables import REQUEST

SIGN_OFF, EXTEND, NO_ACTION = "sign_off", "extend", "no_action"


def asked(
    found: Loaded,
    actor: Actor,
    kind: str,
    words: str,
    proposed: date | None = None,
    then: Callable[[Connection, int, int, datetime], None] | None = None,
) -> Rows:
    """A request is now pending; `then` is given its number, the event's number and its time."""

    def write(tx: Connection, event: int, at: datetime) -> None:
        row: dict[str, Any] = {"item_id": found.item["id"], "kind": kind, "asker_id": actor.person.id, "asked_at": at}
        row |= {"event": event, "words": words.strip(), "proposed_date": proposed}
        number = new_id(tx, insert(REQUEST).values(**row))
        if then:
            then(tx, number, event, at)

    return write


def decided(found: Loaded, actor: Actor, decision: str, words: str = "") -> tuple[Rows, ...]:
    """The pending request, where there is one, pends no more."""
    values = {"decision": decision, "decided_by_id": actor.person.id, "decision_words": words.strip()}
    return altered(found, values, "decided_at")


def altered(found: Loaded, values: Mapping[str, Any], instant: str) -> tuple[Rows, ...]:
    """The pending request holds these values now, and in `instant` when that was."""
    if found.request is None:
        return ()

    def write(tx: Connection, event: int, at: datetime) -> None:
        tx.execute(update(REQUEST).where(REQUEST.c.id == found.request.id).values(**values, **{instant: at}))

    return (write,)
