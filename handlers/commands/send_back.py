"""`send back REF: reason`: a request for sign-off goes back to its owner, who hears why."""

from functools import partial

from handlers import acting
from handlers.acting import Act, Given, Values
from handlers.card import Field
from storage import record
from storage.record import Saved

WORDS = ("send back",)
HELP = ("send back {reference}: reason", "not yet; say what is missing")


def _carry(given: Given, values: Values) -> Saved:
    return record.send_back(given.desk.store, given.ask.actor, *given.seen, values.get("reason", ""))


def _fields(given: Given, values: Values) -> tuple[Field, ...]:
    return (acting.reason_field(values, "What is missing. The owner gets these words."),)


def _told(given: Given, values: Values) -> str:
    return f"{given.item.row.reference} is in progress again; {acting.hears(given)}"


ACT = Act(
    "send back",
    "Send back",
    "Sent back.",
    _carry,
    _told,
    submit="Send back",
    example=": reason",
    needs=("reason",),
    typed=acting.reason_typed,
    fields=_fields,
)
answer = partial(acting.answer, ACT)
