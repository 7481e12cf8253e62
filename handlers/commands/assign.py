"""`assign REF @user`: the liaison gives an item its owner, who hears of it."""

from functools import partial

from handlers import acting, persons
from handlers.acting import Act, Given, Values
from handlers.card import Field
from storage import record
from storage.record import Saved

WORDS = ("assign",)
HELP = ("assign {reference} @user", "give it an owner")


def _carry(given: Given, values: Values) -> Saved:
    owner = persons.meant(given.desk, given.ask, values.get("person", ""))
    return record.assign(given.desk.store, given.ask.actor, *given.seen, owner)


def _fields(given: Given, values: Values) -> tuple[Field, ...]:
    return (Field("person", "Owner", "person", values.get("person", ""), "Who answers for it from now on."),)


def _told(given: Given, values: Values) -> str:
    row = given.item.row
    return f"{row.owner} owns {row.reference} now, and hears of it."


ACT = Act(
    "assign",
    "Assign",
    "Assigned.",
    _carry,
    _told,
    submit="Assign",
    example=" @user",
    needs=("person",),
    bare=True,
    typed=lambda said: {"person": said.words},
    fields=_fields,
)
answer = partial(acting.answer, ACT)
