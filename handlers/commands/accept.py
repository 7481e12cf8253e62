"""`accept REF: reason`: a dispute is over, and the work goes on."""

from functools import partial

from handlers import acting
from handlers.acting import Act, Given, Values
from handlers.card import Field
from storage import record
from storage.record import Saved

WORDS = ("accept",)
HELP = ("accept {reference}: reason", "a dispute is over")


def _carry(given: Given, values: Values) -> Saved:
    return record.accept(given.desk.store, given.ask.actor, *given.seen, values.get("reason", ""))


def _fields(given: Given, values: Values) -> tuple[Field, ...]:
    return (acting.reason_field(values, "What was agreed."),)


def _told(given: Given, values: Values) -> str:
    return f"{given.item.row.reference} is open and no longer disputed; {acting.hears(given)}"


ACT = Act(
    "accept",
    "Accept",
    "Accepted.",
    _carry,
    _told,
    submit="Accept",
    example=": reason",
    needs=("reason",),
    typed=acting.reason_typed,
    fields=_fields,
)
answer = partial(acting.answer, ACT)
