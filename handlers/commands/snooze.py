"""`snooze REF DATE: reason`: no reminder of an item before a day; its dates stay, and the liaison sees it."""

from functools import partial

from handlers import acting
from handlers.acting import Act, Given, Values
from handlers.card import Field
from handlers.wording import british
from storage import record
from storage.record import Saved
from storage.rules.reminders import SNOOZE_MOST

WORDS = ("snooze",)
HELP = ("snooze {reference} 3 Apr: reason", "no reminders of it for a while")


def _carry(given: Given, values: Values) -> Saved:
    day = acting.day_given(given, values)
    return record.snooze(given.desk.store, given.ask.actor, *given.seen, day, values.get("reason", ""))


def _fields(given: Given, values: Values) -> tuple[Field, ...]:
    day = acting.shown_day(given, values)
    hint = f"At most {SNOOZE_MOST} days ahead. The due date stays."
    asks = acting.reason_field(values, "The liaison sees it.")
    return (Field("date", "Until", "day", day, hint, "Choose a date"), asks)


def _told(given: Given, values: Values) -> str:
    day, row = acting.day_given(given, values), given.item.row
    stays = f" It stays due {british(row.due)}." if row.due else ""
    return f"You are not reminded of {row.reference} before {british(day)}; the liaison sees that, and why.{stays}"


ACT = Act(
    "snooze",
    "Snooze",
    "Snoozed.",
    _carry,
    _told,
    submit="Snooze",
    example=" in 5 working days: reason",
    needs=("date", "reason"),
    bare=True,
    typed=acting.day_and_reason_typed,
    fields=_fields,
)
answer = partial(acting.answer, ACT)
