"""`waiting on REF: whom`: on which other body an item waits; with nothing after the colon, nobody any more."""

from functools import partial

from handlers import acting
from handlers.acting import Act, Given, Values
from handlers.card import Field
from storage import record
from storage.record import Saved

WORDS = ("waiting on", "waits on")
HELP = ("waiting on {reference}: whom", "it is not ours alone")


def _carry(given: Given, values: Values) -> Saved:
    return record.wait_on(given.desk.store, given.ask.actor, *given.seen, values.get("whom", ""))


def _fields(given: Given, values: Values) -> tuple[Field, ...]:
    now = values.get("whom") or given.item.item["waiting_on"]
    hint = "Empty: it waits on nobody any more. An item that waits is White, and its dates stay."
    return (Field("whom", "Waits on", "line", now, hint, "The other body, e.g. the county council", True, 120),)


def _told(given: Given, values: Values) -> str:
    reference, whom = given.item.row.reference, given.item.item["waiting_on"]
    return f"{reference} waits on {whom}." if whom else f"{reference} waits on nobody any more."


ACT = Act(
    "waiting on",
    "Waiting on",
    "Saved.",
    _carry,
    _told,
    example=": whom",
    typed=lambda said: {"whom": said.words},
    fields=_fields,
)
answer = partial(acting.answer, ACT)
