"""`reopen REF: reason`: an item that had ended is open again."""

from functools import partial

from handlers import acting
from handlers.acting import Act, Given, Values
from handlers.card import Field
from storage import record
from storage.record import Saved

WORDS = ("reopen",)
HELP = ("reopen {reference}: reason", "it is open again")


def _carry(given: Given, values: Values) -> Saved:
    return record.reopen(given.desk.store, given.ask.actor, *given.seen, values.get("reason", ""))


def _fields(given: Given, values: Values) -> tuple[Field, ...]:
    return (acting.reason_field(values, "Why it is open again. Its owner gets these words."),)


def _told(given: Given, values: Values) -> str:
    return f"{given.item.row.reference} counts as open again; {acting.hears(given)}"


ACT = Act(
    "reopen",
    "Reopen",
    "Reopened.",
    _carry,
    _told,
    submit="Reopen",
    example=": reason",
    needs=("reason",),
    typed=acting.reason_typed,
    fields=_fields,
)
answer = partial(acting.answer, ACT)
