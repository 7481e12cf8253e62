"""`extend REF DATE: reason`: ask for another target date; the DCC decides, and the original stays on record."""

from functools import partial

from handlers import acting, wording
from handlers.acting import Act, Given, Values
from handlers.card import Field, Line, Span
from handlers.wording import british
from storage import record
from storage.record import Saved

WORDS = ("extend",)
HELP = ("extend {reference} 3 Apr: reason", "ask for a new date")


def _carry(given: Given, values: Values) -> Saved:
    day = acting.day_given(given, values)
    return record.ask_extension(given.desk.store, given.ask.actor, *given.seen, day, values.get("reason", ""))


def _fields(given: Given, values: Values) -> tuple[Field, ...]:
    day = acting.shown_day(given, values)
    asks = acting.reason_field(values, "The DCC decides on this, and the audit panel reads it.")
    return (Field("date", "New target date", "day", day, "", "Choose a date"), asks)


def _intro(given: Given) -> tuple[Line, ...]:
    """How often it was moved before is said to whoever asks again."""
    now = given.item.item["target_date"]
    dates: Line = (Span(f"Target date now: {british(now)}."),) if now else ()
    moved: Line = (Span(f"Moved before: {wording.moved(given.item.item)}."),)
    return tuple(line for line in (dates, moved if given.item.item["moves"] else ()) if line)


def _told(given: Given, values: Values) -> str:
    row, now = given.item.row, given.item.item["target_date"]
    day = acting.day_given(given, values)
    fixed = given.item.item["inspectorate_deadline"]
    beyond = f" The inspectorate's deadline stays {british(fixed)}." if fixed and day > fixed else ""
    stays = f"the target date of {row.reference} stays {british(now)} until then"
    return f"{acting.dcc(given)} decides on {british(day)}; {stays}.{beyond}{acting.remark(day)}"


ACT = Act(
    "extend",
    "Ask for extension",
    "Asked.",
    _carry,
    _told,
    submit="Ask",
    example=" 3 Apr 2027: reason",
    needs=("date", "reason"),
    bare=True,
    typed=acting.day_and_reason_typed,
    fields=_fields,
    intro=_intro,
)
answer = partial(acting.answer, ACT)
