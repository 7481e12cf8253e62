"""`close REF DATE NUMBER: reason`: the inspectorate has closed it, which is another fact than our completion."""

from functools import partial

from handlers import acting
from handlers.acting import Act, Given, Values
from handlers.ask import Told
from handlers.card import Field
from handlers.wording import british
from storage import record
from storage.record import Saved
from storage.rules.lifecycle import is_open

WORDS = ("close", "discharge")
HELP = ("close {reference} DATE NUMBER: reason", "the inspectorate closed it")


def _typed(said: Told) -> dict[str, str]:
    """The day may be of several words; the number is the last word before the colon."""
    head, _, reason = said.words.partition(":")
    day, _, number = head.strip().rpartition(" ")
    return {"date": day.strip(), "number": number, "reason": reason.strip()}


def _carry(given: Given, values: Values) -> Saved:
    day, number = acting.day_given(given, values), values.get("number", "")
    return record.close(given.desk.store, given.ask.actor, *given.seen, day, number, values.get("reason", ""))


def _fields(given: Given, values: Values) -> tuple[Field, ...]:
    known = values.get("number") or given.item.item["inspectorate_ref"]
    return (
        Field("date", "Closed on", "day", acting.shown_day(given, values), "", "Choose a date"),
        Field("number", "The inspectorate's number", "line", known, "As its register or letter gives it.", most=60),
        acting.reason_field(values, "What the inspectorate said, and where. “Discharged” is the same."),
    )


def _told(given: Given, values: Values) -> str:
    """Both facts, as long as one is there without the other."""
    row, day = given.item.row, given.item.item["closed_on"]
    still = " The force has not completed it: it stays open here." if is_open(row.status) else ""
    return f"The inspectorate closed {row.reference} on {british(day)}.{still}"


ACT = Act(
    "close",
    "Inspectorate's closure",
    "Recorded.",
    _carry,
    _told,
    submit="Record",
    example=" 4 Mar 2027 HMI-123: reason",
    needs=("date", "number", "reason"),
    bare=True,
    typed=_typed,
    fields=_fields,
)
answer = partial(acting.answer, ACT)
