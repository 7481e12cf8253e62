"""`no action REF: reason`: ask that nothing be done; the DCC decides, and the letter will give the reason."""

from functools import partial

from handlers import acting
from handlers.acting import Act, Given, Values
from handlers.card import Field
from storage import record
from storage.record import Saved

WORDS = ("no action",)
HELP = ("no action {reference}: reason", "ask to do nothing about it")


def _carry(given: Given, values: Values) -> Saved:
    return record.ask_no_action(given.desk.store, given.ask.actor, *given.seen, values.get("reason", ""))


def _fields(given: Given, values: Values) -> tuple[Field, ...]:
    return (acting.reason_field(values, "In the words that the public letter can print."),)


def _told(given: Given, values: Values) -> str:
    return f"{acting.dcc(given)} decides; {given.item.row.reference} stays open until then."


ACT = Act(
    "no action",
    "Ask for no action",
    "Asked.",
    _carry,
    _told,
    submit="Ask",
    example=": reason",
    needs=("reason",),
    typed=acting.reason_typed,
    fields=_fields,
)
answer = partial(acting.answer, ACT)
