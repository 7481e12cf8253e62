"""`refuse REF: reason`: an extension, or no action, is not approved."""

from functools import partial

from handlers import acting
from handlers.acting import Act, Given, Values
from handlers.card import Field
from storage import record
from storage.record import Saved

WORDS = ("refuse",)
HELP = ("refuse {reference}: reason", "not approved")


def _carry(given: Given, values: Values) -> Saved:
    return record.refuse(given.desk.store, given.ask.actor, *given.seen, values.get("reason", ""))


def _fields(given: Given, values: Values) -> tuple[Field, ...]:
    return (acting.reason_field(values, "Why not. Whoever asked gets these words."),)


def _told(given: Given, values: Values) -> str:
    return f"Nothing changes on {given.item.row.reference}; {acting.hears(given)}"


ACT = Act(
    "refuse",
    "Refuse",
    "Refused.",
    _carry,
    _told,
    submit="Refuse",
    example=": reason",
    needs=("reason",),
    typed=acting.reason_typed,
    fields=_fields,
)
answer = partial(acting.answer, ACT)
