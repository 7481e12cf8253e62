"""`target REF DATE`: the first target date; every later one is asked for with `extend`."""

from functools import partial

from handlers import acting
from handlers.acting import Act, Given, Values
from handlers.card import Field
from handlers.wording import british
from storage import record
from storage.record import Saved

WORDS = ("target",)
HELP = ("target {reference} 3 Apr", "its first date")


def _carry(given: Given, values: Values) -> Saved:
    day = acting.day_given(given, values)
    return record.set_target(given.desk.store, given.ask.actor, *given.seen, day)


def _fields(given: Given, values: Values) -> tuple[Field, ...]:
    day = acting.shown_day(given, values)
    hint = "By when the force means to have done it. A later date has to be asked for."
    return (Field("date", "Target date", "day", day, hint, "Choose a date"),)


def _told(given: Given, values: Values) -> str:
    day = given.item.item["target_date"]
    return f"The target date of {given.item.row.reference} is {british(day)}.{acting.remark(day)}"


ACT = Act(
    "target",
    "Set the target date",
    "Saved.",
    _carry,
    _told,
    example=" 3 Apr 2027",
    needs=("date",),
    bare=True,
    typed=lambda said: {"date": said.words},
    fields=_fields,
)
answer = partial(acting.answer, ACT)
