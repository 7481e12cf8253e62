"""`update REF`: say what has changed; typed after a colon, or in the form."""

from datetime import date
from functools import partial
from typing import Any

from handlers import acting, wording
from handlers.acting import Act, Given, Values
from handlers.card import Card, Field, Option
from handlers.commands import complete
from handlers.wording import british
from storage import record
from storage.questions import Whole
from storage.record import Saved
from storage.rules.lifecycle import IN_PROGRESS

WORDS = ("update",)
HELP = ("update {reference}", "say what has changed")


def _carry(given: Given, values: Values) -> Saved:
    touched = _touched(values, given.ask.was)
    return record.add_update(given.desk.store, given.ask.actor, *given.seen, values.get("note", ""), touched)


def _touched(values: Values, was: Values) -> dict[str, Any]:
    """The fields that the person changed, as the record takes them; the rest are left as they are."""
    touched: dict[str, Any] = {}
    forecast = values.get("forecast", "")
    if forecast != was.get("forecast", ""):
        touched["forecast_date"] = date.fromisoformat(forecast) if forecast else None
    off_track = " ".join(values.get("off_track", "").split())
    if off_track != was.get("off_track", ""):
        touched["off_track"] = off_track
    return touched


def _fields(given: Given, values: Values) -> tuple[Field, ...]:
    """What this person may do now (an end state is never offered), what has changed, and two dates."""
    item, shown = given.item, {**_was(given), **values}
    return (_status_field(item), _note_field(item, shown), *_date_fields(item, shown))


def _was(given: Given) -> dict[str, str]:
    it = given.item.item
    forecast = it["forecast_date"].isoformat() if it["forecast_date"] else ""
    # a reason as the form can show it: one line; left alone, it stays as it is kept
    return {"forecast": forecast, "off_track": " ".join(it["off_track"].split())[: record.OFF_TRACK_MOST]}


def _status_field(item: Whole) -> Field:
    status = item.row.status
    options = [Option(status, wording.STATUS[status])]
    if "complete" in item.may:
        options.append(Option("complete", "Ready for sign-off", "You will be asked what was done, and for evidence"))
    return Field("status", "Status", "choice", status, options=tuple(options))


def _note_field(item: Whole, values: Values) -> Field:
    last = item.item["last_update_on"]
    told_ = f"Last update {british(last)}. " if last else "No update yet. "
    hint = f"{told_}No names of victims or suspects, please."
    asks = "What has changed, in a sentence or two"
    return Field("note", "Progress update", "words", values.get("note", ""), hint, asks)


def _date_fields(item: Whole, values: Values) -> tuple[Field, ...]:
    due = f" The due date stays {british(item.row.due)}." if item.row.due else ""
    forecast = f"When you expect to finish.{due}"
    off = "If it will not be done in time, say why. It turns Red now."
    return (
        Field("forecast", "Forecast date", "day", values["forecast"], forecast, "Choose a date", True),
        Field("off_track", "Off track", "line", values["off_track"], off, "Leave empty if it is on track", True, 300),
    )


def _then(given: Given, values: Values, saved: Saved) -> Card | None:
    ready = values.get("status") == "complete" and given.item.row.status == IN_PROGRESS
    return complete.opened_after_update(given, values, saved) if ready else None


ACT = Act(
    "update",
    "Update",
    "Saved.",
    _carry,
    lambda given, values: f"Your update of {given.item.row.reference} is in the register, {acting.AT}.",
    example=": what has changed",
    needs=("note",),
    typed=lambda said: {"note": said.words},
    fields=_fields,
    was=_was,
    then=_then,
)
answer = partial(acting.answer, ACT)
