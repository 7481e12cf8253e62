"""`verify REF: note`: the liaison has looked at the evidence, before the DCC decides."""

from functools import partial

from handlers import acting
from handlers.acting import Act, Given, Values
from handlers.card import Field
from storage import record
from storage.record import Saved

WORDS = ("verify",)
HELP = ("verify {reference}: note", "the evidence was checked")


def _carry(given: Given, values: Values) -> Saved:
    return record.check_evidence(given.desk.store, given.ask.actor, *given.seen, values.get("note", ""))


def _fields(given: Given, values: Values) -> tuple[Field, ...]:
    hint = "What you looked at, and what it showed. The DCC reads this."
    return (Field("note", "Note", "words", values.get("note", ""), hint),)


def _told(given: Given, values: Values) -> str:
    return f"{acting.dcc(given)} sees your note beside the evidence of {given.item.row.reference}."


ACT = Act(
    "verify",
    "Check evidence",
    "Checked.",
    _carry,
    _told,
    example=": what the evidence showed",
    needs=("note",),
    typed=lambda said: {"note": said.words},
    fields=_fields,
)
answer = partial(acting.answer, ACT)
