"""`dispute REF: reason`: the force does not accept a finding."""

from functools import partial

from handlers import acting
from handlers.acting import Act, Given, Values
from handlers.card import Field
from storage import record
from storage.record import Saved

WORDS = ("dispute",)
HELP = ("dispute {reference}: reason", "the force does not accept it")


def _carry(given: Given, values: Values) -> Saved:
    return record.dispute(given.desk.store, given.ask.actor, *given.seen, values.get("reason", ""))


def _fields(given: Given, values: Values) -> tuple[Field, ...]:
    return (acting.reason_field(values, "What is disputed, and why. A pending request ends."),)


def _told(given: Given, values: Values) -> str:
    return f"{given.item.row.reference} stays open as disputed; {acting.hears(given)}"


ACT = Act(
    "dispute",
    "Dispute",
    "Disputed.",
    _carry,
    _told,
    submit="Dispute",
    example=": reason",
    needs=("reason",),
    typed=acting.reason_typed,
    fields=_fields,
)
answer = partial(acting.answer, ACT)
