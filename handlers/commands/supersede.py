"""`supersede REF by REF: reason`: another item takes its place, or it was registered in error."""

import re
from functools import partial

from handlers import acting
from handlers.acting import Act, Given, Values
from handlers.ask import Told
from handlers.card import Field
from storage import record
from storage.record import Saved

WORDS = ("supersede",)
HELP = ("supersede {reference} by REF: reason", "another takes its place")
_BY = re.compile(r"(?:by\s+)?([^\s:]+)\s*(?::\s*(.*))?\Z", re.IGNORECASE | re.DOTALL)
NONE = ("none", "nothing", "-")


def _typed(said: Told) -> dict[str, str]:
    found = _BY.match(said.words)
    return {"by": found[1], "reason": found[2] or ""} if found else {"reason": said.words}


def _carry(given: Given, values: Values) -> Saved:
    by = values.get("by", "").strip()
    by = "" if by.lower() in NONE else by
    return record.supersede(given.desk.store, given.ask.actor, *given.seen, by, values.get("reason", ""))


def _fields(given: Given, values: Values) -> tuple[Field, ...]:
    hint = "The reference of the item that takes its place. Leave it empty where this one was registered in error."
    by = Field("by", "By which item", "line", values.get("by", ""), hint, "CYBER19-A2", True, 40)
    return (by, acting.reason_field(values, "Why, in a sentence."))


def _told(given: Given, values: Values) -> str:
    by = given.item.superseded_by
    why = f"{by} takes its place" if by else "it was registered in error"
    return f"{given.item.row.reference} has ended, and {why}; {acting.hears(given)}"


ACT = Act(
    "supersede",
    "Supersede",
    "Superseded.",
    _carry,
    _told,
    submit="Supersede",
    example=" by CYBER19-A2: reason",
    needs=("by", "reason"),
    bare=True,
    typed=_typed,
    fields=_fields,
)
answer = partial(acting.answer, ACT)
