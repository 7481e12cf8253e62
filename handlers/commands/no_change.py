"""`no change REF: sentence`: nothing has moved, and why; an update like any other, so the question stops."""

from functools import partial

from handlers import acting
from handlers.acting import Act, Given, Values
from handlers.card import Field
from storage import record
from storage.record import Saved

WORDS = ("no change",)
HELP = ("no change {reference}: why", "it stands as it did")
SAYS = "No change: "


def _carry(given: Given, values: Values) -> Saved:
    words = values.get("note", "").strip()
    said = f"{SAYS}{words}" if words else ""
    return record.add_update(given.desk.store, given.ask.actor, *given.seen, said, {})


def _fields(given: Given, values: Values) -> tuple[Field, ...]:
    hint = "A sentence: what it waits for, or when it goes on."
    return (Field("note", "Reason", "line", values.get("note", ""), hint, most=300),)


ACT = Act(
    "no change",
    "No change",
    "Saved.",
    _carry,
    lambda given, values: f"{given.item.row.reference} stands as it did; that is in the register, {acting.AT}.",
    example=": reason",
    needs=("note",),
    typed=lambda said: {"note": said.words},
    fields=_fields,
    right="update",
)
answer = partial(acting.answer, ACT)
